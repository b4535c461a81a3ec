"""A change of an account wants a proof of the last five minutes, and what was typed is not lost by giving one."""

import re

import httpx2
from tests.account.test_frame import signed_in
from tests.authn.factors import code_of, give_app
from tests.conftest import FakeClock
from tests.federated import Federated
from tests.world import Browser, World, assert_page400

from gatelodge.account import PAGES
from gatelodge.protocol.provider import UpstreamIdentity
from gatelodge.stores import credentials, deletions, links


async def due(world: World, name: str = "alice") -> int | None:
    return await world.foundation.db.read(deletions.due_at, world.people[name].id)


async def ask_late(world: World, clock: FakeClock, browser: Browser) -> httpx2.Response:
    """Ask for a deletion with a sign-in that is too old, and return the sign-in page that comes of it."""
    page = await browser.get("/account/data")
    clock.advance(world.foundation.config.sessions.change_lifetime)
    asked = await browser.submit(page, act="delete", note="typed before")
    assert asked.url.path == "/login"
    assert await due(world) is None
    return asked


async def test_ACC_15_an_old_sign_in_changes_nothing_and_a_new_one_comes_back_to_what_was_asked(
    world: World, clock: FakeClock
) -> None:
    browser = await signed_in(world)

    back = await browser.sign_in(await ask_late(world, clock, browser))

    assert back.url.path.startswith("/account/held/")
    assert "Delete my account" in back.text
    assert 'name="note" value="typed before"' in back.text
    assert await due(world) is None, "nothing is done by coming back"

    await browser.submit(back, act="delete")
    assert await due(world) is not None


async def test_until_then_the_very_last_second_counts(world: World, clock: FakeClock) -> None:
    browser = await signed_in(world)
    page = await browser.get("/account/data")
    clock.advance(world.foundation.config.sessions.change_lifetime - 1)
    assert (await browser.submit(page, act="delete")).url.path == "/account/data"


async def test_what_waits_is_this_persons_in_this_browser_for_a_while(world: World, clock: FakeClock) -> None:
    browser, other = await signed_in(world), await signed_in(world)
    asked = await ask_late(world, clock, browser)
    held = re.search(r"held=([\w-]+)", asked.text)
    assert held is not None
    path = f"/account/held/{held[1]}"

    elsewhere = await other.sign_in(await other.follow(await other.get(path)))
    assert (elsewhere.url.path, 'id="done"' in elsewhere.text) == ("/account", True)

    for wrong in (path[:-1] + "x", "/account/held/x", "/account/held/" + "x" * 54):
        assert "Delete my account" not in (await browser.follow(await browser.get(wrong))).text

    as_bob = await browser.sign_in(asked, "bob")
    assert as_bob.url.path == "/account"
    assert await due(world, "bob") is None

    clock.advance(900)
    again = await browser.sign_in(await browser.follow(await browser.get(path)))
    assert again.url.path == "/account"


async def test_signing_in_for_it_is_no_way_to_sign_in_for_anything_else(world: World) -> None:
    browser = world.browser()
    for query in ("page=account_held", "page=account_held&held=../../x", "page=account_page&part=//evil.test"):
        assert_page400(await browser.get(f"/login?{query}"), status=404)


async def test_every_guarded_act_says_what_it_does(world: World, clock: FakeClock) -> None:
    browser = await signed_in(world)
    clock.advance(world.foundation.config.sessions.change_lifetime)
    for page in PAGES:
        for name, act in page.acts.items():
            if not act.guarded:
                continue
            assert act.words
            shown = await browser.get(f"/account/{page.name}")
            if 'method="post"' in shown.text:
                asked = await browser.submit(shown, act=name)
                assert asked.url.path == "/login", (page.name, name)


async def test_ACC_15_a_password_alone_is_not_enough_once_there_is_a_second_factor(
    world: World, clock: FakeClock
) -> None:
    thief, alice = await signed_in(world), world.people["alice"].id
    page = await thief.get("/account/data")
    await give_app(world.foundation, alice)  # elsewhere, while this session is a minute old

    asked = await thief.submit(page, act="delete")

    assert asked.url.path == "/login"
    half = await thief.sign_in(asked)
    assert (half.url.path, await due(world)) == ("/login/code", None)
    held = await thief.submit(half, code=code_of(world.foundation))
    assert held.url.path.startswith("/account/held/")
    await thief.submit(held, act="delete")
    assert await due(world) is not None


async def test_ACC_15_a_trusted_browser_stands_for_no_second_factor_where_the_account_is_changed(
    world: World, clock: FakeClock
) -> None:
    await give_app(world.foundation, world.people["alice"].id)
    here = world.browser()
    half = await here.sign_in(await here.follow(await here.get("/account")))
    page = await here.submit(half, code=code_of(world.foundation), trust="yes")
    assert page.url.path == "/account"
    clock.advance(world.foundation.config.sessions.change_lifetime)

    asked = await here.submit(await here.get("/account/data"), act="delete")

    assert (await here.sign_in(asked)).url.path == "/login/code"
    assert await due(world) is None


async def connected(federated: Federated) -> None:
    """Connect alice to an account at a provider."""
    await federated.add()
    there = UpstreamIdentity(issuer=federated.stub.issuer, subject="u-1")
    on = federated.world.foundation
    await on.db.write(links.add, federated.world.people["alice"].id, "corp", there, on.clock.now())


async def test_ACC_15_another_providers_word_changes_nothing_where_the_account_has_a_factor_of_its_own(
    federated: Federated,
) -> None:
    """A provider that says nothing of `auth_time` signs in whoever sits at a browser that is signed in there."""
    world = federated.world
    await connected(federated)
    here = world.browser()
    page = await here.follow(await here.get("/account/data"))
    page = await federated.come_back(here, await federated.go(here, page))
    assert page.url.path == "/account/data"

    asked = await here.submit(page, act="delete")

    assert asked.url.path == "/login"
    assert "/login/with/corp" not in asked.text, "it would lead nowhere"
    held = await here.sign_in(asked)
    assert held.url.path.startswith("/account/held/")
    assert await due(world) is None
    await here.submit(held, act="delete")
    assert await due(world) is not None


async def test_who_has_nothing_but_another_provider_changes_the_account_by_its_word(federated: Federated) -> None:
    world, alice = federated.world, federated.world.people["alice"]
    await connected(federated)
    await world.foundation.db.write(credentials.remove_password, alice.id)
    here = world.browser()
    page = await here.follow(await here.get("/account/data"))
    page = await federated.come_back(here, await federated.go(here, page))

    await here.submit(page, act="delete")

    assert await due(world) is not None
