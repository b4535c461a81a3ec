"""The page of sessions: what it shows of each, and what ends with one."""

import re

import httpx2
from tests.account.test_frame import signed_in
from tests.conftest import FakeClock
from tests.world import Browser, World, assert_page400, audited, refresh

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
ONLINE = "openid profile email orders:read"


def sids(page: httpx2.Response) -> list[str]:
    return re.findall(r'name="sid" value="([^"]+)"', page.text)


async def at_page(browser: Browser) -> httpx2.Response:
    page = await browser.get("/account/sessions")
    assert page.status_code == 200
    return page


async def is_in(browser: Browser) -> bool:
    return (await browser.get("/account/sessions")).status_code == 200


async def test_each_browser_is_shown_with_what_it_is_and_this_one_first(world: World) -> None:
    other = world.browser("198.51.100.7")
    other.http.headers["user-agent"] = FIREFOX
    await other.sign_in(await other.follow(await other.get("/account")))
    here = await signed_in(world)

    text = re.sub(r"<[^>]+>|\s+", " ", (await at_page(here)).text)

    assert "Firefox on Windows" in text
    assert "198.51.100.7" in text
    assert text.index("This browser") < text.index("Firefox on Windows")


async def test_ending_another_browser_leaves_this_one(world: World) -> None:
    here, other = await signed_in(world), await signed_in(world)
    [mine, theirs] = sids(await at_page(here))

    done = await here.submit(await at_page(here), sid=theirs, act="end")

    assert 'id="done"' in done.text
    assert not await is_in(other)
    assert sids(await at_page(here)) == [mine]


async def test_what_was_done_in_a_session_ends_with_it_but_for_what_may_outlive_it(world: World) -> None:
    there, here = world.browser(), await signed_in(world)
    online = await there.tokens("no-refresh", scope=ONLINE)
    offline = await there.tokens()
    code = await there.code("web1", scope=ONLINE)
    [theirs] = [sid for sid in sids(await at_page(here)) if sid != sids(await at_page(here))[0]]

    await here.submit(await at_page(here), sid=theirs, act="end")

    await world.assert_dead(online, "no-refresh")
    late = await world.token(
        "web1",
        grant_type="authorization_code",
        code=code,
        redirect_uri="https://rp.test/cb",
        code_verifier="a-verifier-that-is-long-enough-to-be-one-0123456789",
    )
    assert late.json()["error"] == "invalid_grant"
    renewed = await refresh(world, offline["refresh_token"])
    assert renewed.status_code == 200

    await here.submit(await at_page(here), act="end_others", offline="yes")
    assert (await refresh(world, renewed.json()["refresh_token"])).status_code == 200, "it came of no living session"


async def test_ending_all_others_may_end_what_works_while_away(world: World) -> None:
    there, here = world.browser(), await signed_in(world)
    offline = await there.tokens()

    await here.submit(await at_page(here), act="end_others", offline="yes")

    await world.assert_dead(offline)
    assert await is_in(here)


async def test_ending_all_signs_this_browser_out_and_says_so(world: World) -> None:
    here, other = await signed_in(world), await signed_in(world)

    page = await here.submit(await at_page(here), act="end_all")

    assert "You are signed out" in page.text
    assert not await is_in(here)
    assert not await is_in(other)


async def test_an_end_is_in_the_audit_trail(world: World) -> None:
    here = await signed_in(world)
    answer = await here.post_form(await at_page(here), act="end_all")

    assert await audited(world, answer) == [("session_ended", None, world.people["alice"].id)]


async def test_ADM_01_a_session_of_another_is_not_there_and_stays(world: World) -> None:
    alice, bob = await signed_in(world), await signed_in(world, "bob")
    [theirs] = sids(await at_page(bob))

    for sid in (theirs, "made-up", ""):
        assert_page400(await alice.post_form(await at_page(alice), sid=sid, act="end"), status=404)

    assert await is_in(bob)


async def test_beyond_the_most_the_one_that_was_seen_the_longest_ago_ends(world: World, clock: FakeClock) -> None:
    most = world.foundation.config.sessions.most
    first = await signed_in(world)
    clock.advance(1)
    for _ in range(most - 1):
        await signed_in(world)
    assert await is_in(first)
    clock.advance(1)
    last = await signed_in(world)

    assert not await is_in(first)
    assert len(sids(await at_page(last))) == most
