"""Changing the password: who may, and what dies with the old one."""

import httpx2
import pytest
from tests.account.test_frame import signed_in
from tests.conftest import FakeClock
from tests.world import Browser, World, audited

from gatelodge.mail.letters import Letters
from gatelodge.ops import passwords
from gatelodge.ops.refusals import OperationRefused
from gatelodge.stores import credentials
from gatelodge.telemetry.events import Origin

NEW = "a-better-wonderland"


async def change(browser: Browser, current: str = "wonderland", new: str = NEW, again: str = NEW) -> httpx2.Response:
    """Fill in the form of the page."""
    page = await browser.get("/account/password")
    return await browser.post_form(page, password=current, new_password=new, again=again, act="change")


async def opens(world: World, password: str) -> bool:
    browser = world.browser()
    page = await browser.sign_in(await browser.follow(await browser.get("/account")), "alice", password)
    return page.url.path == "/account"


async def test_ACC_07_a_new_password_ends_all_other_sessions_and_every_token(world: World) -> None:
    here, other = await signed_in(world), world.browser()
    tokens = await other.tokens()

    answer = await change(here)

    assert 'id="done"' in (await here.follow(answer)).text
    assert await audited(world, answer) == [("password_changed", None, world.people["alice"].id)]
    assert (await other.get("/account")).status_code == 303
    assert (await here.get("/account")).status_code == 200
    await world.assert_dead(tokens)
    assert await opens(world, NEW)
    assert not await opens(world, "wonderland")


async def test_ACC_07_whoever_does_not_know_the_present_one_changes_nothing(world: World) -> None:
    here = await signed_in(world)
    for current in ("", "builder-of-things", NEW):
        refused = await change(here, current=current)
        assert refused.status_code == 400
        assert "not your present password" in refused.text
    assert await opens(world, "wonderland")


async def test_ACC_07_guesses_of_the_present_one_are_counted_as_at_the_sign_in_page(world: World) -> None:
    here = await signed_in(world)
    most = world.foundation.config.sign_in.account_failures
    for _ in range(most):
        await change(here, current="a guess")

    assert "Too many tries" in (await change(here)).text


async def test_a_new_password_is_long_enough_and_written_twice_the_same(world: World) -> None:
    here = await signed_in(world)
    assert "two different ways" in (await change(here, again="another-wonderland")).text
    assert "at least 15 characters" in (await change(here, new="short", again="short")).text
    assert "longer than" in (await change(here, new="x" * 5_000, again="x" * 5_000)).text
    assert await opens(world, "wonderland")


async def test_a_password_that_is_changed_twice_at_once_is_changed_once(world: World) -> None:
    here, there = await signed_in(world), await signed_in(world)
    page = await there.get("/account/password")
    await change(here)

    late = await there.post_form(page, password="wonderland", new_password="mine-not-yours", again="mine-not-yours")

    assert late.status_code == 303, "their session is over"
    assert await opens(world, NEW)


async def lose_password(world: World) -> None:
    await world.foundation.db.write(credentials.remove_password, world.people["alice"].id)


async def test_somebody_without_a_password_proves_who_they_are_and_chooses_one(world: World) -> None:
    here = await signed_in(world)
    await lose_password(world)
    page = await here.get("/account/password")
    assert "Choose a password" in page.text
    await here.submit(page, new_password=NEW, again=NEW, act="change")
    assert await opens(world, NEW)


async def test_somebody_who_can_prove_nothing_is_not_locked_out_of_choosing_one(world: World, clock: FakeClock) -> None:
    here = await signed_in(world)
    await lose_password(world)
    clock.advance(world.foundation.config.sessions.change_lifetime)

    await here.submit(await here.get("/account/password"), new_password=NEW, again=NEW, act="change")

    assert await opens(world, NEW)


async def test_what_was_proved_is_compared_again_when_it_is_replaced(world: World) -> None:
    write, alice = world.foundation.db.write, world.people["alice"]
    with pytest.raises(OperationRefused):
        await write(
            passwords.change,
            alice.id,
            "another hash",
            "new hash",
            "",
            Letters(None),
            Origin(),
            world.foundation.clock.now(),
        )
    assert await opens(world, "wonderland")
