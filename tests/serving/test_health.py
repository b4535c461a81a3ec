"""What `/readyz` asks of a database file."""

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
