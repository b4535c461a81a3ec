"""A way to sign in is one file and one line: page, button, route, metadata and levels follow from it."""

import json
from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.authn.riddle import ANSWER, Riddle
from tests.world import Browser, World, answer_of, config_for, exchange, open_world

from gatelodge.authn import WAYS
from gatelodge.authn.contract import Way
from gatelodge.authn.password import PasswordSignIn
from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.keys.secrets import unb64
from gatelodge.protocol.proof import ALIASES, ONE, PHR, TWO

pytestmark = pytest.mark.anyio

LISTED: tuple[type[Way], ...] = (PasswordSignIn, Riddle)  # the one line
ESSENTIAL = '{"id_token":{"acr":{"essential":true,"values":["phr"]}}}'


@pytest.fixture
async def riddled(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(database_policy.url), clock, LISTED) as world:
        yield world


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(database_policy.url), clock, (PasswordSignIn,)) as world:
        yield world


async def solve(browser: Browser, page: httpx2.Response, name: str = "alice", answer: str = ANSWER) -> httpx2.Response:
    return await browser.submit(page, username=name, answer=answer)


async def identity(world: World, done: httpx2.Response) -> dict[str, object]:
    """The claims of the ID token that an answer's code is worth."""
    tokens = (await exchange(world, answer_of(done)["code"])).json()
    return json.loads(unb64(tokens["id_token"].split(".")[1]) or b"")


async def test_the_pages_of_all_ways_lead_to_one_another(riddled: World) -> None:
    browser = riddled.browser()
    page = await browser.authorize()
    assert page.url.path == "/login"
    assert "Sign in with a riddle" in page.text
    assert "Sign in with a password" not in page.text

    other = await browser.get("/login/riddle?" + page.url.query.decode())
    assert "Why is a raven" in other.text
    assert "Sign in with a password" in other.text
    assert "Sign in with a riddle" not in other.text


async def test_who_sends_a_password_without_a_page_is_asked_by_the_way_that_is_listed(riddled: World) -> None:
    proving = riddled.server.authn

    assert [way for way in proving.ways.listed if isinstance(way, PasswordSignIn)] == [proving.password]


async def test_with_one_way_no_page_offers_another(world: World) -> None:
    page = await world.browser().authorize()

    assert "Other ways to sign in" not in page.text
    assert await supported(world) == sorted({ONE, *ALIASES})
    assert (await world.browser().get("/login/riddle?" + page.url.query.decode())).status_code == 404


async def test_a_wish_is_offered_first_and_told_afterwards(riddled: World) -> None:
    browser = riddled.browser()
    page = await browser.authorize(acr_values="phr")
    assert page.url.path == "/login/riddle"

    wrong = await solve(browser, page, answer="no idea")
    assert (wrong.status_code, wrong.url.path) == (400, "/login/riddle")
    assert "That is not why." in wrong.text

    told = await identity(riddled, await browser.allow(await solve(browser, wrong)))
    assert (told["sub"], told["acr"], told["amr"]) == ("sub-alice", "phr", ["kba"])


async def test_the_metadata_tell_what_can_be_reached(riddled: World) -> None:
    assert await supported(riddled) == sorted({ONE, *ALIASES, TWO, PHR})


async def supported(world: World) -> object:
    async with world.http() as http:
        return (await http.get("/.well-known/openid-configuration")).json()["acr_values_supported"]


async def test_AZ_25_a_step_up_says_how_and_is_as_far_as_this_person_can_go(riddled: World) -> None:
    alice, bob = riddled.browser(), riddled.browser()
    await alice.answer(name="alice")
    await bob.answer(name="bob")

    asked = await alice.authorize(claims=ESSENTIAL)
    assert asked.url.path == "/login/riddle"
    assert "Sign in with a password" not in asked.text  # it would lead nowhere
    assert (await identity(riddled, await solve(alice, asked)))["acr"] == PHR

    assert answer_of(await bob.authorize(claims=ESSENTIAL))["error"] == "unmet_authentication_requirements"


async def test_ACC_11_a_proof_that_is_not_enough_begins_no_session(riddled: World) -> None:
    browser = riddled.browser()
    page = await browser.authorize(claims=ESSENTIAL)
    password = await browser.get("/login?" + page.url.query.decode())
    assert "Sign in with a riddle" in password.text

    asked = await browser.sign_in(password, "alice")
    assert asked.url.path == "/login/riddle"
    assert "gatelodge-session" not in str(browser.http.cookies)
    assert (await identity(riddled, await browser.allow(await solve(browser, asked))))["acr"] == PHR


async def test_who_cannot_reach_a_level_at_all_signs_in_and_the_client_is_told(riddled: World) -> None:
    browser = riddled.browser()
    page = await browser.authorize(claims=ESSENTIAL)
    password = await browser.get("/login?" + page.url.query.decode())

    done = await browser.sign_in(password, "bob")

    assert answer_of(done)["error"] == "unmet_authentication_requirements"


async def test_AZ_19_the_page_of_a_way_is_good_for_its_own_browser_alone(riddled: World) -> None:
    page = await riddled.browser().authorize(acr_values="phr")

    assert (await riddled.browser().get(str(page.url))).status_code == 403
    stolen = await riddled.browser().post_form(page, username="alice", answer=ANSWER)
    assert stolen.status_code == 403


@pytest.mark.parametrize("ways", [WAYS, LISTED], ids=["all", "riddled"])
def test_the_list_has_an_entrance_and_no_way_twice(ways: tuple[type[Way], ...]) -> None:
    assert ways[0].path == "/login"
    assert ways[0].begins
    assert len({way.name for way in ways}) == len({way.path for way in ways}) == len(ways)
    assert all(way.path.startswith("/login") and (way.templates / f"{way.template}.html").is_file() for way in ways)
