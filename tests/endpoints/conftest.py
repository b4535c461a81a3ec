"""A world per test, on each engine."""

from collections.abc import AsyncIterator

import pytest
from tests.world import World, config_for, open_world
from tests.worlds import legacy_world as legacy_world
from tests.worlds import world as world

from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy


@pytest.fixture
async def sqlite_world(sqlite_policy: DatabasePolicy, clock: Clock) -> AsyncIterator[World]:
    """A server of one engine, for what does not reach the database."""
    async with open_world(config_for(sqlite_policy.url), clock) as opened:
        yield opened
