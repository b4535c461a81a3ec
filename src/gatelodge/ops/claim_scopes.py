"""What an operator can do with scopes that release claims of people. Each is one transaction body with its audit event.

A scope is an API's or it is about people: whichever is registered second is refused, whoever was quicker.
"""

from gatelodge.database.tx import Tx
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.protocol.claim_scopes import MAX_SCOPES, BadClaimScope, ClaimScope, check
from gatelodge.stores import apis, audit
from gatelodge.stores import claim_scopes as store
from gatelodge.telemetry.events import ClaimScopeAdded, ClaimScopeRemoved, Origin


async def add(tx: Tx, scope: ClaimScope, origin: Origin, now: int) -> ClaimScope:
    """Let a scope release claims, and return it.

    Raises `OperationRefused` if it must not be, and `NameTaken` if there is one of that name.
    """
    try:
        check(scope)
    except BadClaimScope as error:
        raise OperationRefused(str(error)) from None
    await store.add(tx, scope, now)
    await _check_apart(tx, scope)
    event = ClaimScopeAdded(scope=scope.name, claims=" ".join(scope.claims))
    await audit.record(tx, event, origin, now)
    return scope


async def remove(tx: Tx, name: str, origin: Origin, now: int) -> None:
    """Let a scope release nothing any more, from now on. Raises `NotThere`.

    What is kept of people stays; clients that may ask for the scope get it without anything behind it.
    """
    if not await store.remove(tx, name):
        raise NotThere("scope", name)
    await audit.record(tx, ClaimScopeRemoved(scope=name), origin, now)


async def _check_apart(tx: Tx, scope: ClaimScope) -> None:
    """Look at the others once this one is kept: so of two that exclude each other, not both can be kept."""
    for api in await apis.list_all(tx):
        if scope.name in api.scopes:
            raise OperationRefused(f"the scope {scope.name} is of the API {api.identifier}: choose another name")
    others = [other for other in await store.list_all(tx) if other.name != scope.name]
    if len(others) >= MAX_SCOPES:
        raise OperationRefused(f"there are {MAX_SCOPES} scopes already, which is the most")
    for other in others:
        if shared := sorted(set(scope.claims).intersection(other.claims)):
            raise OperationRefused(f"the claim {shared[0]} is released by the scope {other.name}, and by one only")
