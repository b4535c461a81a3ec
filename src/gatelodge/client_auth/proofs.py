"""The one way from a request to a `ProvenClient`: exactly one method, and it is the client's own."""

from collections.abc import Mapping, Sequence
from typing import Any

from gatelodge.client_auth.contract import Means, Method, NotProven, PresentedProof, TooManyFailures
from gatelodge.client_auth.throttle import FailureThrottle
from gatelodge.protocol import rules
from gatelodge.protocol.client import Client, ProvenClient
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.stores.registry import Registry
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import ClientAuthFailed, ClientAuthThrottled, Origin


class ClientProofs:
    """Proves clients."""

    def __init__(self, methods: Sequence[Method[Any]], registry: Registry, means: Means) -> None:
        self._methods = methods
        self._registry = registry
        self._means = means
        self._throttle = FailureThrottle(means.clock)

    async def prove(self, params: Params, headers: Mapping[str, str], origin: Origin) -> ProvenClient:
        """Return the client a direct request comes from. `headers` have lower-case names.

        A right proof always is enough, whatever failed before. Raises `NotProven` (invalid_client) whatever was wrong
        with the proof, `TooManyFailures` in its place where many failed, `OAuthError` (invalid_request) if more than
        one method is used, and `Unavailable` if the database cannot say.
        """
        method, client = None, None
        try:
            method, presented = read_credentials(self._methods, params, headers.get("authorization"))
            client = await self._known(presented.client_id)
            served = client if client is not None and method.serves(client, presented) else None
            await method.check(presented, served, self._means)
            if served is None:  # whatever a method says: nobody is not a client
                raise NotProven(rules.CLIENT_ENABLED)
        except NotProven as refusal:
            self._tell(_failure(method, client, refusal), origin)
            raise
        return ProvenClient(served, served.auth_method if served.is_public else method.name)

    async def _known(self, client_id: str) -> Client | None:
        """Return the client if it is known and enabled."""
        return self._registry.cached_client(client_id) or await self._registry.client(client_id)

    def _tell(self, failure: ClientAuthFailed, origin: Origin) -> None:
        """Tell of a failure; of an address that fails all the time, that it does. Raises `TooManyFailures` there."""
        slowed = self._throttle.failed(origin.address)
        if slowed is None:
            emit(failure, origin)
            return
        if slowed.just_now:
            emit(ClientAuthThrottled(wait=slowed.wait), origin)
        raise TooManyFailures(slowed.wait) from None


def read_credentials(
    methods: Sequence[Method[Any]], params: Params, authorization: str | None
) -> tuple[Method[Any], PresentedProof[Any]]:
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


def _failure(method: Method[Any] | None, client: Client | None, refusal: NotProven) -> ClientAuthFailed:
    """Return what the operator is told. Who is not known is not named: it may be anything, also a secret."""
    return ClientAuthFailed(
        client_id=client.id if client else None,
        method=method.name if method else "",
        registered=client.auth_method if client else "",
        reason=refusal.rule.id if refusal.rule else "",
    )
