"""A server with every grant switched on, and one as it comes."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.world import World, config_for, open_world
from tests.worlds import legacy_world as legacy_world
from tests.worlds import world as world

from gatelodge.clock import Clock
from gatelodge.config.policies import LegacyPolicy

ALL_ON = LegacyPolicy(password=True, implicit=True, hybrid=True)


@pytest.fixture
async def open_handed(migrated_file: Path, tmp_path: Path, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    """A server with every grant switched on, over a database of its own."""
    shutil.copy(migrated_file, tmp_path / "open.db")
    async with open_world(config_for(f"sqlite:///{tmp_path}/open.db", legacy=ALL_ON), clock) as opened:
        yield opened
