"""Signing out, as applications see it: what ends with a session, what outlives it, and who is to be told."""

import re

import httpx2
import pytest
from tests.world import Browser, World, answer_of, assert_redirected, exchange, refresh
from tests.worlds import world as world

from gatelodge.protocol import jose
from gatelodge.stores import outbox, visits
from gatelodge.stores.visits import SessionVisit

pytestmark = pytest.mark.anyio

ONLINE = "openid profile email orders:read"


async def listening(world: World, *names: str) -> None:
    for name in names:
        await world.change_client(name, backchannel_logout_uri=f"https://{name}.test/bye")


async def waiting(world: World) -> list[SessionVisit]:
    """What the outbox has for applications."""
    parcels = await world.foundation.db.read(outbox.due, visits.KIND, world.foundation.clock.now(), 99)
    return sorted((visits.read(parcel.payload) for parcel in parcels), key=lambda one: (one.sub, one.client_id))


async def sign_out(browser: Browser) -> None:
    page = await browser.submit(await browser.get("/logout"), decision="sign_out")
    assert page.status_code == 200


def sid_of(tokens: dict[str, str]) -> object:
    return jose.take_apart(tokens["id_token"]).claims["sid"]


async def test_ASVS_7_4_1_signing_out_ends_what_came_of_the_session_but_for_what_works_while_away(world: World) -> None:
    browser, elsewhere = world.browser(), world.browser()
    online = await browser.tokens("no-refresh", scope=ONLINE)
    offline, other = await browser.tokens(), await elsewhere.tokens("no-refresh", scope=ONLINE)

    await sign_out(browser)

    await world.assert_dead(online, "no-refresh")
    assert (await refresh(world, offline["refresh_token"])).status_code == 200
    assert (await world.userinfo(other["access_token"])).status_code == 200


async def test_each_application_that_had_an_id_token_of_the_session_is_to_be_told(world: World) -> None:
    await listening(world, "web1", "spa1", "trusted1")
    browser, elsewhere = world.browser(), world.browser()
    first = await browser.tokens("web1")
    await browser.tokens("spa1")
    await browser.tokens("trusted1", scope="orders:read")  # is told of nobody
    await browser.tokens("no-refresh", scope=ONLINE)  # wants to hear nothing
    await elsewhere.tokens("web1")

    await sign_out(browser)

    sid = sid_of(first)
    assert [(one.client_id, one.sub, one.sid) for one in await waiting(world)] == [
        ("spa1", "sub-alice", sid),
        ("web1", "sub-alice", sid),
    ]


async def test_who_signs_in_once_more_stays_in_the_session_that_applications_know(world: World) -> None:
    await listening(world, "web1")
    browser = world.browser()
    before = await browser.tokens()
    await browser.sign_in(await browser.authorize(prompt="login"))
    after = await browser.tokens()

    assert sid_of(before) == sid_of(after)
    assert (await world.userinfo(before["access_token"])).status_code == 200
    assert await waiting(world) == []


async def test_who_signs_in_beside_somebody_else_leaves_them_at_hand_until_both_sign_out(world: World) -> None:
    await listening(world, "web1", "no-refresh")
    browser = world.browser()
    before = await browser.tokens("no-refresh", scope=ONLINE)

    await browser.sign_in(await browser.authorize(prompt="login"), "bob")

    assert await waiting(world) == []
    assert (await world.userinfo(before["access_token"])).status_code == 200

    await sign_out(browser)

    assert [(one.client_id, one.sub) for one in await waiting(world)] == [("no-refresh", "sub-alice")]
    await world.assert_dead(before, "no-refresh")


async def test_a_visit_is_written_once_and_the_token_endpoint_knows_nothing_of_it(world: World) -> None:
    browser, db = world.browser(), world.foundation.db

    async def statements(scope: str) -> tuple[int, int]:
        await browser.code(scope=scope)
        before = db.statements
        code = await browser.code(scope=scope)
        between = db.statements
        assert (await exchange(world, code)).status_code == 200
        return between - before, db.statements - between

    assert await statements("openid orders:read") == await statements("orders:read")


# What the browser carries


FRONT = "https://rp.test/front?a=b"


async def hinted(world: World, browser: Browser, **asked: str) -> httpx2.Response:
    """Sign in at web1, then sign out as web1 asks, which proves the session."""
    tokens = await browser.tokens()
    return await browser.http.get("/logout", params={"id_token_hint": tokens["id_token"], **asked})


async def test_the_signed_out_page_frames_those_who_are_told_by_the_browser_and_nobody_else(world: World) -> None:
    await world.change_client("web1", frontchannel_logout_uri=FRONT)
    await world.change_client("spa1", frontchannel_logout_uri="https://spa.test/front")
    await world.change_client("trusted1", frontchannel_logout_uri="https://rp.test/never")
    browser = world.browser()
    await browser.tokens("spa1")

    page = await hinted(world, browser)

    sid = re.findall(r"sid=([\w-]+)", page.text)[0]
    assert re.findall(r'<iframe [^>]*src="([^"]+)"', page.text) == [
        f"https://spa.test/front?iss=https%3A%2F%2Fid.test&amp;sid={sid}",
        f"https://rp.test/front?a=b&amp;iss=https%3A%2F%2Fid.test&amp;sid={sid}",
    ]
    assert "frame-src https://rp.test https://spa.test;" in page.headers["content-security-policy"]
    assert "http-equiv" not in page.text


async def test_after_the_frames_the_browser_goes_on_with_state(world: World) -> None:
    await world.change_client("web1", frontchannel_logout_uri=FRONT)
    asked = {"post_logout_redirect_uri": "https://rp.test/bye", "state": 'a"><b'}

    page = await hinted(world, world.browser(), **asked)

    assert '<meta http-equiv="refresh" content="3; url=https://rp.test/bye?state=a%22%3E%3Cb">' in page.text
    nobody = await world.browser().http.get("/logout", params={**asked, "client_id": "web1"})
    assert nobody.headers["location"] == "https://rp.test/bye?state=a%22%3E%3Cb"


async def test_WEB_12_without_parameters_the_person_is_asked_and_then_told(world: World) -> None:
    for asked in ({}, {"state": "only"}):
        browser = world.browser()
        await browser.answer()
        page = await browser.http.get("/logout", params=asked)
        assert (page.status_code, "Sign out?" in page.text) == (200, True)
        gone = await browser.submit(page, decision="sign_out")
        assert (gone.status_code, "You are signed out" in gone.text) == (200, True)


async def test_WEB_12_without_state_the_browser_goes_back_without_one(world: World) -> None:
    gone = await hinted(world, world.browser(), post_logout_redirect_uri="https://rp.test/bye")
    assert gone.headers["location"] == "https://rp.test/bye"


async def test_WEB_11_an_image_or_the_hint_of_somebody_else_signs_nobody_out(world: World) -> None:
    alice, bob = world.browser(), world.browser()
    theirs = await bob.tokens(name="bob")
    await alice.answer()

    for asked in ({}, {"id_token_hint": theirs["id_token"]}, {"client_id": "web1"}):
        page = await alice.http.get("/logout", params=asked, headers={"sec-fetch-dest": "image"})
        assert "Sign out?" in page.text
    assert "code" in answer_of(await alice.authorize(prompt="none"))


async def test_WEB_11_a_logout_hint_that_names_somebody_else_is_asked_about(world: World) -> None:
    for hint, asks in (("bob", True), ("ALICE", False), ("alice@example.org", False), ("sub-alice", False)):
        page = await hinted(world, world.browser(), logout_hint=hint)
        assert ("Sign out?" in page.text) is asks, hint


async def test_WEB_18_after_signing_out_neither_the_old_cookie_nor_the_old_page_is_of_use(world: World) -> None:
    browser = world.browser()
    waiting = await browser.sign_in(await browser.authorize())
    assert waiting.url.path == "/consent"
    old = dict(browser.http.cookies)
    await sign_out(browser)

    for cookies in ({}, old):
        browser.http.cookies.update(cookies)
        again = await browser.follow(await browser.http.get(str(waiting.url)))
        assert again.url.path == "/login"
        assert again.headers["cache-control"] == "no-store"
        assert_redirected(await browser.authorize(prompt="none"), "login_required")


async def test_the_metadata_says_how_clients_hear_of_it(world: World) -> None:
    async with world.http() as http:
        said = (await http.get("/.well-known/openid-configuration")).json()
    for channel in ("backchannel", "frontchannel"):
        assert said[f"{channel}_logout_supported"] is said[f"{channel}_logout_session_supported"] is True
