"""What happens between this program and PostgreSQL: connections that die, servers that hang, poolers, locks."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.ports import free_port

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database import migrate
from gatelodge.database.postgres import engine as postgres
from gatelodge.database.postgres import wire as pgwire
from gatelodge.database.postgres.engine import PostgresDatabase
from gatelodge.database.tx import StatementFailed, Tx, Unavailable

pytestmark = pytest.mark.anyio

PATIENCE = 2_000  # looks, 20 milliseconds apart


async def put(tx: Tx, number: int) -> int:
    return await tx.run("insert into audit (at, event) values ($1, 'put')", number)


async def count(tx: Tx) -> int:
    row = await tx.one("select count(*) from audit")
    assert row is not None
    return row[0]


async def doze(tx: Tx) -> None:
    await tx.one("select 1 from pg_sleep(30)")


@pytest.fixture
async def database(postgres_policy: DatabasePolicy, anyio_backend: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(replace(postgres_policy, deadline=1.0))
    await database.start()
    yield database
    await database.close()


@pytest.fixture
def psql(postgres_policy: DatabasePolicy) -> Iterator[psycopg.Connection[Any]]:
    """An administrator's connection beside the one under test."""
    with psycopg.connect(postgres_policy.url, autocommit=True, application_name="psql") as connection:
        yield connection


OURS = "select pid from pg_stat_activity where application_name = 'gatelodge' and datname = current_database()"


def ours(psql: psycopg.Connection[Any]) -> set[int]:
    return {row[0] for row in psql.execute(OURS)}


def dozes(psql: psycopg.Connection[Any]) -> bool:
    queries = psql.execute("select query from pg_stat_activity where application_name = 'gatelodge'")
    return any("pg_sleep" in row[0] for row in queries)


def kill_ours(psql: psycopg.Connection[Any]) -> None:
    psql.execute(f"select pg_terminate_backend(pid) from ({OURS}) mine")


async def until(claim: Callable[[], bool]) -> None:
    for _ in range(PATIENCE):
        if claim():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never became true")


async def insistently(database: PostgresDatabase, number: int) -> int:
    """Write as a client would: again, after a refusal."""
    for _ in range(PATIENCE):
        try:
            return await database.write(put, number)
        except Unavailable:
            await asyncio.sleep(0.02)
    raise AssertionError("it never recovered")


async def test_killed_connections_are_replaced_before_anybody_asks(
    database: PostgresDatabase, psql: psycopg.Connection[Any]
) -> None:
    before = ours(psql)
    kill_ours(psql)
    await until(lambda: len(ours(psql) - before) == 4)
    assert await database.write(put, 1) == 1
    assert await database.read(count) == 1
    assert database.trouble is None


async def test_FLT_14_killing_connections_under_load_loses_nothing_acknowledged(
    database: PostgresDatabase, psql: psycopg.Connection[Any]
) -> None:
    acknowledged: set[int] = set()

    async def client(first: int) -> None:
        for number in range(first, first + 60):
            try:
                await database.write(put, number)
                acknowledged.add(number)
            except Unavailable:
                await asyncio.sleep(0.01)

    async def killer() -> None:
        for _ in range(4):
            await asyncio.sleep(0.05)
            await asyncio.to_thread(kill_ours, psql)

    await asyncio.gather(killer(), *(client(n * 1_000) for n in range(20)))
    assert await insistently(database, 999_999) == 1
    there = {row[0] for row in psql.execute("select at from audit")}
    assert acknowledged <= there
    assert len(acknowledged) > 200


async def test_what_was_running_on_a_killed_connection_is_of_unknown_outcome(
    database: PostgresDatabase, psql: psycopg.Connection[Any]
) -> None:
    dozing = asyncio.ensure_future(database.write(doze))
    await until(
        lambda: any(
            "pg_sleep" in row[0]
            for row in psql.execute("select query from pg_stat_activity where application_name = 'gatelodge'")
        )
    )
    kill_ours(psql)
    with pytest.raises(Unavailable):
        await dozing
    assert await insistently(database, 1) == 1


async def test_WATCH_01_a_lane_is_tried_again_whatever_kept_it_from_connecting(
    database: PostgresDatabase, psql: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[str]()

    async def broken(conninfo: str) -> psycopg.AsyncConnection[Any]:
        tried.append(conninfo)
        raise ValueError("a mistake of ours")

    with monkeypatch.context() as breaking:
        breaking.setattr(postgres, "_connect", broken)
        kill_ours(psql)
        await until(lambda: len(tried) > 20)  # more than there are lanes, so they were tried again
        assert database.trouble == "a lane failed: ValueError"
    assert await insistently(database, 1) == 1


async def test_FLT_18_a_slow_statement_ends_at_the_deadline_and_the_others_go_on(database: PostgresDatabase) -> None:
    dozing = [asyncio.ensure_future(database.write(doze))]
    await asyncio.sleep(0.05)
    assert await database.write(put, 1) == 1
    outcomes = await asyncio.gather(*dozing, return_exceptions=True)
    assert isinstance(outcomes[0], Unavailable)  # after the half minute it would take, it would be done
    assert await insistently(database, 2) == 1


async def test_while_the_server_is_away_callers_are_told_and_afterwards_served(
    database: PostgresDatabase, psql: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody_there(conninfo: str) -> None:
        raise psycopg.OperationalError("connection refused")

    with monkeypatch.context() as away:
        away.setattr(postgres, "_connect", nobody_there)
        kill_ours(psql)
        await until(lambda: database.trouble is not None)
        with pytest.raises(Unavailable):
            await database.write(put, 1)
        with pytest.raises(Unavailable):
            await database.read(count)
    assert await insistently(database, 2) == 1
    await until(lambda: database.trouble is None)


async def test_a_start_without_a_server_says_so_and_never_the_password(postgres_policy: DatabasePolicy) -> None:
    url = "postgresql://someone:hunter2@127.0.0.1:1/nothing"
    with pytest.raises(Unavailable, match="cannot be reached") as failure:
        await PostgresDatabase(replace(postgres_policy, url=url)).start()
    assert "hunter2" not in str(failure.value)


# Poolers


def test_a_prepared_statement_is_named_after_what_it_is() -> None:
    names = {pgwire.name_of(plan) for plan in (("select $1", (20,)), ("select $1", (25,)), ("select $1 ", (20,)))}
    assert len(names) == 3


async def test_prepared_statements_that_vanish_are_noticed_and_done_without(
    database: PostgresDatabase, psql: psycopg.Connection[Any]
) -> None:
    async def forget(tx: Tx) -> None:
        await tx.run("deallocate all")

    for lane in range(4):
        assert await database.write(put, lane) == 1
        await database.write(forget)
        assert await database.write(put, 10 + lane) == 1
    assert await database.read(count) == 8


async def test_without_preparing_everything_works_too(
    postgres_policy: DatabasePolicy, psql: psycopg.Connection[Any]
) -> None:
    database = PostgresDatabase(replace(postgres_policy, prepare=False))
    await database.start()

    async def prepared(tx: Tx) -> int:
        row = await tx.one("select count(*) from pg_prepared_statements")
        assert row is not None
        return row[0]

    assert await asyncio.gather(*(database.write(put, n) for n in range(50))) == [1] * 50
    assert await database.write(prepared) == 0
    await database.close()


async def test_a_pooler_that_refuses_settings_is_connected_to_without_them(
    postgres_policy: DatabasePolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = postgres._connect

    async def pooler(conninfo: str) -> psycopg.AsyncConnection[Any]:
        if "statement_timeout" in conninfo:
            raise psycopg.OperationalError("FATAL: unsupported startup parameter: options")
        return await real(conninfo)

    monkeypatch.setattr(postgres, "_connect", pooler)
    database = PostgresDatabase(postgres_policy)
    await database.start()
    assert await database.write(put, 1) == 1
    await database.close()


@pytest.fixture(params=["", "ignore_startup_parameters = options"])
def pgbouncer(request: pytest.FixtureRequest, own_postgres: Any) -> Iterator[str]:
    """A pooler in transaction mode with fewer connections than we have lanes."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed: nothing was tried behind a real pooler")
    migrate.up(DatabasePolicy(url=own_postgres.url))
    server = conninfo_to_dict(own_postgres.url)
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        settings = Path(folder) / "pgbouncer.ini"
        settings.write_text(POOLER.format(host=server["host"], port=port, more=request.param))
        as_owner = ["-u", Path(str(server["host"])).owner()] if os.geteuid() == 0 else []
        process = subprocess.Popen([program, "-q", *as_owner, str(settings)], stderr=subprocess.DEVNULL)
        yield f"postgresql://postgres@127.0.0.1:{port}/pooled"
        process.terminate()
        process.wait()


POOLER = """
[databases]
pooled = host={host} dbname=postgres user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
{more}
"""


async def test_FLT_27_behind_a_real_pooler_of_all_takers_one_wins(pgbouncer: str) -> None:
    databases = [PostgresDatabase(DatabasePolicy(url=pgbouncer)) for _ in range(3)]
    for database in databases:
        await started(database)
    for number in range(-40, -20):
        await databases[0].write(put, number)
        takers = [database.write(take, number) for database in databases for _ in range(10)]
        assert sum(await asyncio.gather(*takers)) == 1
    for database in databases:
        assert await database.read(count) >= 20
        await database.close()


async def take(tx: Tx, number: int) -> int:
    return await tx.run("update audit set event = 'taken' where at = $1 and event = 'put'", number)


async def started(database: PostgresDatabase) -> None:
    """Start as soon as the pooler listens."""
    for _ in range(PATIENCE):
        try:
            return await database.start()
        except Unavailable:
            await asyncio.sleep(0.02)
    raise AssertionError("the pooler never listened")


# Locks


async def test_a_row_another_session_holds_is_waited_for_and_then_given_up(
    database: PostgresDatabase, psql: psycopg.Connection[Any]
) -> None:
    async def touch(tx: Tx) -> int:
        return await tx.run("update audit set event = 'touched' where at = 1")

    await database.write(put, 1)
    with psql.transaction():
        psql.execute("update audit set event = 'held' where at = 1")
        with pytest.raises(Unavailable):
            await database.write(touch)
        assert await insistently(database, 2) == 1
    assert await database.write(touch) == 1


async def test_a_deadlock_is_run_again(database: PostgresDatabase, psql: psycopg.Connection[Any]) -> None:
    meetings: list[int] = []

    async def meets_another(tx: Tx) -> int:
        meetings.append(1)
        code = "40P01" if len(meetings) == 1 else "40001" if len(meetings) == 2 else None
        if code is not None:
            await tx.run("insert into audit (at, event) values (0, 'void')")
            await tx.run(f"do $body$ begin raise exception 'met another' using errcode = '{code}'; end $body$")
        return await put(tx, 1)

    assert await database.write(meets_another) == 1
    assert len(meetings) == 3
    assert await database.read(count) == 1


@pytest.mark.parametrize("sqlstate", ["40003", "57P01", "53100", "25006", "XX000"])
async def test_what_the_server_is_to_blame_for_is_unavailable_and_never_run_again(
    database: PostgresDatabase, sqlstate: str
) -> None:
    runs: list[int] = []

    async def unlucky(tx: Tx) -> None:
        runs.append(1)
        await tx.run(f"do $body$ begin raise exception 'no' using errcode = '{sqlstate}'; end $body$")

    outcomes = await asyncio.gather(
        database.write(put, 1), database.write(unlucky), database.write(put, 2), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert len(runs) == 1
    assert await insistently(database, 3) == 1
    assert await database.read(count) == 1


async def test_a_column_of_a_kind_we_do_not_use_is_a_mistake_that_is_said(database: PostgresDatabase) -> None:
    async def ask(tx: Tx) -> object:
        return await tx.one("select 1.5")

    with pytest.raises(StatementFailed, match="cast it"):
        await database.read(ask)
    assert await database.write(put, 1) == 1


async def test_a_nul_character_never_cuts_a_value_short(database: PostgresDatabase) -> None:
    async def keep(tx: Tx) -> int:
        return await tx.run("insert into audit (at, event) values (1, $1)", "admin\0@evil.test")

    with pytest.raises(StatementFailed, match="NUL"):
        await database.write(keep)
    assert await database.read(count) == 0


# The whole server


@pytest.mark.slow
async def test_FLT_15_a_server_that_hangs_is_given_up_at_the_deadline(own_postgres: Any) -> None:
    policy = DatabasePolicy(url=own_postgres.url, deadline=1.0)
    migrate.up(policy)
    database = PostgresDatabase(policy)
    await database.start()
    with psycopg.connect(own_postgres.url, autocommit=True, application_name="psql") as psql:
        stopped = ours(psql)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        outcomes = await asyncio.gather(
            *(database.write(put, n) for n in range(10)), database.read(count), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes] == [Unavailable] * 11  # while none of them can answer
        assert await insistently(database, 99) == 1
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        await database.close()


@pytest.mark.slow
async def test_FLT_14_a_server_that_crashes_and_comes_back_is_used_again_without_a_restart(
    own_postgres: Any,
) -> None:
    policy = DatabasePolicy(url=own_postgres.url, deadline=1.0)
    migrate.up(policy)
    database = PostgresDatabase(policy)
    await database.start()
    acknowledged: set[int] = set()
    stopped = asyncio.Event()

    async def client(first: int) -> None:
        for number in range(first, first + 100_000):
            try:
                await database.write(put, number)
                acknowledged.add(number)
            except Unavailable:
                await asyncio.sleep(0.01)
            if stopped.is_set():
                return

    clients = [asyncio.ensure_future(client(n * 100_000)) for n in range(8)]
    await asyncio.sleep(0.2)
    await asyncio.to_thread(own_postgres.stop_at_once)
    await until(lambda: database.trouble is not None)
    with pytest.raises(Unavailable):
        await database.write(put, -1)
    await asyncio.to_thread(own_postgres.start)
    assert await insistently(database, -2) == 1
    stopped.set()
    await asyncio.gather(*clients)
    assert acknowledged <= await database.read(numbers)
    assert len(acknowledged) > 50
    await database.close()


async def numbers(tx: Tx) -> set[int]:
    return {row[0] for row in await tx.all("select at from audit")}
