"""Session Management 1.0: what clients are told of a session, and the frame that says whether it changed."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest
from tests.conftest import FakeClock
from tests.sessions.test_several import add_account, shown, who
from tests.world import Browser, World, answer_of, assert_redirected, config_for, open_world

from gatelodge.config.policies import DatabasePolicy, LegacyPolicy
from gatelodge.protocol.session_state import session_state
from gatelodge.stores import endings

pytestmark = pytest.mark.anyio

STATE, SESSION = "__Host-gatelodge-state", "__Host-gatelodge-session"


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str) -> AsyncIterator[World]:
    config = config_for(database_policy.url, legacy=LegacyPolicy(session_management=True))
    async with open_world(config, clock) as world:
        yield world


def is_unchanged(browser: Browser, said: str, client_id: str = "web1", origin: str = "https://rp.test") -> bool:
    """What the frame answers: it reads the cookie and computes the same."""
    return said == session_state(client_id, origin, browser.http.cookies.get(STATE) or "", said.partition(".")[2])


def cookies_set(answer: httpx2.Response, name: str) -> list[str]:
    return [value for value in answer.headers.get_list("set-cookie") if value.startswith(f"{name}=")]


async def test_an_answer_says_in_which_state_the_browser_is(world: World) -> None:
    browser = world.browser()

    said = (await browser.answer())["session_state"]

    assert is_unchanged(browser, said)
    assert not is_unchanged(browser, said, client_id="web2"), "it is of this client"
    assert not is_unchanged(browser, said, origin="https://evil.test"), "and of its origin"
    assert said != (await browser.answer())["session_state"], "salted"
    assert "session_state" not in await browser.answer(scope="orders:read"), "who asks for no ID token is told of none"


async def test_it_changes_with_the_account_and_not_when_the_same_person_signs_in_again(world: World) -> None:
    browser = world.browser()
    alices = (await browser.answer())["session_state"]

    again = await browser.sign_in(await browser.authorize(prompt="login"), "alice")
    assert is_unchanged(browser, answer_of(again)["session_state"])
    assert is_unchanged(browser, alices)
    await add_account(browser, "bob")
    assert not is_unchanged(browser, alices)
    page = await browser.get("/account/switch")
    await browser.submit(page, account=shown(page)[1][0])
    assert (await who(browser), is_unchanged(browser, alices)) == ("Alice Liddell", True)

    await browser.submit(await browser.get("/logout"), decision="sign_out")
    assert not is_unchanged(browser, alices)
    assert STATE not in browser.http.cookies


async def test_a_browser_whose_session_ended_elsewhere_is_told_when_a_client_asks(world: World) -> None:
    browser = world.browser()
    said = (await browser.answer())["session_state"]
    await world.foundation.db.write(endings.end_all, world.people["alice"].id, world.foundation.clock.now())
    assert is_unchanged(browser, said), "nothing has told it yet"

    refused = await browser.authorize(prompt="none")

    assert_redirected(refused, "login_required")
    assert not is_unchanged(browser, said)


async def test_WEB_04_scripts_read_the_state_and_never_the_session(world: World) -> None:
    browser = world.browser()
    page = await browser.authorize()
    answer = await browser.post_form(page, username="alice", password="wonderland")

    (state,), (session,) = cookies_set(answer, STATE), cookies_set(answer, SESSION)
    assert ("SameSite=None; Secure" in state, "HttpOnly" in state) == (True, False)
    assert ("SameSite=Lax" in session, "HttpOnly" in session) == (True, True)
    thief = world.browser()
    for name in (STATE, SESSION):
        thief.http.cookies.set(name, browser.http.cookies[STATE])
        assert await who(thief) == ""


async def test_the_frame_may_be_framed_and_loads_nothing_but_our_script(world: World) -> None:
    browser = world.browser()
    found = (await browser.get("/.well-known/openid-configuration")).json()["check_session_iframe"]
    frame = await browser.get(found.removeprefix("https://id.test"))

    policy = frame.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert "frame-ancestors http: https:" in policy
    assert "x-frame-options" not in frame.headers
    assert f'data-cookie="{STATE}"' in frame.text
    script = frame.text.split('src="')[1].split('"')[0]
    assert (await browser.get(script)).headers["content-type"].startswith("text/javascript")
    assert "frame-ancestors 'none'" in (await browser.get("/login?page=account")).headers["content-security-policy"]


async def test_off_there_is_none_of_it(database_policy: DatabasePolicy, clock: FakeClock) -> None:
    async with open_world(replace(config_for(database_policy.url)), clock) as world:
        browser = world.browser()
        assert "session_state" not in await browser.answer()
        assert STATE not in browser.http.cookies
        assert "check_session_iframe" not in (await browser.get("/.well-known/openid-configuration")).json()
        assert (await browser.get("/check-session")).status_code == 404
