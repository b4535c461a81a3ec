"""Opening the room: the grants that are switched on at one server, and what they work with."""

from dataclasses import dataclass

from gatelodge.foundation.contract import Foundation
from gatelodge.grants import GRANTS
from gatelodge.grants.context import Authenticate, GrantContexts
from gatelodge.grants.contract import AnyGrant
from gatelodge.keys.refresh import RefreshKeys, refresh_keys


@dataclass(frozen=True, slots=True)
class Granting:
    """The grants that are served, and the contexts they work at."""

    grants: tuple[AnyGrant, ...]
    contexts: GrantContexts
    refresh: RefreshKeys


def open(on: Foundation, authenticate: Authenticate) -> Granting:
    """Open the room; `authenticate` checks the password of a person."""
    issuer, legacy = on.site.issuer, on.config.legacy
    refresh = refresh_keys(on.vault, on.instance.epoch, on.mint)
    contexts = GrantContexts(
        on.registry, issuer, on.config.tokens, on.mint, refresh, on.clock, on.entropy, authenticate, on.subjects
    )
    switched_on = (grant for grant in GRANTS if grant.legacy is None or getattr(legacy, grant.legacy))
    return Granting(tuple(switched_on), contexts, refresh)
