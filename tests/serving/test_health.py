"""What `/readyz` asks of a database file."""

import asyncio
from pathlib import Path

import pytest

from gatelodge.clock import Clock
from gatelodge.config.policies import Config, DatabasePolicy
from gatelodge.database.engines import file_identity, sqlite_path
from gatelodge.database.sqlite import file as sqlite_file
from gatelodge.serving.health import Health

pytestmark = pytest.mark.anyio


async def test_a_server_whose_database_file_was_taken_away_or_replaced_is_not_ready(
    sqlite_policy: DatabasePolicy, clock: Clock
) -> None:
    path = sqlite_path(sqlite_policy.url)
    opened = file_identity(sqlite_policy)
    database = Health(Config(database=sqlite_policy), clock).database
    kept = path.rename(path.with_name("kept.db"))
    assert "not the one" in str(await database())
    sqlite_file.create(path)
    assert "not the one" in str(await database())
    kept.replace(path)
    assert file_identity(sqlite_policy) == opened


async def test_two_probes_at_once_open_one_database(sqlite_policy: DatabasePolicy, clock: Clock) -> None:
    one, two = Health(Config(database=sqlite_policy), clock), Health(Config(database=sqlite_policy), clock)
    before = open_files(sqlite_policy)
    await one.signing_keys()
    of_one = open_files(sqlite_policy) - before
    await asyncio.gather(two.signing_keys(), two.signing_keys())
    assert open_files(sqlite_policy) - before == 2 * of_one > 0


def open_files(policy: DatabasePolicy) -> int:
    """How often this process has the database file open."""
    path = sqlite_path(policy.url)
    return sum(file.exists() and file.samefile(path) for file in Path("/proc/self/fd").iterdir())
