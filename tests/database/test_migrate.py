"""Migrations on both engines: once, whole, in order, and never over something unknown."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database import migrate
from gatelodge.database.engines import open_database, open_schema
from gatelodge.database.migrate import Migration, MigrationChanged, SchemaTooNew, Status
from gatelodge.database.sqlite.schema import statements
from gatelodge.database.tx import Row, StatementFailed, Tx, Unavailable

FIRST = Migration(1, "0001_first", "-- first; with a semicolon\ncreate table a (id {ID}, raw {BYTES}) {FILL};\n")
SECOND = Migration(
    2, "0002_second", "alter table a add column note text default 'a;b';\ncreate index a_note on a (note);\n"
)
BROKEN = Migration(3, "0003_broken", "create table b (id {ID});\ncreate table a (id {ID});\n")


def applied(policy: DatabasePolicy) -> list[str]:
    schema = open_schema(policy)
    try:
        return [name for _, name, _ in schema.applied()]
    finally:
        schema.close()


def test_a_new_database_lacks_everything_and_then_nothing(unmigrated_policy: DatabasePolicy) -> None:
    names = [migration.name for migration in migrate.shipped()]
    assert migrate.status(unmigrated_policy) == Status(0, len(names), names)
    assert migrate.up(unmigrated_policy) == names
    assert migrate.status(unmigrated_policy) == Status(len(names), len(names), [])
    assert migrate.up(unmigrated_policy) == []


def test_asking_for_the_status_makes_no_file(unmigrated_sqlite_policy: DatabasePolicy, tmp_path: Path) -> None:
    migrate.status(unmigrated_sqlite_policy)
    assert list(tmp_path.iterdir()) == []


def test_shipped_migrations_are_numbered_without_gaps() -> None:
    assert [migration.number for migration in migrate.shipped()] == list(range(1, len(migrate.shipped()) + 1))


def test_only_what_is_pending_is_applied(unmigrated_policy: DatabasePolicy) -> None:
    assert migrate.up(unmigrated_policy, [FIRST]) == ["0001_first"]
    assert migrate.up(unmigrated_policy, [FIRST, SECOND]) == ["0002_second"]
    assert applied(unmigrated_policy) == ["0001_first", "0002_second"]


def test_a_newer_schema_is_refused(unmigrated_policy: DatabasePolicy) -> None:
    migrate.up(unmigrated_policy, [FIRST, SECOND])
    with pytest.raises(SchemaTooNew, match="schema 2, this version knows 1"):
        migrate.up(unmigrated_policy, [FIRST])


def test_a_changed_migration_is_refused_by_name(unmigrated_policy: DatabasePolicy) -> None:
    migrate.up(unmigrated_policy, [FIRST])
    changed = replace(FIRST, sql=FIRST.sql + "\n-- later")
    with pytest.raises(MigrationChanged, match="0001_first"):
        migrate.up(unmigrated_policy, [changed, SECOND])
    assert applied(unmigrated_policy) == ["0001_first"]


def test_FLT_22_a_migration_that_fails_leaves_nothing_of_itself(unmigrated_policy: DatabasePolicy) -> None:
    with pytest.raises(StatementFailed, match="0003_broken"):
        migrate.up(unmigrated_policy, [FIRST, SECOND, BROKEN])
    assert applied(unmigrated_policy) == ["0001_first", "0002_second"]
    mended = replace(BROKEN, sql="create table b (id {ID});")
    assert migrate.up(unmigrated_policy, [FIRST, SECOND, mended]) == ["0003_broken"]


def test_a_user_who_does_not_own_the_database_is_told_so(unmigrated_postgres_policy: DatabasePolicy) -> None:
    migrate.up(unmigrated_postgres_policy, [FIRST])
    with psycopg.connect(unmigrated_postgres_policy.url, autocommit=True) as psql:
        name = sql.Identifier(psql.info.dbname)
        psql.execute(sql.SQL("alter database {} set role = 'pg_monitor'").format(name))
    with pytest.raises(Unavailable, match=r"permission denied .* must belong to the user that connects"):
        migrate.status(unmigrated_postgres_policy)


def test_of_several_processes_at_once_each_migration_has_one(unmigrated_policy: DatabasePolicy) -> None:
    with ThreadPoolExecutor(4) as starters:
        done = list(starters.map(lambda _: migrate.up(unmigrated_policy, [FIRST, SECOND]), range(4)))
    assert sorted(name for names in done for name in names) == ["0001_first", "0002_second"]


HANGS = """
import sys, time
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database import migrate
from gatelodge.database.postgres.schema import PostgresSchema
from gatelodge.database.sqlite.schema import SqliteSchema

def hang(self, entry, now):
    print("about to enter", flush=True)
    time.sleep(60)

SqliteSchema.enter = PostgresSchema.enter = hang
migrate.up(DatabasePolicy(url=sys.argv[1]))
"""


def test_FLT_22_a_migration_that_is_killed_is_simply_run_again(unmigrated_policy: DatabasePolicy) -> None:
    process = subprocess.Popen([sys.executable, "-c", HANGS, unmigrated_policy.url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "about to enter\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert migrate.status(unmigrated_policy).current == 0
    assert migrate.up(unmigrated_policy) == [migration.name for migration in migrate.shipped()]


@pytest.mark.anyio
async def test_an_id_is_never_used_again(unmigrated_policy: DatabasePolicy) -> None:
    migrate.up(unmigrated_policy, [FIRST])

    async def add_and_remove(tx: Tx) -> int:
        row = await tx.one("insert into a (raw) values ($1) returning id", b"x")
        await tx.run("delete from a")
        assert row is not None
        return row[0]

    database = open_database(unmigrated_policy)
    await database.start()
    assert await database.write(add_and_remove) < await database.write(add_and_remove)
    await database.close()


@pytest.mark.anyio
async def test_an_upgrade_keeps_rows_and_the_version_before_still_writes(unmigrated_policy: DatabasePolicy) -> None:
    async def add_as_first(tx: Tx, raw: bytes) -> None:
        await tx.run("insert into a (raw) values ($1)", raw)

    async def read_as_second(tx: Tx) -> list[Row]:
        return await tx.all("select raw, note from a order by id")

    database = open_database(unmigrated_policy)
    migrate.up(unmigrated_policy, [FIRST])
    await database.start()
    await database.write(add_as_first, b"before")
    migrate.up(unmigrated_policy, [FIRST, SECOND])
    await database.write(add_as_first, b"after")
    found = await database.read(read_as_second)
    await database.close()

    assert found == [(b"before", "a;b"), (b"after", "a;b")]


@pytest.mark.parametrize("url", ["postgresql://u:hunter2@127.0.0.1:1/none", "sqlite:////nowhere/at/all.db"])
def test_a_database_that_cannot_be_reached_is_said_to_be(url: str) -> None:
    with pytest.raises(Unavailable) as failure:
        migrate.up(DatabasePolicy(url=url))
    assert "hunter2" not in str(failure.value)


def test_an_unknown_engine_is_refused_without_repeating_its_password() -> None:
    with pytest.raises(ValueError, match="sqlite:///FILE or postgresql://") as failure:
        migrate.status(DatabasePolicy(url="mysql://u:hunter2@host/db"))
    assert "hunter2" not in str(failure.value)


def test_a_script_is_split_at_statements_and_not_at_semicolons() -> None:
    script = "-- a; b\ncreate table a (t text default ';');\n/* ; */ insert into a values ('x;''y');\nselect 1"
    assert [part.strip() for part in statements(script)] == [
        "-- a; b\ncreate table a (t text default ';');",
        "/* ; */ insert into a values ('x;''y');",
        "select 1",
    ]
