"""The server in memory for tests that do not await, whatever runs the application under test."""

import threading
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from gatelodge.client import ClientCredentials, DpopKey, Narrowed, OAuthClient, SignInCancelled, TokenRefused
from gatelodge.client.machine.tokens import MachineTokens
from gatelodge.protocol.device import GRANT_TYPE
from gatelodge.resource import SentProof, TokenVerifier
from gatelodge.testing import Gatelodge

API = "https://api.test/orders"
VERIFIER = TokenVerifier("https://id.test", API)


def test_a_person_has_a_token_that_the_api_takes(gatelodge: Gatelodge):
    gatelodge.add_api(API, ["orders:read"])
    ada = gatelodge.add_user("ada")
    caller = VERIFIER.verify_sync(gatelodge.token_for(ada, scopes=["orders:read"], resource=API))

    assert (caller.sub, caller.scopes) == (ada.sub, {"orders:read"})


def test_a_tokens_time_passes(gatelodge: Gatelodge):
    shop = gatelodge.add_client("shop")
    tokens = gatelodge.signed_in(shop, gatelodge.add_user()).tokens
    gatelodge.clock.advance(15 * 86_400)

    with pytest.raises(TokenRefused, match="invalid_grant"):
        gatelodge.oauth(shop).refresh(tokens.refresh_token or "")


def test_an_application_signs_a_person_in(gatelodge: Gatelodge):
    shop, ada = gatelodge.add_client("shop"), gatelodge.add_user()
    client = OAuthClient(shop.config)
    begun = client.begin()
    tokens = client.finish(begun.transaction, gatelodge.answer(begun.url, ada))

    assert tokens.person is not None
    assert tokens.person.sub == ada.sub


def test_an_application_learns_custom_claims(gatelodge: Gatelodge):
    gatelodge.add_scope("employment", ["department", "groups"])
    shop, ada = gatelodge.add_client("shop"), gatelodge.add_user(claims={"department": "Research", "locale": "fr"})
    tokens = gatelodge.signed_in(shop, ada, scopes=["openid", "employment"]).tokens

    assert tokens.person is not None
    told = gatelodge.oauth(shop).userinfo(tokens.access_token, tokens.person)
    assert dict(told) == {"sub": ada.sub, "department": "Research"}


def test_an_application_that_must_push_does_and_takes_signed_answers(gatelodge: Gatelodge):
    shop = gatelodge.add_client("shop", members={"require_pushed_authorization_requests": True})
    client = OAuthClient(replace(shop.config, push=True, signed_answers=True))
    begun = client.begin()
    answer = gatelodge.answer(begun.url, gatelodge.add_user())

    assert "request_uri=" in begun.url
    assert "response=" in answer
    assert client.finish(begun.transaction, answer).person is not None
    assert "invalid_request" in gatelodge.answer(OAuthClient(shop.config).begin().url, gatelodge.add_user("bob"))


def test_faults_are_to_be_had_here_too(gatelodge: Gatelodge):
    shop, ada = gatelodge.add_client("shop"), gatelodge.add_user()
    client = gatelodge.oauth(shop)
    begun = client.begin()
    answer = gatelodge.answer(begun.url, ada)
    gatelodge.expire_codes()
    with pytest.raises(TokenRefused, match="invalid_grant"):
        client.finish(begun.transaction, answer)

    tokens = gatelodge.signed_in(shop, ada).tokens
    gatelodge.replay_refresh(shop, tokens.refresh_token or "")
    with pytest.raises(TokenRefused, match="invalid_grant"):
        client.refresh(tokens.refresh_token or "")

    before = gatelodge.http().get("/jwks").json()
    gatelodge.rotate_keys()
    assert gatelodge.http().get("/jwks").json() != before
    with gatelodge.down(), pytest.raises(httpx2.ConnectError):
        gatelodge.http().get("/jwks")


def test_an_application_that_awaits_is_tested_without_awaiting(gatelodge: Gatelodge):
    async def orders(request: Request) -> JSONResponse:
        caller = await VERIFIER.verify(request.headers["authorization"].removeprefix("Bearer "))
        return JSONResponse({"sub": caller.sub})

    gatelodge.add_api(API, ["orders:read"])
    ada = gatelodge.add_user()
    token = gatelodge.token_for(ada, scopes=["orders:read"], resource=API)
    client = TestClient(Starlette(routes=[Route("/orders", orders)]))

    assert client.get("/orders", headers={"authorization": f"Bearer {token}"}).json() == {"sub": ada.sub}


def test_a_daemon_gets_its_token_without_a_network(gatelodge: Gatelodge):
    gatelodge.add_api(API, ["orders:read"])
    daemon = gatelodge.add_client("nightly", type="service")
    tokens = ClientCredentials(gatelodge.issuer, daemon.client_id, daemon.client_secret, resource=API).tokens

    assert isinstance(tokens, MachineTokens)
    assert VERIFIER.verify_sync(tokens.token()).sub == "nightly"


def test_a_token_is_bound_to_the_key_of_a_test(gatelodge: Gatelodge):
    gatelodge.add_api(API, ["orders:read"])
    key = DpopKey.generate()
    for who in (gatelodge.add_user(), gatelodge.add_client("nightly", type="service")):
        token = gatelodge.token_for(who, scopes=["orders:read"], resource=API, dpop=key)
        headers = key.headers("GET", API, token)
        assert VERIFIER.verify_sync(token, SentProof([headers["dpop"]], "GET", API)).jkt == key.jkt


def test_where_a_browser_ends_up_is_the_redirect_uri(gatelodge: Gatelodge):
    shop = gatelodge.add_client("shop", redirect_uri="https://shop.test/back")
    begun = gatelodge.oauth(shop).begin()
    ended = urlsplit(gatelodge.answer(begun.url, gatelodge.add_user()))

    assert (ended.netloc, ended.path) == ("shop.test", "/back")
    assert parse_qs(ended.query)["iss"] == [gatelodge.issuer]


def test_a_type_of_application_that_there_is_not_is_named(gatelodge: Gatelodge):
    unknown: Any = "website"
    with pytest.raises(ValueError, match="web, spa, native, service"):
        gatelodge.add_client("shop", type=unknown)


def test_a_device_signs_somebody_in_and_can_be_cancelled(gatelodge: Gatelodge):
    television = gatelodge.add_client("tv", type="native", members={"grant_types": [GRANT_TYPE]})
    client, off = gatelodge.oauth(television), threading.Event()
    begun = client.begin_on_device(Narrowed(scope="openid"))
    gatelodge.answer_device(begun.user_code, gatelodge.add_user("ada"))
    tokens = client.wait_on_device(begun, gatelodge.clock.advance)
    assert tokens.refresh_token is None

    off.set()
    with pytest.raises(SignInCancelled):
        client.wait_on_device(client.begin_on_device(Narrowed(scope="openid")), off.wait)
