"""Opening the room: what the pages and endpoints of one server ask for, of all that an operator or a person can do."""

from dataclasses import dataclass

from gatelodge.foundation.contract import Foundation
from gatelodge.ops.authorization import Authorizations
from gatelodge.ops.consents import Consents
from gatelodge.ops.signposts import Signposts
from gatelodge.sessions.interactions import Interactions


@dataclass(frozen=True, slots=True)
class Ops:
    """Understanding what applications ask for, keeping what people answer, and the way back for those who are lost."""

    authorizations: Authorizations
    signposts: Signposts
    consents: Consents


def open(on: Foundation, interactions: Interactions) -> Ops:
    """Open the room."""
    return Ops(
        Authorizations(on.site.issuer, on.registry, on.keys, on.config.legacy, on.clock),
        Signposts(on.vault.derive_all("signposts"), on.registry),
        Consents(on.db, interactions, on.clock),
    )
