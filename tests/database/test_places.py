"""On PostgreSQL with its tables in parts: every statement of a place reads one part, which is all Citus asks for."""

import re
from collections.abc import Iterator
from typing import Any, LiteralString, cast

import psycopg
import pytest
from tests.architecture.test_places import ACROSS
from tests.places import PLACED, statements

from gatelodge.config.policies import DatabasePolicy

SPREAD = re.compile(rf"\b({'|'.join(PLACED)})\b")
STATEMENTS = {name: sql for name, sql in statements() if SPREAD.search(sql)}
PART = re.compile(rf"\b({'|'.join(PLACED)})_p\d")
SAMPLES = {"bigint": "1", "integer": "1", "text": "'x'", "bytea": r"'\x78'"}


@pytest.fixture(scope="module")
def psql(partitioned_postgres: DatabasePolicy) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(partitioned_postgres.url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("set plan_cache_mode = force_custom_plan")
        yield connection


def parts_of(psql: psycopg.Connection[Any], statement: str) -> dict[str, set[str]]:
    """Return which parts of each table PostgreSQL means to read for a statement."""
    psql.execute("deallocate all")
    psql.execute(cast(LiteralString, f"prepare it as {statement}"))
    row = psql.execute("select parameter_types::text[] from pg_prepared_statements where name = 'it'").fetchone()
    assert row is not None
    values = f"({', '.join(SAMPLES[kind] for kind in row[0])})" if row[0] else ""
    plan = psql.execute(cast(LiteralString, f"explain execute it {values}")).fetchall()
    found: dict[str, set[str]] = {}
    for part in PART.finditer("\n".join(line for (line,) in plan)):
        found.setdefault(part[1], set()).add(part[0])
    return found


def test_a_statement_reads_one_part_of_each_table(psql: psycopg.Connection[Any]) -> None:
    read = {name: parts_of(psql, sql) for name, sql in STATEMENTS.items() if name not in ACROSS}
    assert {name: parts for name, parts in read.items() if any(len(of) > 1 for of in parts.values())} == {}


@pytest.mark.parametrize("name", ["stores.users.LIST_ALL", "stores.sweep.REMOVALS.tickets"])
def test_what_looks_at_every_place_reads_them_all(psql: psycopg.Connection[Any], name: str) -> None:
    assert max(len(parts) for parts in parts_of(psql, STATEMENTS[name]).values()) > 1


def test_a_row_without_its_place_is_not_found_in_one(psql: psycopg.Connection[Any]) -> None:
    assert len(parts_of(psql, "select payload from tickets where id = $1")["tickets"]) > 1
