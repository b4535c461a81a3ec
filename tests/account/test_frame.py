"""What every page of the account owes to its frame, whichever page it is: who is there, forgery, and what is whose."""

import re

from tests.world import Browser, World, assert_page400

from gatelodge.account import PAGES
from gatelodge.protocol.provider import UpstreamIdentity
from gatelodge.stores import links

SURE = {"profile", "password", "sessions", "apps", "history", "data"}  # others may have nothing to offer


async def signed_in(world: World, name: str = "alice", password: str | None = None) -> Browser:
    """Return a browser in which somebody has just signed in for their account."""
    browser = world.browser()
    page = await browser.sign_in(await browser.follow(await browser.get("/account")), name, password)
    assert page.status_code == 200, page.text
    return browser


async def with_something_of_everything(world: World, name: str = "alice") -> Browser:
    """Return a browser of somebody whose pages all have a form."""
    await signed_in(world, name)
    browser = world.browser()
    await browser.tokens("web1", name)
    elsewhere = UpstreamIdentity(issuer="https://corp.test", subject=name)
    await world.foundation.db.write(links.add, world.people[name].id, "corp", elsewhere, world.foundation.clock.now())
    return browser


async def test_every_page_asks_who_is_there_and_comes_back(world: World) -> None:
    for page in PAGES:
        browser = world.browser()
        asked = await browser.follow(await browser.get(f"/account/{page.name}"))
        assert asked.url.path == "/login"
        assert "your account" in asked.text

        shown = await browser.sign_in(asked)

        assert (shown.status_code, shown.url.path) == (200, f"/account/{page.name}")


async def test_the_overview_leads_to_every_page(world: World) -> None:
    browser = await signed_in(world)
    overview = (await browser.get("/account")).text
    for page in PAGES:
        assert f'href="/account/{page.name}"' in overview
        assert 'aria-current="page"' in (await browser.get(f"/account/{page.name}")).text


async def test_a_form_of_another_site_or_person_does_nothing(world: World) -> None:
    alice, bob = await with_something_of_everything(world), await with_something_of_everything(world, "bob")
    for page in (page for page in PAGES if page.acts):
        theirs = re.search(r'name="csrf" value="([^"]+)"', (await bob.get(f"/account/{page.name}")).text)
        if theirs is None:
            assert page.name not in SURE
            continue
        for token in ("", "made-up", theirs[1]):
            form = {"csrf": token, "act": sorted(page.acts)[0]}
            assert_page400(await alice.http.post(f"/account/{page.name}", data=form), status=403)


async def test_what_no_page_offers_is_not_done(world: World) -> None:
    browser = await with_something_of_everything(world)
    for page in (page for page in PAGES if page.acts):
        shown = await browser.get(f"/account/{page.name}")
        if page.name not in SURE and 'method="post"' not in shown.text:
            continue
        for act in ("", "made_up", "show"):
            assert_page400(await browser.post_form(shown, act=act), status=404)


async def test_what_was_done_is_said_by_this_server_alone(world: World) -> None:
    browser = await signed_in(world)
    for query in ("?done=ended", "?done=ended&seal=", "?done=ended&seal=made-up"):
        assert 'id="done"' not in (await browser.get(f"/account/sessions{query}")).text


async def test_WEB_18_after_signing_out_the_page_is_not_shown_again(world: World) -> None:
    browser = await signed_in(world)
    shown = await browser.get("/account/sessions")
    assert shown.headers["cache-control"] == "no-store"
    old = dict(browser.http.cookies)
    await browser.submit(await browser.get("/logout"), decision="sign_out")
    browser.http.cookies.update(old)

    assert (await browser.get("/account/sessions")).headers["location"].startswith("/login?")
