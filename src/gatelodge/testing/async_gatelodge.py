"""The server in memory, for tests that await. `gatelodge.testing.Gatelodge` is the same for tests that do not."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import httpx2

from gatelodge.client.async_client import AsyncOAuthClient
from gatelodge.client.messages.authorization import Wanted
from gatelodge.client.messages.dpop import DpopKey
from gatelodge.client.messages.registration import Moment
from gatelodge.client.messages.tokens import Narrowed
from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.clock import SystemEntropy
from gatelodge.ops.users import new_sub
from gatelodge.protocol.claim_scopes import ClaimScope
from gatelodge.protocol.client import Api, ClientType, TokenFormat
from gatelodge.stores.users import NewUser
from gatelodge.testing import faults, house
from gatelodge.testing.browser import Browser
from gatelodge.testing.cast import Application, RegisteredPerson, SignedInSession
from gatelodge.testing.clock import MovingClock
from gatelodge.testing.registrations import Registrations, WantedClient
from gatelodge.testing.transport import ADDRESS, AsyncDoor, Home, as_answer, as_message, outage

EVERYTHING = ("openid", "profile", "email", "offline_access")
NO_CLAIMS: Mapping[str, object] = MappingProxyType({})

T = TypeVar("T")


class AsyncGatelodge:
    """A real authorization server that nobody outside this test can reach. It starts when it is first needed.

    `issuer` is its name, `clock` its time; `folder` is where its database goes. The fixture `gatelodge` makes one.
    """

    def __init__(self, folder: Path, issuer: str, clock: MovingClock | None = None) -> None:
        self.issuer = issuer
        self.clock = clock or MovingClock()
        self.home = Home()
        self._folder = folder
        self._open: Registrations | None = None
        self._opening = asyncio.Lock()
        self._is_down = False

    async def start(self) -> None:
        """Start now, and live on this loop."""
        await self.home.run(self._opened())

    async def close(self) -> None:
        """Stop."""
        if self._open is not None:
            await self._open.house.foundation.close()

    # Who takes part

    async def add_user(
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
        new = NewUser(
            sub=new_sub(SystemEntropy()),
            username=username,
            email=email,
            email_verified=email is not None,
            name=name,
            claims=dict(claims),
        )
        return await self._act(lambda here: here.add_user(new, password or f"password-of-{username}"))

    async def add_client(
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
        limited = None if scopes is None else frozenset(scopes)
        wanted = WantedClient(client_id, type, redirect_uri, limited, trusted, members or {})
        return await self._act(lambda here: here.add_client(wanted))

    async def add_api(
        self,
        identifier: str,
        scopes: Iterable[str] = (),
        *,
        token_format: TokenFormat = "jwt",
        introspectors: Iterable[str] = (),
    ) -> Api:
        """Register an API. `introspectors` are the ids of the clients that may ask about its tokens."""
        described = {scope: f"Use {scope}" for scope in scopes}
        api = Api(identifier, identifier, described, token_format=token_format, introspectors=frozenset(introspectors))
        return await self._act(lambda here: here.add_api(api))

    async def add_scope(self, name: str, claims: Iterable[str], *, sentence: str = "") -> ClaimScope:
        """Let a scope release custom claims of people; `sentence` is what they read. Raises `OperationRefused`."""
        scope = ClaimScope(name, tuple(claims), sentence or f"See your {name}")
        return await self._act(lambda here: here.add_scope(scope))

    # What they get

    async def signed_in(
        self,
        client: Application,
        user: RegisteredPerson,
        *,
        scopes: Iterable[str] = EVERYTHING,
        resource: str | None = None,
        dpop: DpopKey | None = None,
    ) -> SignedInSession:
        """Let a person sign in to an application and allow all it asks for. Tokens are bound to the key `dpop`."""
        browser, oauth = self.browser(), self.oauth(client, dpop)
        begun = await oauth.begin(Wanted(scope=tuple(scopes), resource=(resource,) if resource else ()))
        tokens = await oauth.finish(begun.transaction, await self.answer(begun.url, user, browser=browser))
        return SignedInSession(tokens=tokens, cookies=dict(browser.http.cookies))

    async def token_for(
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
        if isinstance(who, Application):
            narrowed = Narrowed(scope=" ".join(scopes), resource=(resource,) if resource else ())
            return (await self.oauth(who, dpop).client_credentials(narrowed)).access_token
        holder = client or await self._act(lambda here: here.any_client())
        asked = tuple(scopes) or (() if resource else ("openid",))
        return (await self.signed_in(holder, who, scopes=asked, resource=resource, dpop=dpop)).tokens.access_token

    async def answer(
        self, url: str, user: RegisteredPerson, *, allow: bool = True, browser: Browser | None = None
    ) -> str:
        """Open the URL an application sends a browser to, as this person, and return where the browser ends up.

        That is the application's redirect URI with a code, or with an error if the person does not `allow` it.
        """
        browser = browser or self.browser()
        page = await browser.walk(await browser.get(url), user.username, user.password, allow=allow)
        assert page.is_redirect, f"{page.status_code} at {page.url}: {page.text[-2000:]}"
        return page.headers["location"]

    async def answer_device(self, user_code: str, user: RegisteredPerson, *, allow: bool = True) -> None:
        """Type the code that a device shows in a browser elsewhere, as this person, and say yes, or no.

        Raises `ValueError` for a code that no device shows.
        """
        browser = self.browser()
        page = await browser.submit(await browser.get("/device"), user_code=user_code)
        if not page.is_success:
            raise ValueError("no device shows this code")
        page = await browser.submit(page, decision="same" if allow else "other")
        await browser.walk(page, user.username, user.password)

    def oauth(self, client: Application, dpop: DpopKey | None = None) -> AsyncOAuthClient:
        """Return the client library as this application would use it, with a key that its tokens are bound to."""
        return AsyncOAuthClient(
            replace(client.config, dpop=dpop), send=self.async_send, moment=Moment(clock=self.clock)
        )

    # How to reach it

    def http(self, address: str = ADDRESS) -> httpx2.AsyncClient:
        """Return an HTTP client that reaches this server and nothing else, and follows no redirect."""
        return httpx2.AsyncClient(transport=AsyncDoor(self.home, self.passing, address), base_url=self.issuer)

    def browser(self) -> Browser:
        """Return the browser of a person who is not signed in."""
        return Browser(self.http(), self.issuer)

    async def async_send(self, request: HttpRequest) -> HttpResponse:
        """Answer the client and resource libraries."""
        return await self.home.run(self._sent(request))

    def send(self, request: HttpRequest) -> HttpResponse:
        """Answer them from a thread. Raises `RuntimeError` in the loop that the server itself lives on."""
        return self.home.run_from_thread(self._sent(request))

    async def passing(self, request: httpx2.Request, address: str) -> httpx2.Response:
        """Answer one request, on the loop that the server lives on."""
        if self._is_down:
            raise httpx2.ConnectError("the server is down", request=request)
        app = (await self._opened()).house.app
        response = await httpx2.ASGITransport(app, client=(address, 4711)).handle_async_request(request)
        return httpx2.Response(response.status_code, headers=response.headers, content=await response.aread())

    # What can go wrong

    @contextmanager
    def down(self) -> Generator[None]:
        """Be unreachable."""
        self._is_down = True
        try:
            yield
        finally:
            self._is_down = False

    async def expire_codes(self) -> None:
        """Let every authorization code that waits for its exchange be too old."""
        await self._act(lambda here: faults.expire_codes(here.house))

    async def rotate_keys(self, *, compromised: bool = False) -> None:
        """Sign with other keys from now on. What the old ones signed stays good, unless they are `compromised`."""
        await self._act(lambda here: faults.rotate_keys(here.house, compromised=compromised))

    async def replay_refresh(self, client: Application, refresh_token: str) -> None:
        """Let a thief use a refresh token twice: everything that came of that sign-in is dead."""
        await faults.replay_refresh(lambda: self.oauth(client), refresh_token)

    async def _act(self, act: Callable[[Registrations], Awaitable[T]]) -> T:
        async def whole() -> T:
            return await act(await self._opened())

        return await self.home.run(whole())

    async def _opened(self) -> Registrations:
        async with self._opening:
            if self._open is None:
                config = house.config_for(await house.new_database(self._folder), self.issuer)
                self._open = Registrations(await house.open_house(config, self.clock))
        return self._open

    async def _sent(self, request: HttpRequest) -> HttpResponse:
        if self._is_down:
            raise outage(request.url)
        return as_answer(await self.passing(as_message(request), ADDRESS))
