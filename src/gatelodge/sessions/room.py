"""Opening the room: the browsers of one server, and the requests that wait for a person in one of them."""

from dataclasses import dataclass

from gatelodge.authn.known import KnownBrowsers
from gatelodge.foundation.contract import Foundation
from gatelodge.sessions import csrf
from gatelodge.sessions.browser import Browsers
from gatelodge.sessions.interactions import Interactions
from gatelodge.sessions.mailed_links import MailedLinks
from gatelodge.sessions.pushed import PushedRequests
from gatelodge.sessions.sign_ins import SignIns
from gatelodge.sessions.trusted import TrustedBrowsers
from gatelodge.sessions.typed_codes import TypedCodes


@dataclass(frozen=True, slots=True)
class SessionsRoom:
    """Who is signed in where, what waits for them or was pushed, the codes they type, and the key of our own forms."""

    browsers: Browsers
    interactions: Interactions
    pushed: PushedRequests
    typed_codes: TypedCodes
    sign_ins: SignIns
    trusted: TrustedBrowsers
    links: MailedLinks
    csrf_key: csrf.Key


def open(on: Foundation, known: KnownBrowsers) -> SessionsRoom:
    """Open the room; `known` remembers the browsers people sign in with."""
    policy, asking = on.config.sessions, on.config.authorization
    waits, remembered = policy.interaction_lifetime, policy.interaction_memory
    return SessionsRoom(
        Browsers(on.db, on.mint, known, on.clock, on.entropy, policy, on.letters),
        Interactions(on.db, on.mint, on.clock, on.entropy, waits, remembered),
        PushedRequests(on.db, on.mint, on.clock, on.entropy, asking.pushed_lifetime, waits + remembered),
        TypedCodes(on.db, on.clock, on.entropy, on.vault.derive("typed codes")),
        SignIns(on.db, on.mint, on.clock, on.entropy),
        TrustedBrowsers(on.db, on.mint, on.clock, on.entropy, on.config.sign_in.trust_days),
        MailedLinks(on.db, on.mint, on.entropy),
        csrf.key_of(on.vault.derive_all("forms"), on.site.issuer),
    )
