"""Opening the room: what the pages and endpoints of one server ask for, of all that an operator or a person can do."""

from dataclasses import dataclass

from gatelodge.foundation.contract import Foundation
from gatelodge.keys.remote import RemoteKeys
from gatelodge.ops.authorization import Authorizations
from gatelodge.ops.consents import Consents
from gatelodge.ops.devices import Devices
from gatelodge.ops.sent_requests import SentRequests
from gatelodge.ops.signposts import Signposts
from gatelodge.sessions.room import SessionsRoom


@dataclass(frozen=True, slots=True)
class Ops:
    """Understanding what applications ask for, keeping what people answer, and the way back for those who are lost."""

    authorizations: Authorizations
    sent: SentRequests
    signposts: Signposts
    consents: Consents
    devices: Devices


def open(on: Foundation, sessions: SessionsRoom, remote: RemoteKeys) -> Ops:
    """Open the room; `remote` are the keys that clients publish."""
    return Ops(
        Authorizations(on.site.issuer, on.registry, on.keys, on.config.legacy, on.clock),
        SentRequests(on.site.issuer, on.registry, sessions.pushed, remote, on.config.authorization, on.clock),
        Signposts(on.vault.derive_all("signposts"), on.registry),
        Consents(on.db, sessions.interactions, on.clock),
        Devices(
            on.site.issuer,
            on.db,
            sessions.typed_codes,
            sessions.interactions,
            on.mint,
            on.clock,
            on.entropy,
            on.config.tokens,
            on.subjects,
        ),
    )
