"""Opening the room: what one server issues, introspects and revokes."""

from dataclasses import dataclass

from gatelodge.foundation.contract import Foundation
from gatelodge.grants.room import Granting
from gatelodge.protocol.dpop import DpopNonces
from gatelodge.sessions.room import SessionsRoom
from gatelodge.tokens.answers import AuthorizationAnswers
from gatelodge.tokens.dpop import PURPOSE, DpopProofs
from gatelodge.tokens.front import FrontIssuer
from gatelodge.tokens.introspect import Introspector
from gatelodge.tokens.own import HeldTokens, OwnTokens
from gatelodge.tokens.revoke import Revocation


@dataclass(frozen=True, slots=True)
class TokensRoom:
    """Tokens of this server.

    `own` reads them, `front` issues at the authorization endpoint, `answers` leave there, `dpop` binds them to keys.
    """

    own: OwnTokens
    front: FrontIssuer
    answers: AuthorizationAnswers
    introspection: Introspector
    revocation: Revocation
    dpop: DpopProofs


def held(on: Foundation) -> HeldTokens:
    """Return what finds tokens of this server: its grants need that, too."""
    return HeldTokens(OwnTokens(on.site.issuer, on.mint, on.db, on.keys, on.clock), on.registry)


def open(on: Foundation, found: HeldTokens, granting: Granting, sessions: SessionsRoom) -> TokensRoom:
    """Open the room."""
    issuer, refresh, own = on.site.issuer, granting.refresh, found.own
    return TokensRoom(
        own,
        FrontIssuer(granting.contexts, on.db, on.keys, sessions.interactions, sessions.pushed),
        AuthorizationAnswers(on.keys, on.clock),
        Introspector(issuer, own, refresh, on.registry, on.db, on.clock),
        Revocation(on.mint, own, refresh, on.db, on.clock),
        DpopProofs(issuer, on.db, on.clock, DpopNonces(on.mint.derive(PURPOSE))),
    )
