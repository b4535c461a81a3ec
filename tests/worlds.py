"""Fixtures for whatever talks to a whole server: one as it comes, and one with every legacy grant, on each engine."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.world import World, config_for, open_world

from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy, LegacyPolicy


@pytest.fixture
async def world(database_policy: DatabasePolicy, engine: str, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    """A server over an empty database, its people and clients, legacy grants off. One has a place, the other many."""
    config = config_for(database_policy.url)
    places = 1_024 if engine == "postgres" else 1
    async with open_world(replace(config, database=replace(config.database, places=places)), clock) as opened:
        yield opened


@pytest.fixture
async def legacy_world(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    """The same with every legacy grant switched on."""
    config = config_for(database_policy.url, legacy=LegacyPolicy(password=True, implicit=True, hybrid=True))
    async with open_world(config, clock) as opened:
        yield opened
