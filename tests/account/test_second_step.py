"""The second step of a person's account: set up, removed, opened again, and browsers that stand for it."""

import re
from typing import Any

import httpx2
from tests.account.test_frame import signed_in
from tests.authn.factors import code_of, give_app, give_codes
from tests.authn.test_totp import seed_on
from tests.world import Browser, World, audited

from gatelodge.config.setting import DAY
from gatelodge.stores import authenticators, recovery_codes, trusted_browsers

PAGE = "/account/second_step"


async def act(here: Browser, name: str, page: httpx2.Response | None = None, **fields: str) -> httpx2.Response:
    return await here.post_form(page or await here.get(PAGE), act=name, **fields)


async def with_code(world: World, *, trust: bool = False, browser: Browser | None = None) -> Browser:
    """A browser in which alice signed in to her account by both factors."""
    browser = browser or world.browser()
    page = await browser.sign_in(await browser.follow(await browser.get("/account")))
    assert page.url.path == "/login/code"
    done = await browser.submit(page, code=code_of(world.foundation), **({"trust": "yes"} if trust else {}))
    assert done.url.path == "/account"
    return browser


async def test_an_app_is_set_up_and_asked_for(world: World, clock: Any) -> None:
    here, alice = await signed_in(world), world.people["alice"].id
    offered = await act(here, "begin")
    seed = seed_on(offered)
    wrong = await act(here, "add", offered, code="000000")
    assert (wrong.status_code, seed_on(wrong)) == (400, seed)

    kept = await act(here, "add", wrong, code=code_of(world.foundation, seed))

    assert len(re.findall(r"<li><code>", kept.text)) == 10
    assert await audited(world, kept) == [("recovery_codes_made", None, alice), ("factor_added", None, alice)]
    assert (await world.foundation.db.read(recovery_codes.left, alice))[0] == 10
    clock.advance(30)
    other = world.browser()
    asked = await other.sign_in(await other.authorize())
    assert (await other.submit(asked, code=code_of(world.foundation, seed))).url.path == "/consent"


async def test_ACC_15_an_app_is_set_up_and_removed_by_a_recent_proof_alone(world: World, clock: Any) -> None:
    here = await signed_in(world)
    clock.advance(301)
    for name in ("begin", "add", "remove", "open", "codes"):
        asked = await act(here, name)
        assert asked.headers["location"].startswith("/login?"), name


async def test_an_app_is_removed_with_what_stood_for_it(world: World) -> None:
    alice, db = world.people["alice"].id, world.foundation.db
    await give_app(world.foundation, alice)
    await give_codes(world.foundation, alice)
    here = await with_code(world, trust=True)

    told = await here.follow(await act(here, "remove"))

    assert 'id="done"' in told.text
    assert await db.read(authenticators.find, alice) is None
    assert (await db.read(recovery_codes.left, alice))[0] == 0
    assert await db.read(trusted_browsers.list_of_user, alice, world.foundation.clock.now()) == []
    assert (await act(here, "remove")).status_code == 404


async def test_new_codes_take_the_place_of_the_old(world: World) -> None:
    alice = world.people["alice"].id
    await give_app(world.foundation, alice)
    old = await give_codes(world.foundation, alice)
    here = await with_code(world)

    made = re.findall(r"<li><code>([^<]+)</code>", (await act(here, "codes")).text)

    assert len(set(made) - set(old)) == 10
    for code, status in ((old[0], 400), (made[0], 200)):
        other = world.browser()
        asked = await other.sign_in(await other.follow(await other.get("/account")))
        recovery = await other.get(str(asked.url).replace("/login/code?", "/login/recovery?"))
        assert (await other.submit(recovery, code=code)).status_code == status


async def test_a_password_alone_opens_no_app_that_was_closed(world: World) -> None:
    alice, db = world.people["alice"].id, world.foundation.db
    here = await signed_in(world)
    await give_app(world.foundation, alice)
    codes = await give_codes(world.foundation, alice)
    await db.write(authenticators.close, alice, world.foundation.clock.now())

    assert (await act(here, "open")).headers["location"].startswith("/login?"), "a password alone is not enough"
    found = await db.read(authenticators.find, alice)
    assert found is not None
    assert found.closed_at is not None

    other = world.browser()
    asked = await other.sign_in(await other.follow(await other.get("/account")))
    recovery = await other.get(str(asked.url).replace("/login/code?", "/login/recovery?"))
    await other.submit(recovery, code=codes[0])
    opened = await db.read(authenticators.find, alice)
    assert opened is not None
    assert opened.closed_at is None


def _trusting(browser: Browser) -> str:
    """The name of the cookie that says whose second factor a browser stands for."""
    return next(name for name in browser.http.cookies if "trusted" in name)


async def asks_for_a_code(browser: Browser, name: str = "alice", password: str | None = None) -> bool:
    for cookie in [one for one in browser.http.cookies if one.endswith("gatelodge-session")]:
        browser.http.cookies.delete(cookie)
    page = await browser.sign_in(await browser.follow(await browser.get("/account")), name, password)
    assert page.url.path in ("/login/code", "/account")
    return page.url.path == "/login/code"


async def test_ACC_21_a_trusted_browser_stands_for_the_code_of_its_person_for_thirty_days(
    world: World, clock: Any
) -> None:
    on, alice, bob = world.foundation, world.people["alice"].id, world.people["bob"].id
    await give_app(on, alice)
    await give_app(on, bob)
    here = await with_code(world, trust=True)
    assert not await asks_for_a_code(here)
    assert await asks_for_a_code(here, "bob")
    assert await asks_for_a_code(world.browser())
    theirs = world.browser()
    page = await theirs.sign_in(await theirs.follow(await theirs.get("/account")), "bob")
    await theirs.submit(page, code=code_of(on), trust="yes")
    assert not await asks_for_a_code(theirs, "bob")
    theirs.http.cookies.set(_trusting(theirs), here.http.cookies[_trusting(here)])
    assert await asks_for_a_code(theirs, "bob")

    clock.advance(30 * DAY)
    assert await asks_for_a_code(here)


async def test_ACC_21_a_trusted_browser_reaches_no_level(world: World, clock: Any) -> None:
    await give_app(world.foundation, world.people["alice"].id)
    here = await with_code(world, trust=True)
    assert not await asks_for_a_code(here)
    clock.advance(30)
    await world.change_client("web1", min_acr="2")

    assert (await here.authorize()).url.path == "/login/code"


async def test_ACC_21_a_new_password_and_its_person_end_the_trust(world: World, clock: Any) -> None:
    await give_app(world.foundation, world.people["alice"].id)
    here = await with_code(world, trust=True)
    page = await here.get(PAGE)
    row = re.search(r'name="browser" value="(\w+)"', page.text)
    assert row is not None
    theirs = await signed_in(world, "bob")
    assert (await act(theirs, "distrust", browser=row[1])).status_code == 404
    assert not await asks_for_a_code(here)
    await act(here, "distrust", page, browser=row[1])
    assert await asks_for_a_code(here)

    clock.advance(30)
    again = await with_code(world, trust=True)
    fields = {"password": "wonderland", "new_password": "a-better-wonderland", "again": "a-better-wonderland"}
    await again.post_form(await again.get("/account/password"), act="change", **fields)
    assert await asks_for_a_code(again, password="a-better-wonderland")
