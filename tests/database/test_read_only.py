"""An operator, a provider or a fail-over makes the database read only: heeded, told, and over when it is over."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest
from psycopg import sql

from gatelodge.clock import SystemClock
from gatelodge.config.policies import Config, DatabasePolicy
from gatelodge.database import migrate
from gatelodge.database.postgres.engine import PostgresDatabase
from gatelodge.database.tx import Tx, Unavailable
from gatelodge.serving.health import Health

pytestmark = pytest.mark.anyio

PATIENCE = 500  # tries, 20 milliseconds apart
KILL = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatelodge'"


async def put(tx: Tx, number: int) -> int:
    return await tx.run("insert into audit (at, event) values ($1, 'put')", number)


async def count(tx: Tx) -> int:
    row = await tx.one("select count(*) from audit")
    assert row is not None
    return row[0]


class Frozen:
    """Sets the whole server, or one database, to read only and back, as an operator does."""

    def __init__(self, url: str, what: str) -> None:
        self._psql = psycopg.connect(url, autocommit=True, application_name="psql")
        self._what = sql.SQL("system") if what == "system" else sql.SQL("database postgres")

    def set(self) -> None:
        self._alter(sql.SQL("alter {} set default_transaction_read_only = on"))

    def lift(self) -> None:
        self._psql.execute("set default_transaction_read_only = off")
        self._alter(sql.SQL("alter {} reset default_transaction_read_only"))

    def close(self) -> None:
        self.lift()
        self._psql.close()

    def _alter(self, words: sql.SQL) -> None:
        self._psql.execute(words.format(self._what))
        self._psql.execute("select pg_reload_conf()")
        if self._what != sql.SQL("system"):
            self._psql.execute(KILL)  # it holds for connections opened after it


@pytest.fixture(params=["system", "database"])
async def frozen(
    request: pytest.FixtureRequest, own_postgres: Any, anyio_backend: str
) -> AsyncIterator[tuple[Frozen, PostgresDatabase]]:
    policy = DatabasePolicy(url=own_postgres.url, deadline=1.0)
    migrate.up(policy)
    database = PostgresDatabase(policy)
    await database.start()
    freezer = Frozen(own_postgres.url, request.param)
    yield freezer, database
    freezer.close()
    await database.close()


async def eventually(act: Callable[[], Any]) -> object:
    """Act until it is no refusal of the engine."""
    for _ in range(PATIENCE):
        try:
            return await act()
        except Unavailable:
            await asyncio.sleep(0.02)
    raise AssertionError("it never recovered")


async def why_not(database: PostgresDatabase) -> str:
    """Write until that is refused for what the database said, not for a connection that ended, and say why."""
    for number in range(PATIENCE):
        try:
            await database.write(put, number)
        except Unavailable as refusal:
            if "connection" not in refusal.reason:
                return refusal.reason
        await asyncio.sleep(0.02)
    raise AssertionError("it was never refused")


async def test_a_frozen_primary_is_heeded_and_used_again_without_a_restart(
    frozen: tuple[Frozen, PostgresDatabase],
) -> None:
    freezer, database = frozen
    assert await database.write(put, 1) == 1
    freezer.set()
    assert "takes no writes" in await why_not(database)
    before = await eventually(lambda: database.read(count))
    with pytest.raises(Unavailable):
        await database.write(put, 2)
    assert await database.read(count) == before
    freezer.lift()
    assert await eventually(lambda: database.write(put, 3)) == 1


async def test_the_health_check_says_that_a_frozen_primary_takes_no_writes(own_postgres: Any) -> None:
    config = Config(database=DatabasePolicy(url=own_postgres.url, deadline=1.0))
    migrate.up(config.database)
    freezer, health = Frozen(own_postgres.url, "system"), Health(config, SystemClock())
    assert await health.database() is None
    freezer.set()
    await eventually(lambda: _says(health, "the database takes no writes"))
    freezer.close()
    await eventually(lambda: _says(health, ""))


async def _says(health: Health, what: str) -> None:
    said = await health.database() or ""
    if not said.startswith(what) or bool(said) != bool(what):
        raise Unavailable(said)
