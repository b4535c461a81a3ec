"""Opening the room: the grants that are switched on at one server, and what they work with."""

from dataclasses import dataclass

from gatelodge.foundation.contract import Foundation
from gatelodge.grants import GRANTS
from gatelodge.grants.context import Authenticate, GrantContexts, PresentedTokens
from gatelodge.grants.contract import AnyGrant
from gatelodge.keys.refresh import RefreshKeys, refresh_keys
from gatelodge.keys.workloads import Workloads


@dataclass(frozen=True, slots=True)
class Granting:
    """The grants that are served, and the contexts they work at."""

    grants: tuple[AnyGrant, ...]
    contexts: GrantContexts
    refresh: RefreshKeys


def open(on: Foundation, authenticate: Authenticate, presented: PresentedTokens, workloads: Workloads) -> Granting:
    """Open the room; `authenticate` checks the password of a person, `presented` finds tokens of ours,
    `workloads` who is trusted about workloads."""
    issuer, legacy = on.site.issuer, on.config.legacy
    refresh = refresh_keys(on.vault, on.instance.epoch, on.mint)
    with_keys = (on.mint, refresh, on.clock, on.entropy)
    finding = (authenticate, on.subjects, presented, workloads)
    contexts = GrantContexts(on.registry, issuer, on.config.tokens, *with_keys, *finding)
    switched_on = (grant for grant in GRANTS if grant.legacy is None or getattr(legacy, grant.legacy))
    return Granting(tuple(switched_on), contexts, refresh)
