"""The foundation closes as a whole, whatever goes wrong on the way."""

import pytest
from tests.world import config_for

from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.tx import Unavailable
from gatelodge.stores import instance
from gatelodge.testing import house

pytestmark = pytest.mark.anyio


async def test_an_act_at_the_end_that_fails_keeps_neither_the_others_nor_the_database_from_ending(
    database_policy: DatabasePolicy, clock: Clock
) -> None:
    config = config_for(database_policy.url)
    await house.found(config, clock.now())
    on, done = (await house.open_house(config, clock)).foundation, list[str]()

    def fail() -> None:
        raise RuntimeError("it fails")

    on.at_end(fail)
    on.at_end(lambda: done.append("the next"))
    with pytest.raises(RuntimeError, match="it fails"):
        await on.close()
    assert done == ["the next"]
    with pytest.raises(Unavailable):
        await on.db.read(instance.load)
