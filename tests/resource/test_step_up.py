"""Step-up, whole (RFC 9470): a real API sends its caller back, the real server asks for what is missing, and the API
lets them in; at every turn the token says what was proven and when.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.authn.factors import code_of, give_app
from tests.world import API, VERIFIER, Browser, World, answer_of, config_for, exchange, open_world, refresh

from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.resource import TokenVerifier
from gatelodge.resource.starlette import Auth

pytestmark = pytest.mark.anyio

READ = "orders:read"


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(database_policy.url), clock) as world:
        yield world


@pytest.fixture
async def api(world: World, clock: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """An API that lets whoever may read look, and pays for whoever just proved two factors."""

    async def fetch(request: HttpRequest) -> HttpResponse:
        async with world.http() as http:
            answer = await http.request(request.method, request.url, headers=dict(request.headers))
        return HttpResponse(answer.status_code, dict(answer.headers), answer.content)

    verifier = TokenVerifier(world.issuer, API, clock=clock, async_send=fetch)
    auth = Auth(verifier, metadata=verifier.describe([READ]))

    @auth.require(READ)
    async def look(request: Request) -> Response:
        claims = request.user.principal.claims
        return JSONResponse({name: claims[name] for name in ("sub", "acr", "amr", "auth_time")})

    @auth.require(READ, acr_values="2", max_age=600)
    async def pay(request: Request) -> Response:
        return await look(request)

    app = Starlette(routes=[Route("/look", look), Route("/pay", pay)])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="https://api.test") as client:
        yield client


async def call(api: httpx2.AsyncClient, path: str, tokens: dict[str, str]) -> httpx2.Response:
    return await api.get(path, headers={"authorization": f"Bearer {tokens['access_token']}"})


def asked_by(challenge: httpx2.Response) -> dict[str, str]:
    """What the challenge says the client must ask for (RFC 9470 3)."""
    said = challenge.headers["www-authenticate"]
    assert 'error="insufficient_user_authentication"' in said
    return {name: value for name, value in re.findall(r'(\w+)="([^"]*)"', said) if name in ("acr_values", "max_age")}


async def redeemed(world: World, done: httpx2.Response) -> dict[str, str]:
    return (await exchange(world, answer_of(done)["code"], code_verifier=VERIFIER)).json()


async def test_a_caller_is_sent_back_for_what_is_missing_and_no_more(
    world: World, api: httpx2.AsyncClient, clock: Any
) -> None:
    browser: Browser = world.browser()
    tokens = await browser.tokens()
    signed_in = clock.now()
    looked = (await call(api, "/look", tokens)).json()
    assert looked == {"sub": "sub-alice", "acr": "1", "amr": ["pwd"], "auth_time": signed_in}

    await give_app(world.foundation, world.people["alice"].id)
    clock.advance(60)
    challenge = await call(api, "/pay", tokens)
    assert (challenge.status_code, asked_by(challenge)) == (401, {"acr_values": "2", "max_age": "600"})

    page = await browser.authorize(**asked_by(challenge))
    assert page.url.path == "/login/code"  # the password was proven a minute ago
    tokens = await redeemed(world, await browser.submit(page, code=code_of(world.foundation)))
    paid = await call(api, "/pay", tokens)
    assert paid.status_code == 200
    assert paid.json() == {"sub": "sub-alice", "acr": "2", "amr": ["pwd", "otp", "mfa"], "auth_time": clock.now()}

    proven = clock.now()
    clock.advance(601)
    tokens = (await refresh(world, tokens["refresh_token"])).json()
    stale = await call(api, "/pay", tokens)
    assert (stale.status_code, (await call(api, "/look", tokens)).json()["auth_time"]) == (401, proven)
    again = await browser.authorize(**asked_by(stale))
    assert again.url.path == "/login"  # too long ago: all of it anew
    code = await browser.sign_in(again)
    assert code.url.path == "/login/code"
    tokens = await redeemed(world, await browser.submit(code, code=code_of(world.foundation)))
    assert (await call(api, "/pay", tokens)).json()["auth_time"] == clock.now()


ESSENTIAL = '{"id_token":{"acr":{"essential":true,"values":["2"]}}}'


async def test_nobody_sets_up_a_second_factor_for_a_wish_and_whoever_is_made_to_proves_who_they_are(
    world: World, api: httpx2.AsyncClient
) -> None:
    browser = world.browser()
    tokens = await browser.tokens(name="bob")
    wished = await browser.authorize(**asked_by(await call(api, "/pay", tokens)))
    tokens = await redeemed(world, wished)
    assert (await call(api, "/look", tokens)).json()["acr"] == "1"

    page = await browser.authorize(claims=ESSENTIAL)

    assert page.url.path == "/login"  # a session alone adds no way in (ACC-15)
    assert (await browser.sign_in(page, "bob")).url.path == "/login/set-up/totp"
