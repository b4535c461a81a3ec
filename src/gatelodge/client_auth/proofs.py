"""The one way from a request to a `ProvenClient`: exactly one method, the client's own, and few failures."""

from collections.abc import Mapping, Sequence
from typing import Any

from gatelodge.client_auth.contract import Means, Method, NotProven, Presented
from gatelodge.client_auth.throttle import FailureThrottle
from gatelodge.protocol import rules
from gatelodge.protocol.client import Client, ProvenClient
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.stores.registry import Registry
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import ClientAuthFailed, Origin


class ClientProofs:
    """Proves clients."""

    def __init__(self, methods: Sequence[Method[Any]], registry: Registry, means: Means) -> None:
        self._methods = methods
        self._registry = registry
        self._means = means
        self._throttle = FailureThrottle(means.clock)

    async def prove(self, params: Params, headers: Mapping[str, str], origin: Origin) -> ProvenClient:
        """Return the client a direct request comes from. `headers` have lower-case names.

        Raises `NotProven` (invalid_client) whatever was wrong with the proof, `OAuthError` (invalid_request) if more
        than one method is used, `TooManyFailures`, and `Unavailable` if the database cannot say.
        """
        method, presented = read_credentials(self._methods, params, headers.get("authorization"))
        self._throttle.admit(presented.client_id, origin.address)
        client = await self._registered(method, presented)
        try:
            await method.check(presented, client, self._means)
            if client is None:  # whatever a method says: nobody is not a client
                raise NotProven(rules.CLIENT_ENABLED)
        except NotProven as refusal:
            self._throttle.failed(presented.client_id, origin.address)
            emit(_failure(client, method, refusal), origin)
            raise
        self._throttle.succeeded(client.id, origin.address)
        return ProvenClient(client, client.auth_method)

    async def _registered(self, method: Method[Any], presented: Presented[Any]) -> Client | None:
        """Return the client if it is known, enabled, and registered for this method."""
        registry, client_id = self._registry, presented.client_id
        client = registry.cached_client(client_id) or await registry.client(client_id)
        return client if client is not None and client.enabled and method.serves(client, presented) else None


def read_credentials(
    methods: Sequence[Method[Any]], params: Params, authorization: str | None
) -> tuple[Method[Any], Presented[Any]]:
    """Return the one method a request uses and what it presents.

    Raises `OAuthError` (invalid_request) if it uses two, or names another client beside the one that proves itself
    (RFC 6749 2.3), and `NotProven` if it uses none.
    """
    used = [(method, found) for method in methods if (found := method.read(params, authorization)) is not None]
    if not used:
        raise NotProven(rules.CLIENT_PROVEN)
    if len(used) > 1:
        raise OAuthError("invalid_request", "the client authenticates in more than one way", rules.CLIENT_ONE_METHOD)
    if params.get("client_id") not in (None, used[0][1].client_id):
        raise OAuthError("invalid_request", "client_id is not the client that authenticates", rules.CLIENT_ONE_METHOD)
    return used[0]


def _failure(client: Client | None, method: Method[Any], refusal: NotProven) -> ClientAuthFailed:
    reason = refusal.rule.id if refusal.rule else ""
    return ClientAuthFailed(client_id=client.id if client else None, method=method.name, reason=reason)
