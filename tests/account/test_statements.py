"""However many people and sessions there are, a page of the account costs look-ups in indexes, on both engines."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
import pytest

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.render import for_sqlite
from gatelodge.stores import audit, consents, credentials, deletions, families_of_person, sessions, users

OF_THE_PAGES = {
    "who is there": sessions.FIND,
    "their account": users.FIND,
    "their password": credentials.PASSWORD,
    "where they are signed in": sessions.OF_PERSON,
    "ending one of those": sessions.END_OF_PERSON,
    "those beyond the most": sessions.SURPLUS,
    "changing accounts": sessions.RENAME,
    "what acts for them": families_of_person.LIVING,
    "what they allowed": consents.OF_PERSON,
    "withdrawing it": consents.WITHDRAW,
    "what happened": audit.HISTORY,
    "one thing that happened": audit.LINE,
    "whether they leave": deletions.DUE_AT,
    "leaving": deletions.ASK,
    "staying": deletions.STOP,
    "who leaves now": deletions.DUE,
    "whether a name was somebody's": users.BURIED,
}
SAMPLES = {"bigint": "1", "integer": "1", "text": "'x'", "bytea": r"'\x78'"}


def test_sqlite_scans_no_table_and_sorts_no_history(sqlite_policy: DatabasePolicy) -> None:
    with closing(sqlite3.connect(sqlite_policy.url.removeprefix("sqlite:///"))) as connection:
        for what, sql in OF_THE_PAGES.items():
            numbers = max(int(number) for number in re.findall(r"\$(\d+)", sql))
            rows = connection.execute("explain query plan " + for_sqlite(sql), (1,) * numbers).fetchall()
            plan = "\n".join(str(row[-1]) for row in rows)
            assert "SCAN" not in plan, (what, plan)
            if what == "what happened":
                assert "audit_history" in plan
                assert "TEMP B-TREE" not in plan


@pytest.fixture
def psql(postgres_policy: DatabasePolicy) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres_policy.url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("set plan_cache_mode = force_custom_plan")
        connection.execute("set enable_seqscan = off")  # of a few rows it would be the cheaper way
        yield connection


def test_postgres_has_an_index_for_each_of_them(psql: psycopg.Connection[Any]) -> None:
    for what, sql in OF_THE_PAGES.items():
        psql.execute("deallocate all")
        psql.execute(cast(LiteralString, f"prepare it as {sql}"))
        row = psql.execute("select parameter_types::text[] from pg_prepared_statements where name = 'it'").fetchone()
        assert row is not None
        values = ", ".join(SAMPLES[kind] for kind in row[0])
        plan = "\n".join(line for (line,) in psql.execute(cast(LiteralString, f"explain execute it ({values})")))
        assert "Seq Scan" not in plan, (what, plan)


def test_a_statement_that_scans_is_noticed(sqlite_policy: DatabasePolicy) -> None:
    path = Path(sqlite_policy.url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute("explain query plan select sid from sessions where address = '1'").fetchall()
    assert "SCAN" in str(plan)
