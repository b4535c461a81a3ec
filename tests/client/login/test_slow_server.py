"""CL-30: the authorization server is slow for some people; pages of everybody else take as long as ever."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.client.conftest import ISSUER, Server, form_of, half, json_answer
from tests.client.login.sites import asked_of
from tests.conftest import FakeClock

from gatelodge.client import AsyncOAuthClient, ClientConfig, HttpRequest, HttpResponse, Moment, SecretBasic
from gatelodge.client.login.starlette import Login

pytestmark = pytest.mark.anyio

SLOW = 48  # people: more than there are threads of any kind
PATIENCE = 60  # seconds after which everything is taken to stand still


@dataclass
class Slow:
    """A server that answers everything at once but refresh tokens, until it is let go."""

    server: Server
    people: int = 0
    waiting: int = 0
    all_wait: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.url.endswith("/token"):
            return self.server(request)
        form = form_of(request)
        if form["grant_type"] == "refresh_token":
            self.waiting += 1
            if self.waiting == SLOW:
                self.all_wait.set()
            await self.go.wait()
            return json_answer(self.granted(f"renewed-{form['refresh_token']}", id_token=None))
        return json_answer(self.granted(f"access-{self.people}", id_token=self.id_token(f"access-{self.people}")))

    def id_token(self, access_token: str) -> str:
        return self.server.id_token(at_hash=half(access_token))

    def granted(self, access_token: str, **changes: Any) -> dict[str, Any]:
        self.people += 1
        return self.server.granted(access_token=access_token, refresh_token=f"refresh-{self.people}", **changes)


def for_starlette(login: Login) -> Starlette:
    async def home(request: Request) -> JSONResponse:
        return JSONResponse({"sub": (await login.require_user(request)).sub})

    async def token(request: Request) -> JSONResponse:
        return JSONResponse(await login.access_token(request))

    return Starlette(routes=[Route("/home", home), Route("/token", token), *login.routes()])


def for_fastapi(login: Login) -> FastAPI:
    app = FastAPI()
    login.mount(app)
    need, token = Depends(login.require_user), Depends(login.access_token)
    app.add_api_route("/home", lambda user=need: {"sub": user.sub})
    app.add_api_route("/token", lambda token=token: token)
    return app


@dataclass
class Visitor:
    """One browser: its cookies, at the shop."""

    http: httpx2.AsyncClient
    slow: Slow

    async def sign_in(self) -> None:
        asked = asked_of(await self.http.get("/login"))
        self.slow.server.claims["nonce"] = asked["nonce"]
        answer = {"code": "a-code", "state": asked["state"], "iss": ISSUER}
        assert (await self.http.get("/callback", params=answer)).status_code == 303

    async def token(self) -> str:
        return (await self.http.get("/token")).json()


@pytest.mark.parametrize("make", [for_starlette, for_fastapi])
async def test_CL_30_who_waits_for_the_server_keeps_nobody_else_waiting(
    make: Callable[[Login], Any], server: Server, moment: Moment, clock: FakeClock
):
    slow = Slow(server)
    server.answers["/userinfo"] = lambda _: json_answer({"sub": "alice"})
    config = ClientConfig(issuer=ISSUER, client_id="app", auth=SecretBasic("hush"))
    login = Login(ISSUER, "app", moment=moment, client=AsyncOAuthClient(config, send=slow, moment=moment))
    transport = httpx2.ASGITransport(make(login))

    def visitor() -> Visitor:
        return Visitor(httpx2.AsyncClient(transport=transport, base_url="https://shop.test"), slow)

    impatient = [visitor() for _ in range(SLOW)]
    for one in impatient:
        await one.sign_in()
    clock.advance(600)  # their access tokens are over
    async with asyncio.timeout(PATIENCE):
        pages = [asyncio.create_task(one.token()) for one in impatient]
        await slow.all_wait.wait()
        other = visitor()
        await other.sign_in()
        assert (await other.http.get("/home")).status_code == 200
        assert (await other.token()).startswith("access-")
        assert [(await one.http.get("/home")).status_code for one in impatient] == [200] * SLOW
        assert not any(page.done() for page in pages)
        slow.go.set()
        tokens = await asyncio.gather(*pages)
    assert len(set(tokens)) == SLOW
    assert all(token.startswith("renewed-") for token in tokens)
