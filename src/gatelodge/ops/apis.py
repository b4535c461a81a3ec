"""What an operator can do with APIs. Each function is one transaction body with its audit event."""

from urllib.parse import urlsplit

from gatelodge.database.tx import Tx
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.protocol.client import Api
from gatelodge.protocol.scope import OPENID_SCOPES, is_scope
from gatelodge.stores import apis as store
from gatelodge.stores import audit, claim_scopes, clients
from gatelodge.telemetry.events import ApiAdded, ApiDisabled, ApiEnabled, ApiRemoved, Event, Origin

MAX_LIFETIME = 86_400  # seconds


async def add(tx: Tx, api: Api, origin: Origin, now: int) -> Api:
    """Register an API and return it.

    Raises `OperationRefused` if policy forbids it as it would be, and `NameTaken` if its identifier is in use.
    """
    check(api)
    for client_id in sorted(api.introspectors):
        if await clients.find(tx, client_id) is None:
            raise NotThere("client", client_id)
    await store.add(tx, api, now)
    await _check_apart(tx, api)
    await audit.record(tx, ApiAdded(api=api.identifier), origin, now)
    return api


async def _check_apart(tx: Tx, api: Api) -> None:
    """Look at the scopes about people once this is kept: so of two that exclude each other, not both can be kept."""
    for scope in await claim_scopes.list_all(tx):
        if scope.name in api.scopes:
            raise OperationRefused(f"the scope {scope.name} releases claims of people: no API owns it")


async def enable(tx: Tx, identifier: str, origin: Origin, now: int) -> Api:
    """Let tokens be made for an API again. Raises `NotThere`."""
    return await _switch(tx, identifier, True, ApiEnabled(api=identifier), origin, now)


async def disable(tx: Tx, identifier: str, origin: Origin, now: int) -> Api:
    """Make no more tokens for an API, nor for anybody else with its scopes. Raises `NotThere`."""
    return await _switch(tx, identifier, False, ApiDisabled(api=identifier), origin, now)


async def _switch(tx: Tx, identifier: str, on: bool, event: Event, origin: Origin, now: int) -> Api:
    await store.set_enabled(tx, identifier, on, now)
    api = await store.find(tx, identifier)
    if api is None:
        raise NotThere("API", identifier)
    await audit.record(tx, event, origin, now)
    return api


async def remove(tx: Tx, identifier: str, origin: Origin, now: int) -> None:
    """Forget an API: no more tokens are made for it. Raises `NotThere`."""
    if not await store.remove(tx, identifier):
        raise NotThere("API", identifier)
    await audit.record(tx, ApiRemoved(api=identifier), origin, now)


def check(api: Api) -> None:
    """Judge an API as it would be. Raises `OperationRefused`."""
    problems = (
        (not _is_resource(api.identifier), "the identifier must be an absolute URI without a fragment (RFC 8707 2)"),
        (not all(map(is_scope, api.scopes)), "a scope is visible ASCII without spaces, quotes and backslashes"),
        (not OPENID_SCOPES.isdisjoint(api.scopes), "openid and its companions are about people: no API owns them"),
        (not all(api.scopes.values()), 'a scope needs a sentence that people read: "orders:read=See your orders"'),
        (not 0 < api.lifetime <= MAX_LIFETIME, f"the lifetime must be 1 to {MAX_LIFETIME} seconds"),
    )  # fmt: skip
    for found, advice in problems:
        if found:
            raise OperationRefused(advice)


def _is_resource(identifier: str) -> bool:
    try:
        url = urlsplit(identifier)
    except ValueError:
        return False
    visible = identifier.isascii() and identifier.isprintable() and " " not in identifier
    return visible and "#" not in identifier and bool(url.scheme) and bool(url.netloc or url.path)
