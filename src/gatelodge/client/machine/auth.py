"""Requests get a token of the program's own: the part that `machine` (httpx2) and `httpx_auth` (httpx) share."""

from collections.abc import AsyncGenerator, Collection, Generator, Mapping, MutableMapping
from typing import ClassVar, Generic, Protocol, TypeVar

from gatelodge.client.machine.tokens import MachineTokens
from gatelodge.client.messages.dpop import DpopKey, challenges_for_nonce
from gatelodge.client.messages.registration import ClientAuth, ClientConfig, secret_auth
from gatelodge.client.sending.bearer import narrowed_to, refuse_plain
from gatelodge.client.sending.route import NetworkRoute, private_route


class _Url(Protocol):
    def __str__(self) -> str: ...
    @property
    def scheme(self) -> str: ...
    @property
    def host(self) -> str: ...


class _Request(Protocol):
    @property
    def method(self) -> str: ...
    @property
    def url(self) -> _Url: ...
    @property
    def headers(self) -> MutableMapping[str, str]: ...
    @property
    def stream(self) -> object: ...


class _Response(Protocol):
    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


RequestT = TypeVar("RequestT", bound=_Request)
ResponseT = TypeVar("ResponseT", bound=_Response)


class MachineAuth(Generic[RequestT, ResponseT]):
    """Gives every request a token of the program's own. One object serves any number of clients, sync and async.

    `auth` replaces the secret, for a client that signs assertions. `resource` names the API the token is for (RFC
    8707). A token goes to https and loopback only, and to `plain_hosts`. `allow_private` lets the issuer be inside your
    own network; `route` has a proxy and certificates of your own, for the way to it. `tokens` replaces where tokens
    come from. A request that gets no token raises `TokenRefused`, `ServerUnavailable` or `AddressRefused`; one that is
    answered 401 is sent once more with a fresh token, if its body can be, and if the API did not refuse a fresh one
    just before. With `dpop` the tokens are bound to that key, and each request brings a proof of it; one whose proof
    lacks a nonce that the API wants is sent once more with it.
    """

    buffered: ClassVar[type]
    """The library's kind of body that can be sent again."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str | None = None,
        *,
        scope: str = "",
        resource: str | tuple[str, ...] = (),
        auth: ClientAuth | None = None,
        dpop: DpopKey | None = None,
        plain_hosts: Collection[str] = (),
        allow_private: bool = False,
        route: NetworkRoute | None = None,
        tokens: MachineTokens | None = None,
    ) -> None:
        config = ClientConfig(issuer=issuer, client_id=client_id, auth=auth or secret_auth(client_secret), dpop=dpop)
        route = private_route("ClientCredentials", allow_private, route)
        self.tokens = tokens or MachineTokens(config, narrowed_to(scope, resource), route=route)
        self._plain_hosts = frozenset(plain_hosts)

    def sync_auth_flow(self, request: RequestT) -> Generator[RequestT, ResponseT, None]:
        """Send with a token, from a thread."""
        refuse_plain(request.url.scheme, request.url.host, self._plain_hosts)
        token = self.tokens.token()
        response = yield self._bearing(request, token)
        if self._calls_for_a_nonce(request, response):
            response = yield self._bearing(request, token)
        if self._calls_for_another(request, response, token):
            yield self._bearing(request, self.tokens.token())

    async def async_auth_flow(self, request: RequestT) -> AsyncGenerator[RequestT, ResponseT]:
        """Send with a token, from a task."""
        refuse_plain(request.url.scheme, request.url.host, self._plain_hosts)
        token = await self.tokens.token_async()
        response = yield self._bearing(request, token)
        if self._calls_for_a_nonce(request, response):
            response = yield self._bearing(request, token)
        if self._calls_for_another(request, response, token):
            yield self._bearing(request, await self.tokens.token_async())

    def _calls_for_a_nonce(self, request: RequestT, response: ResponseT) -> bool:
        """Whether to send the same once more, with the nonce that the API told."""
        key = self.tokens.dpop
        if key is None or not key.learn(str(request.url), response.headers) or response.status_code != 401:
            return False
        asked = challenges_for_nonce(response.headers.get("www-authenticate", ""))
        return asked and isinstance(request.stream, self.buffered)

    def _calls_for_another(self, request: RequestT, response: ResponseT, token: str) -> bool:
        """Whether to try once more: a better token is to be had, and the body was not a stream, which is gone."""
        return response.status_code == 401 and self.tokens.refuse(token) and isinstance(request.stream, self.buffered)

    def _bearing(self, request: RequestT, token: str) -> RequestT:
        key = self.tokens.dpop
        if key is None:
            request.headers["authorization"] = f"Bearer {token}"
        else:
            request.headers.update(key.headers(request.method, str(request.url), token))
        return request
