"""A copy of one's data, and the end of an account: asked for, stopped, done, and for ever."""

import json

import pytest
from tests.account.test_frame import signed_in
from tests.conftest import FakeClock
from tests.world import World, audited

from gatelodge.account import PAGES
from gatelodge.config.policies import DAY
from gatelodge.database.rows import NameTaken
from gatelodge.stores import deletions, sweep, users
from gatelodge.stores.users import NewUser

GRACE = 14 * DAY


async def sweep_until(world: World, clock: FakeClock, at: int) -> None:
    """Let the hours pass: no sweep moves on by more than one."""
    while clock.now() < at:
        clock.advance(3_600)
        await sweep.purge(world.foundation.db, clock.now(), world.foundation.config.retention)


async def test_a_copy_tells_of_every_page_and_of_nobody_else(world: World) -> None:
    bob = world.browser("198.51.100.66")
    await bob.tokens("web2", "bob")
    browser = world.browser()
    await browser.tokens()

    answer = await browser.post_form(await browser.get("/account/data"), act="download")

    assert answer.headers["content-disposition"] == 'attachment; filename="my-account.json"'
    assert answer.headers["cache-control"] == "no-store"
    told = json.loads(answer.content)
    assert told.keys() == {"account", *(page.name for page in PAGES)} - {"data"}
    assert told["account"]["sub"] == "sub-alice"
    assert told["profile"]["email"] == "alice@example.org"
    assert [one["client"] for one in told["apps"]["apps"]] == ["web1"]
    assert "198.51.100.66" not in answer.text
    assert "argon2" not in answer.text
    assert await audited(world, answer) == [("data_taken", None, world.people["alice"].id)]


async def test_a_deletion_ends_what_acts_for_them_and_can_be_thought_over(world: World, clock: FakeClock) -> None:
    here, there = await signed_in(world), world.browser()
    tokens = await there.tokens()

    page = await here.submit(await here.get("/account/data"), act="delete")

    assert "Your account is being deleted" in page.text
    assert 'class="tile urgent"' in (await here.get("/account")).text
    assert (await there.get("/account")).status_code == 303
    await world.assert_dead(tokens)

    clock.advance(GRACE - DAY)
    back = await signed_in(world)
    page = await back.submit(await back.get("/account/data"), act="keep")
    assert "Your account stays" in page.text
    await sweep_until(world, clock, clock.now() + 2 * DAY)
    assert await signed_in(world)


async def test_after_that_it_is_gone_and_nobody_is_ever_called_so_again(world: World, clock: FakeClock) -> None:
    here, alice = await signed_in(world), world.people["alice"]
    await here.submit(await here.get("/account/data"), act="delete")
    due = await world.foundation.db.read(deletions.due_at, alice.id)
    assert due is not None
    assert due == clock.now() + GRACE

    await sweep_until(world, clock, due - 3_600)
    assert await world.foundation.db.read(users.find, alice.id) is not None
    await sweep_until(world, clock, due + 3_600)

    assert await world.foundation.db.read(users.find, alice.id) is None
    with pytest.raises(NameTaken):
        await world.foundation.db.write(users.add, NewUser(sub=alice.sub, username="alice2"), clock.now())
    await world.foundation.db.write(users.add, NewUser(sub="another", username="alice"), clock.now())


async def test_a_clock_that_jumps_deletes_nobody(world: World, clock: FakeClock) -> None:
    here = await signed_in(world)
    await here.submit(await here.get("/account/data"), act="delete")
    await sweep.purge(world.foundation.db, clock.now(), world.foundation.config.retention)

    clock.advance(365 * DAY)
    await sweep.purge(world.foundation.db, clock.now(), world.foundation.config.retention)

    assert await world.foundation.db.read(users.find, world.people["alice"].id) is not None


async def test_what_was_asked_twice_is_done_once(world: World) -> None:
    here = await signed_in(world)
    page = await here.get("/account/data")
    await here.submit(page, act="delete")
    assert (await here.post_form(page, act="delete")).status_code == 400
    kept = await here.get("/account/data")
    await here.submit(kept, act="keep")
    assert (await here.post_form(kept, act="keep")).status_code == 400
