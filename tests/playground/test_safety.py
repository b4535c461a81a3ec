"""The playground is no way in: not to other hosts, not to other people's runs, not to secrets nobody asked to see."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator

import pytest
from tests.conftest import FakeClock
from tests.playground.conftest import ISSUER, InMemory, Visitor, playing
from tests.world import World, config_for, open_world

from gatelodge.config.policies import DatabasePolicy, LegacyPolicy
from gatelodge.demo import data as demo_data
from gatelodge.endpoints.request import Request
from gatelodge.ops.refusals import OperationRefused
from gatelodge.outbound import Outbound
from gatelodge.playground import planting as playground
from gatelodge.playground import room
from gatelodge.playground.line import ServerConnection
from gatelodge.playground.runs import COOKIE, LIFETIME, MOST, Runs
from gatelodge.protocol.client import Client
from gatelodge.protocol.params import EMPTY
from gatelodge.stores import clients
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio
SECRETS = re.compile(r"gl[ra]_[\w-]{20}|eyJ[\w-]{20}|playground-secret|code_verifier=[\w-]{20}")


def without_code(text: str) -> str:
    """The page without the examples to copy: the demo's secret is part of them."""
    return text.partition('id="code"')[0]


async def test_secrets_are_masked_until_somebody_asks(visitor: Visitor) -> None:
    await visitor.to_tokens()
    assert not SECRETS.search(without_code(visitor.text))
    assert not SECRETS.search(without_code(await visitor.open("code", "?show=1&open=7")))
    await visitor.press("show")
    assert SECRETS.search(without_code(visitor.text))
    await visitor.press("hide")

    assert not SECRETS.search(without_code(visitor.text))


async def test_another_browser_sees_nothing_of_a_run(visitor: Visitor, world: World) -> None:
    await visitor.to_tokens()
    other = Visitor(world, world.browser())

    assert 'id="messages"' not in await other.open("code")


async def test_an_answer_is_worth_nothing_in_another_browser(world: World) -> None:
    answer = await world.browser().http.get("/playground/callback?code=stolen&state=known&iss=" + ISSUER)

    assert answer.status_code == 400
    assert "Nobody here asked for this answer" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.test"},
        {"origin": "null"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/playground/code", "/playground/callback"])
async def test_other_sites_press_no_button(world: World, path: str, headers: dict[str, str]) -> None:
    async with world.http() as http:
        answer = await http.post(path, data={"act": "authorize"}, headers=headers)

    assert answer.status_code == 403


@pytest.mark.parametrize("act", ["", "nothing", "__class__", "_token"])
async def test_an_act_nobody_knows_is_refused(world: World, act: str) -> None:
    async with world.http() as http:
        assert (await http.post("/playground/code", data={"act": act})).status_code == 400


@pytest.mark.parametrize("flow", ["nothing", "devices", "code/x"])
async def test_a_flow_that_is_not_here_is_not_found(world: World, flow: str) -> None:
    async with world.http() as http:
        assert (await http.get(f"/playground/{flow}")).status_code == 404


async def test_acts_out_of_turn_do_nothing(world: World) -> None:
    browser = world.browser()
    for act in ("exchange", "call", "refresh", "userinfo", "order", "refresh_replayed", "code_expired"):
        answer = await browser.http.post("/playground/code", data={"act": act})
        assert answer.status_code == 303

    assert InMemory.asked == ()


@pytest.mark.parametrize(
    "url", ["https://evil.test/token", ISSUER + ".evil.test/token", "http://localhost:80/", ISSUER]
)
async def test_the_line_leads_to_this_server_and_nowhere_else(url: str) -> None:
    with pytest.raises(ValueError, match="own server only"):
        await ServerConnection(ISSUER, Outbound(allow_loopback=True)).get(url)


async def test_the_sample_application_is_called_back_here_alone() -> None:
    for client in demo_data.playground_clients(ISSUER, "s", frozenset(), frozenset({"code"})):
        assert client.redirect_uris == (ISSUER + "/playground/callback",)
        assert client.post_logout_redirect_uris == ((ISSUER + "/playground/logout",) if not client.is_public else ())
        assert client.type != "native"  # whose ports are free


async def test_runs_are_bounded_and_forgotten(clock: FakeClock, entropy: object) -> None:
    runs = Runs(clock, entropy)  # type: ignore[arg-type]
    names = [runs.keep(_request(""), runs.new("code")).value for _ in range(MOST + 5)]
    assert len(runs) == MOST
    assert runs.find(_request(names[0])) is None
    assert runs.find(_request(names[-1])) is not None
    clock.advance(LIFETIME)

    assert runs.find(_request(names[-1])) is None
    assert len(runs) == 0


async def test_a_planted_name_is_not_used(clock: FakeClock, entropy: object) -> None:
    runs = Runs(clock, entropy)  # type: ignore[arg-type]

    assert runs.keep(_request("planted"), runs.new("code")).value != "planted"


def _request(name: str) -> Request:
    return Request("GET", "/playground/code", EMPTY, EMPTY, {}, {COOKIE: name}, Origin("r", ""))


# Outside the demo


@pytest.fixture
async def school(
    sqlite_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """A server that is no demo, with a playground and without anything legacy."""
    monkeypatch.setattr(room, "Outbound", InMemory)
    async with open_world(playing(sqlite_policy.url, is_demo=False, legacy=LegacyPolicy()), clock) as opened:
        InMemory.world = opened
        yield opened


@pytest.mark.parametrize("flow", ["code", "public", "machine"])
async def test_a_server_that_allows_it_has_a_playground_of_its_own(school: World, flow: str) -> None:
    visitor = Visitor(school, school.browser())
    await visitor.to_tokens(flow)
    await visitor.press("call")

    assert "a looking glass" in visitor.text
    assert "playground-secret" not in visitor.text


async def test_outside_the_demo_the_secret_is_not_even_shown_to_who_asks(school: World) -> None:
    visitor = Visitor(school, school.browser())
    await visitor.to_tokens("machine")
    await visitor.press("show")
    secret = playground.secret_of(school.foundation.vault)

    assert "Authorization: Basic (playground and its secret)" in re.sub(r"<[^>]+>", "", visitor.text)
    assert b64encode(f"playground:{secret}".encode()).decode() not in visitor.text


async def test_what_is_off_cannot_be_run_and_says_so(school: World) -> None:
    async with school.http() as http:
        assert (await http.get("/playground/password")).status_code == 404
        assert "Not in OAuth 2.1, off here" in re.sub(
            r"<[^>]+>|\s+", " ", (await http.get("/playground")).text
        ).replace(" ,", ",")


async def test_nothing_is_there_when_it_is_off(sqlite_policy: DatabasePolicy, clock: FakeClock) -> None:
    async with open_world(config_for(sqlite_policy.url), clock) as world, world.http() as http:
        for path in ("/playground", "/playground/code", "/playground/callback", "/demo/api/orders"):
            assert (await http.get(path)).status_code == 404
        assert await world.foundation.db.read(clients.find, "playground") is None
        assert "playground" not in (await http.get("/")).text


@pytest.mark.parametrize(
    "redirect_uris", [("https://mine.test/cb",), ("https://mine.test/playground/callback",), ()], ids=str
)
async def test_somebody_elses_client_of_that_name_is_left_alone(
    sqlite_policy: DatabasePolicy, clock: FakeClock, redirect_uris: tuple[str, ...]
) -> None:
    async with open_world(config_for(sqlite_policy.url), clock) as world:
        mine = Client("playground", "Mine", "web", "client_secret_basic", redirect_uris=redirect_uris)
        await world.foundation.db.write(clients.add, mine, clock.now())

        with pytest.raises(OperationRefused, match="another client has"):
            await playground.prepare(world.foundation.db, ISSUER, "s", LegacyPolicy(), clock.now())
        found = await world.foundation.db.read(clients.find, "playground")
        assert found is not None
        assert found.redirect_uris == mine.redirect_uris
