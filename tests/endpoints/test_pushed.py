"""Pushed authorization requests under attack (catalogue 2.8, 3.1), through the whole server."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

import httpx2
import pytest
from anyio import create_task_group
from tests.conftest import FakeClock
from tests.dpop import Key, jkt_of, key_for, proof
from tests.world import (
    RP,
    VERIFIER,
    Browser,
    World,
    answer_of,
    assert_page400,
    assert_redirected,
    config_for,
    exchange,
    open_world,
    request_for,
)

from gatelodge.clock import Clock
from gatelodge.config.authorization_policy import AuthorizationPolicy
from gatelodge.config.policies import DatabasePolicy
from gatelodge.protocol.pushed import URN
from gatelodge.sessions.arrivals import MOST
from gatelodge.stores import tickets

pytestmark = pytest.mark.anyio

ALL = ("openid", "profile", "email", "offline_access", "orders:read")


async def push(world: World, client_id: str = "web1", /, **changes: str | None) -> httpx2.Response:
    """Push a good request, changed, as its client; a public one says only who it is."""
    public = client_id in ("spa1", "nat1")
    asked = request_for(client_id, **changes)
    return await world.direct("/par", None if public else client_id, **asked)


async def pushed(world: World, client_id: str = "web1", **changes: str | None) -> str:
    answer = await push(world, client_id, **changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["request_uri"]


async def bring(browser: Browser, request_uri: str, client_id: str = "web1", **more: str) -> httpx2.Response:
    """Bring the name of a request, as far as no person is needed."""
    query = urlencode({"client_id": client_id, "request_uri": request_uri, **more})
    return await browser.follow(await browser.http.get(f"/authorize?{query}"))


async def walked(browser: Browser, request_uri: str, client_id: str = "web1") -> dict[str, str]:
    return answer_of(await browser.walk(await bring(browser, request_uri, client_id), "alice", "wonderland"))


async def test_a_request_is_pushed_answered_and_its_code_exchanged(world: World):
    answer = await push(world, state="a pushed state")
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert answer.json() == {"request_uri": answer.json()["request_uri"], "expires_in": 60}
    request_uri = answer.json()["request_uri"]
    assert request_uri.startswith(URN)

    browser = world.browser()
    page = await bring(browser, request_uri)
    assert request_uri not in str(page.url) + page.text
    came = answer_of(await browser.walk(page, "alice", "wonderland"))

    assert (came["state"], came["iss"]) == ("a pushed state", world.issuer)
    tokens = (await exchange(world, came["code"])).json()
    assert set(tokens["scope"].split()) == set(ALL)


@pytest.mark.parametrize("client_id", ["spa1", "nat1"])
async def test_a_public_client_pushes_too_and_a_native_one_from_any_port(world: World, client_id: str):
    changes = {"redirect_uri": "http://127.0.0.1:51004/cb"} if client_id == "nat1" else {}
    came = await walked(world.browser(), await pushed(world, client_id, **changes), client_id)

    answer = await exchange(world, came["code"], client_id, **changes)
    assert answer.status_code == 200


async def test_PAR_01_who_proves_nothing_pushes_nothing(world: World):
    without = await world.direct("/par", None, **request_for())
    other = await world.direct("/par", "web2", **request_for())
    assert (without.status_code, without.json()["error"]) == (401, "invalid_client")
    assert (other.status_code, other.json()["error"]) == (400, "invalid_request")
    async with world.http() as http:
        for method in ("GET", "PUT", "DELETE"):
            assert (await http.request(method, "/par?" + urlencode(request_for()))).status_code == 405


async def test_PAR_01_the_name_of_another_clients_request_leads_nowhere(world: World):
    request_uri = await pushed(world, "web2")
    assert_page400(await bring(world.browser(), request_uri))
    assert_redirected(await bring(world.browser(), request_uri, redirect_uri=RP), "invalid_request_uri", state=None)
    assert (await bring(world.browser(), request_uri, "web2")).url.path == "/login"


async def test_PAR_02_a_name_is_good_for_one_answer(world: World):
    request_uri, browser = await pushed(world), world.browser()
    page = await bring(browser, request_uri)
    assert page.url.path == "/login"
    page = await bring(browser, request_uri)  # reloaded before the sign-in
    assert page.url.path == "/login"
    done = await browser.walk(page, "alice", "wonderland")
    assert "code" in answer_of(done)

    assert_page400(await bring(browser, request_uri))
    assert_page400(await bring(world.browser(), request_uri))


async def test_PAR_02_of_two_tabs_one_is_answered(world: World):
    request_uri, browser = await pushed(world), world.browser()
    first, second = await bring(browser, request_uri), await bring(browser, request_uri)
    assert "code" in answer_of(await browser.walk(first, "alice", "wonderland"))

    assert_page400(await browser.walk(second, "alice", "wonderland"))


async def test_PAR_02_a_name_expires_and_the_person_may_still_take_their_time(world: World, clock: FakeClock):
    late, in_time, browser = await pushed(world), await pushed(world), world.browser()
    page = await bring(browser, in_time)
    clock.advance(60)
    await world.foundation.registry.poll()
    assert_page400(await bring(browser, late))
    clock.advance(600)
    await world.foundation.registry.poll()

    assert "code" in answer_of(await browser.walk(page, "alice", "wonderland"))


async def test_PAR_02_a_page_that_was_left_open_begins_anew_and_one_that_is_gone_back_to_does_not(
    world: World, clock: FakeClock
):
    browser = world.browser()
    page = await bring(browser, await pushed(world))
    clock.advance(1_800)
    await world.foundation.registry.poll()
    page = await browser.sign_in(page)
    assert page.url.path in ("/login", "/consent")
    done = await browser.walk(page, "alice", "wonderland")
    assert "code" in answer_of(done)

    assert_page400(await browser.follow(await browser.get(str(page.url))))


async def test_PAR_02_who_is_signed_in_and_allowed_it_before_spends_it_at_once(world: World):
    browser = world.browser()
    await browser.answer()
    request_uri = await pushed(world, prompt="none")
    assert "code" in answer_of(await bring(browser, request_uri))

    assert_page400(await bring(browser, request_uri))


async def test_FLT_27_of_many_who_bring_a_name_at_once_one_is_answered(world: World):
    browser = world.browser()
    await browser.answer()
    request_uri = await pushed(world, prompt="none")
    came: list[httpx2.Response] = []

    async def once() -> None:
        came.append(await bring(browser, request_uri))

    async with create_task_group() as group:
        for _ in range(20):
            group.start_soon(once)

    assert len([one for one in came if "code=" in one.headers.get("location", "")]) == 1
    assert {one.status_code for one in came} == {303, 400}


async def test_PAR_04_who_must_push_does(world: World):
    await world.change_client("web1", require_pushed=True)
    assert_redirected(await world.browser().authorize(), "invalid_request")
    assert_redirected(await world.browser().post_request(), "invalid_request")
    assert_page400(await world.browser().authorize(redirect_uri="https://evil.test/cb"))
    assert "code" in await walked(world.browser(), await pushed(world))


async def test_PAR_04_a_server_may_demand_it_of_everybody(sqlite_policy: DatabasePolicy, clock: Clock):
    config = replace(config_for(sqlite_policy.url), authorization=AuthorizationPolicy(require_pushed=True))
    async with open_world(config, clock) as world:
        assert_redirected(await world.browser().authorize("spa1"), "invalid_request")
        assert "code" in await walked(world.browser(), await pushed(world, "spa1"), "spa1")
        async with world.http() as http:
            document = (await http.get("/.well-known/oauth-authorization-server")).json()
    assert document["require_pushed_authorization_requests"] is True
    assert document["pushed_authorization_request_endpoint"] == f"{world.issuer}/par"


async def test_JAR_04_a_name_is_not_pushed_and_no_other_server_is_asked(world: World):
    inner = await push(world, request_uri=await pushed(world))
    assert (inner.status_code, inner.json()["error"]) == (400, "invalid_request")
    foreign = await bring(world.browser(), "https://rp.test/request", redirect_uri=RP)
    assert_redirected(foreign, "request_uri_not_supported", state=None)
    assert_page400(await bring(world.browser(), "https://rp.test/request"))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "https://rp.test/cb/../evil"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid nothing"}, "invalid_scope"),
        ({"resource": "https://other.test"}, "invalid_target"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"state": "x" * 16_100}, "invalid_request"),
        ({"id_token_hint": "x.y.z", "max_age": "soon"}, "invalid_request"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
async def test_RED_01_what_authorize_would_refuse_is_not_kept(
    world: World, changes: Mapping[str, str | None], error: str
):
    answer = await push(world, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert "location" not in answer.headers


async def test_RED_17_nothing_is_pushed_twice_or_in_the_url(world: World):
    asked = request_for()
    twice = await world.direct("/par", "web1", **{**asked, "redirect_uri": [RP, "https://evil.test/cb"]})
    in_url = await world.direct("/par?scope=openid", "web1", **asked)
    assert [(one.status_code, one.json()["error"]) for one in (twice, in_url)] == [(400, "invalid_request")] * 2


async def test_what_stands_beside_the_name_is_not_read(world: World):
    request_uri = await pushed(world, scope="openid", state="pushed")
    page = await bring(world.browser(), request_uri, scope="openid orders:read", state="beside", prompt="none")
    assert page.url.path == "/login"
    twice = await world.browser().get(f"/authorize?client_id=web1&request_uri={request_uri}&request_uri={request_uri}")
    assert_page400(twice)


async def test_CODE_08_a_name_is_no_code_and_a_code_no_name(world: World):
    request_uri, browser = await pushed(world), world.browser()
    code = await browser.code()
    for value in (request_uri, request_uri.removeprefix(URN)):
        assert (await exchange(world, value)).json()["error"] == "invalid_grant"
        answer = await world.token(grant_type="refresh_token", refresh_token=value)
        assert answer.json()["error"] == "invalid_grant"
    assert_page400(await bring(browser, URN + code))
    assert_page400(await bring(browser, request_uri[:-4] + "AAAA"))

    assert (await exchange(world, code)).status_code == 200
    assert "code" in answer_of(await browser.follow(await bring(browser, request_uri)))


async def test_a_stolen_database_says_nothing_of_what_was_pushed(world: World):
    await pushed(world, login_hint="alice@example.org", state="a very particular state")

    async def payloads(tx: tickets.Tx) -> list[str]:
        return [str(row[0]) for row in await tx.all("select payload from tickets")]

    assert not [one for one in await world.foundation.db.read(payloads) if "alice" in one or "particular" in one]


async def test_strangers_push_a_bounded_number_for_a_public_client_and_a_proven_one_any(world: World):
    form = request_for("spa1")
    async with world.http("198.51.100.7") as http:
        answers = [await http.post("/par", data=form) for _ in range(MOST)]
        assert answers[-1].status_code == 201
        refused = await http.post("/par", data=form)
        assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
        assert int(refused.headers["retry-after"]) <= 61
    assert (await push(world)).status_code == 201


# With a proof of a key (RFC 9449 10.1)


async def push_proven(world: World, *, key: Key | None = None, **changes: str | None) -> httpx2.Response:
    """Push as the public client, with a proof beside the request."""
    proven = proof(world.issuer + "/par", now=world.foundation.clock.now(), key=key)
    async with world.http() as http:
        return await http.post("/par", data=request_for("spa1", **changes), headers={"dpop": proven})


async def test_DP_07_the_key_of_a_pushed_proof_is_the_one_that_redeems_the_code(world: World):
    other = key_for("ES256", "another")
    for key, status, error in ((other, 400, "invalid_grant"), (key_for(), 200, None)):
        answer = await push_proven(world)
        assert answer.status_code == 201, answer.text
        code = (await walked(world.browser(), answer.json()["request_uri"], "spa1"))["code"]
        proven = proof(world.issuer + "/token", now=world.foundation.clock.now(), key=key)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": "https://spa.test/cb",
            "code_verifier": VERIFIER,
            "client_id": "spa1",
        }
        async with world.http() as http:
            exchanged = await http.post("/token", data=form, headers={"dpop": proven})
        assert (exchanged.status_code, exchanged.json().get("error")) == (status, error)


async def test_DP_07_a_pushed_proof_and_dpop_jkt_are_of_one_key(world: World):
    mine, other = jkt_of(key_for()), jkt_of(key_for("ES256", "another"))
    assert (await push_proven(world, dpop_jkt=mine)).status_code == 201
    refused = await push_proven(world, dpop_jkt=other)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")


async def test_DP_03_a_pushed_proof_is_checked_as_any_other(world: World):
    stale = proof(world.issuer + "/par", now=world.foundation.clock.now() - 3_600)
    elsewhere = proof(world.issuer + "/token", now=world.foundation.clock.now())
    async with world.http() as http:
        for bad in (stale, elsewhere, "nonsense"):
            refused = await http.post("/par", data=request_for("spa1"), headers={"dpop": bad})
            assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")
        await world.change_client("spa1", dpop_nonce_required=True)
        proven = proof(world.issuer + "/par", now=world.foundation.clock.now())
        asked = await http.post("/par", data=request_for("spa1"), headers={"dpop": proven})
    assert (asked.json()["error"], "dpop-nonce" in asked.headers) == ("use_dpop_nonce", True)
