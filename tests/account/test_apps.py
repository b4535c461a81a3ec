"""The page of applications: what it says of each, and that withdrawing kills what they hold."""

import re

import httpx2
from tests.account.test_frame import signed_in
from tests.world import SCOPES, Browser, World, assert_page400, audited


def apps(page: httpx2.Response) -> list[str]:
    return re.findall(r'name="client" value="([^"]+)"', page.text)


def words(page: httpx2.Response) -> str:
    return re.sub(r"(<[^>]+>|\s)+", " ", page.text)


async def at_page(browser: Browser) -> httpx2.Response:
    return await browser.get("/account/apps")


async def test_an_application_is_shown_with_what_it_may_do_in_words(world: World) -> None:
    browser = world.browser()
    await browser.tokens()

    said = words(await at_page(browser))

    assert "Client web1" in said
    assert "Your e-mail address" in said
    assert "See your orders" in said
    assert "Acts for you while you are away" in said
    assert "One may act for you, and does while you are away." in words(await browser.get("/account"))


async def test_one_that_may_do_everything_a_person_can_is_shown_with_that(world: World) -> None:
    await world.change_client("web1", scopes=SCOPES | {"account"})
    browser = world.browser()
    await browser.tokens("web1", scope="openid account")
    assert "See and change your whole account" in words(await at_page(browser))


async def test_one_without_offline_access_is_not_said_to_act_while_they_are_away(world: World) -> None:
    browser = world.browser()
    await browser.tokens("web1", scope="openid orders:read")
    assert "while you are away" not in words(await at_page(browser))


async def test_an_operators_own_application_is_shown_by_its_tokens(world: World) -> None:
    browser = world.browser()
    tokens = await browser.tokens("trusted1")
    assert apps(await at_page(browser)) == ["trusted1"]

    await browser.submit(await at_page(browser), client="trusted1", act="withdraw")

    assert apps(await at_page(browser)) == []
    await world.assert_dead(tokens, "trusted1")


async def test_what_is_withdrawn_is_dead_at_once_and_is_asked_for_again(world: World) -> None:
    browser = world.browser()
    tokens, others = await browser.tokens(), await browser.tokens("post1", scope="openid")

    answer = await browser.post_form(await at_page(browser), client="web1", act="withdraw")

    assert 'id="done"' in (await browser.follow(answer)).text
    assert await audited(world, answer) == [("consent_withdrawn", "web1", world.people["alice"].id)]
    await world.assert_dead(tokens)
    assert (await world.userinfo(others["access_token"])).status_code == 200
    assert (await browser.authorize()).url.path == "/consent"


async def test_ADM_01_what_another_person_allowed_is_not_there_and_stays(world: World) -> None:
    alice, bob = await signed_in(world), world.browser()
    theirs = await bob.tokens("web1", "bob")
    mine = world.browser()
    await mine.tokens("post1", scope="openid")

    for client_id in ("web1", "nobody", ""):
        assert_page400(await alice.post_form(await at_page(alice), client=client_id, act="withdraw"), status=404)

    assert (await world.userinfo(theirs["access_token"])).status_code == 200
