"""The same as `machine.py` for programs that use httpx, whose types httpx2 does not share."""

from collections.abc import AsyncGenerator, Collection, Generator

try:
    import httpx
except ImportError as error:
    raise ImportError("gatelodge.client.httpx_auth needs httpx: pip install httpx") from error

from gatelodge.client.bearer import narrowed_to, refuse_plain
from gatelodge.client.machine_tokens import MachineTokens
from gatelodge.client.registration import ClientAuth, ClientConfig, secret_auth


class ClientCredentials(httpx.Auth):
    """Gives every request a token of the program's own. One object serves any number of clients, sync and async.

    `auth` replaces the secret, for a client that signs assertions. `resource` names the API the token is for (RFC
    8707). A token goes to https and loopback only, and to `plain_hosts`. `allow_private` lets the issuer be inside your
    own network. `tokens` replaces where tokens come from. A request that gets no token raises `TokenRefused`,
    `ServerUnavailable` or `AddressRefused`; one that is answered 401 is sent once more with a fresh token, if its body
    can be.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str | None = None,
        *,
        scope: str = "",
        resource: str | tuple[str, ...] = (),
        auth: ClientAuth | None = None,
        plain_hosts: Collection[str] = (),
        allow_private: bool = False,
        tokens: MachineTokens | None = None,
    ) -> None:
        config = ClientConfig(issuer=issuer, client_id=client_id, auth=auth or secret_auth(client_secret))
        self.tokens = tokens or MachineTokens(config, narrowed_to(scope, resource), allow_private=allow_private)
        self._plain_hosts = frozenset(plain_hosts)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send with a token, from a thread."""
        refuse_plain(request.url.scheme, request.url.host, self._plain_hosts)
        token = self.tokens.token()
        response = yield _bearing(request, token)
        if _calls_for_another(request, response):
            self.tokens.refuse(token)
            yield _bearing(request, self.tokens.token())

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send with a token, from a task."""
        refuse_plain(request.url.scheme, request.url.host, self._plain_hosts)
        token = await self.tokens.token_async()
        response = yield _bearing(request, token)
        if _calls_for_another(request, response):
            self.tokens.refuse(token)
            yield _bearing(request, await self.tokens.token_async())


def _bearing(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["authorization"] = f"Bearer {token}"
    return request


def _calls_for_another(request: httpx.Request, response: httpx.Response) -> bool:
    """Whether to try once more: the token is not taken, and the body was not read off a stream that is gone."""
    return response.status_code == 401 and isinstance(request.stream, httpx.ByteStream)
