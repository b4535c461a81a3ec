"""A world per test, on each engine."""

from collections.abc import AsyncIterator

import pytest
from tests.world import World, config_for, open_world

from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy, LegacyPolicy


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    """A server over an empty database, its people and clients, legacy grants off."""
    async with open_world(config_for(database_policy.url), clock) as opened:
        yield opened


@pytest.fixture
async def legacy_world(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    """The same with every legacy grant switched on."""
    config = config_for(database_policy.url, legacy=LegacyPolicy(password=True, implicit=True, hybrid=True))
    async with open_world(config, clock) as opened:
        yield opened


@pytest.fixture
async def sqlite_world(sqlite_policy: DatabasePolicy, clock: Clock) -> AsyncIterator[World]:
    """A server of one engine, for what does not reach the database."""
    async with open_world(config_for(sqlite_policy.url), clock) as opened:
        yield opened
