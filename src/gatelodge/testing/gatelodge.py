"""The server in memory, for tests that do not await: it lives on a loop in a thread of its own."""

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from typing import ParamSpec, TypeVar

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal

from gatelodge.client.client import OAuthClient
from gatelodge.client.messages.dpop import DpopKey
from gatelodge.client.messages.registration import Moment
from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.protocol.claim_scopes import ClaimScope
from gatelodge.protocol.client import Api, ClientType, TokenFormat
from gatelodge.testing.async_gatelodge import EVERYTHING, NO_CLAIMS, AsyncGatelodge
from gatelodge.testing.cast import Application, RegisteredPerson, SignedInSession
from gatelodge.testing.clock import MovingClock
from gatelodge.testing.transport import ADDRESS, InMemoryAdapter

P = ParamSpec("P")
T = TypeVar("T")


class Gatelodge:
    """A real authorization server that nobody outside this test can reach; see `AsyncGatelodge`, which this drives."""

    def __init__(self, inner: AsyncGatelodge, portal: BlockingPortal) -> None:
        self._inner = inner
        self._portal = portal

    @property
    def issuer(self) -> str:
        """The server's name."""
        return self._inner.issuer

    @property
    def clock(self) -> MovingClock:
        """The time of the test."""
        return self._inner.clock

    def add_user(
        self,
        username: str = "ada",
        *,
        password: str = "",
        email: str | None = None,
        name: str | None = None,
        claims: Mapping[str, object] = NO_CLAIMS,
    ) -> RegisteredPerson:
        """Make an account; without a password it gets one. `claims` are standard ones, or such as a scope releases.

        Raises `NameTaken`, and `OperationRefused` for a claim that none releases.
        """
        return self._do(self._inner.add_user, username, password=password, email=email, name=name, claims=claims)

    def add_client(
        self,
        client_id: str = "app",
        *,
        type: ClientType = "web",
        redirect_uri: str | None = None,
        scopes: Iterable[str] | None = None,
        trusted: bool = False,
        members: Mapping[str, object] | None = None,
    ) -> Application:
        """Register an application; it may ask for everything unless `scopes` says what.

        A `trusted` one is allowed without asking. `members` are further ones of its registration, by the names that
        `gatelodge clients show` has, such as `{"require_pushed_authorization_requests": True}`. Raises `OAuthError` for
        one that no operator could register.
        """
        return self._do(
            self._inner.add_client,
            client_id,
            type=type,
            redirect_uri=redirect_uri,
            scopes=scopes,
            trusted=trusted,
            members=members,
        )

    def add_api(
        self,
        identifier: str,
        scopes: Iterable[str] = (),
        *,
        token_format: TokenFormat = "jwt",
        introspectors: Iterable[str] = (),
    ) -> Api:
        """Register an API. `introspectors` are the ids of the clients that may ask about its tokens."""
        return self._do(self._inner.add_api, identifier, scopes, token_format=token_format, introspectors=introspectors)

    def add_scope(self, name: str, claims: Iterable[str], *, sentence: str = "") -> ClaimScope:
        """Let a scope release custom claims of people; `sentence` is what they read. Raises `OperationRefused`."""
        return self._do(self._inner.add_scope, name, claims, sentence=sentence)

    def signed_in(
        self,
        client: Application,
        user: RegisteredPerson,
        *,
        scopes: Iterable[str] = EVERYTHING,
        resource: str | None = None,
        dpop: DpopKey | None = None,
    ) -> SignedInSession:
        """Let a person sign in to an application and allow all it asks for. Tokens are bound to the key `dpop`."""
        return self._do(self._inner.signed_in, client, user, scopes=scopes, resource=resource, dpop=dpop)

    def token_for(
        self,
        who: RegisteredPerson | Application,
        *,
        scopes: Iterable[str] = (),
        resource: str | None = None,
        client: Application | None = None,
        dpop: DpopKey | None = None,
    ) -> str:
        """Return an access token, of a person in the hands of `client`, or of an application for itself.

        Without `client` the person's token is in the hands of one that is of no interest. It is bound to the key
        `dpop`, which proves it: `dpop.headers(method, url, token)`. Raises `TokenRefused` and
        `AuthorizationRefused` for what the server would never give.
        """
        return self._do(self._inner.token_for, who, scopes=scopes, resource=resource, client=client, dpop=dpop)

    def answer(self, url: str, user: RegisteredPerson, *, allow: bool = True) -> str:
        """Open the URL an application sends a browser to, as this person, and return where the browser ends up."""
        return self._do(self._inner.answer, url, user, allow=allow)

    def answer_device(self, user_code: str, user: RegisteredPerson, *, allow: bool = True) -> None:
        """Type the code that a device shows in a browser elsewhere, as this person, and say yes, or no.

        Raises `ValueError` for a code that no device shows.
        """
        self._do(self._inner.answer_device, user_code, user, allow=allow)

    def oauth(self, client: Application, dpop: DpopKey | None = None) -> OAuthClient:
        """Return the client library as this application would use it, with a key that its tokens are bound to."""
        return OAuthClient(replace(client.config, dpop=dpop), send=self.send, moment=Moment(clock=self.clock))

    def http(self, address: str = ADDRESS) -> httpx2.Client:
        """Return an HTTP client that reaches this server and nothing else, and follows no redirect."""
        return httpx2.Client(
            transport=InMemoryAdapter(self._inner.home, self._inner.passing, address), base_url=self.issuer
        )

    async def async_send(self, request: HttpRequest) -> HttpResponse:
        """Answer the client and resource libraries."""
        return await self._inner.async_send(request)

    def send(self, request: HttpRequest) -> HttpResponse:
        """Answer them from a thread."""
        return self._inner.send(request)

    def down(self) -> AbstractContextManager[None]:
        """Be unreachable."""
        return self._inner.down()

    def expire_codes(self) -> None:
        """Let every authorization code that waits for its exchange be too old."""
        self._do(self._inner.expire_codes)

    def rotate_keys(self, *, compromised: bool = False) -> None:
        """Sign with other keys from now on. What the old ones signed stays good, unless they are `compromised`."""
        self._do(self._inner.rotate_keys, compromised=compromised)

    def replay_refresh(self, client: Application, refresh_token: str) -> None:
        """Let a thief use a refresh token twice: everything that came of that sign-in is dead."""
        self._do(self._inner.replay_refresh, client, refresh_token)

    def _do(self, act: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._portal.call(partial(act, *args, **kwargs))


@contextmanager
def in_a_thread(inner: AsyncGatelodge) -> Generator[Gatelodge]:
    """Give the server a thread to live in."""
    with start_blocking_portal("asyncio") as portal:
        portal.call(inner.start)
        try:
            yield Gatelodge(inner, portal)
        finally:
            portal.call(inner.close)
