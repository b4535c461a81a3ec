"""Whose account is deleted as they asked hears of it once it is gone."""

import pytest
from tests.conftest import FakeClock
from tests.entry.conftest import Mailbox
from tests.world import World

from gatelodge.config.policies import DAY
from gatelodge.ops import deletion
from gatelodge.stores import users
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio


async def test_the_last_letter_comes_with_the_end_and_no_earlier(
    entered: World, mailbox: Mailbox, clock: FakeClock
) -> None:
    on, alice = entered.foundation, entered.people["alice"]
    end = clock.now() + DAY
    sweep = next(watch for watch in on.watches.watched if watch.name == "sweep")
    await on.db.write(deletion.ask, alice.id, "", end, on.letters, Origin(), clock.now())
    while clock.now() < end + 3_600:  # the sweep's horizon moves by an hour at a time
        assert [name for name, _ in await mailbox.letters("alice@example.org")] == ["deletion_asked"]
        clock.advance(3_600)
        await sweep.look()

    assert await on.db.read(users.find, alice.id) is None
    assert [name for name, _ in await mailbox.letters("alice@example.org")] == ["account_removed", "deletion_asked"]
    clock.advance(3_600)
    await sweep.look()
    assert len(await mailbox.letters("alice@example.org")) == 2
