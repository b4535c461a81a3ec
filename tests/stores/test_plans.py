"""However many people and sessions there are: every statement finds its rows by an index, on both engines.

The tables have some thousand rows each, and PostgreSQL knows how they are spread; a place alone finds nothing, since
it may have everybody.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import takewhile
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
import pytest
from bench.fill import Size, fill
from psycopg import sql
from tests.architecture.test_places import inline
from tests.places import PLACED, statements

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database import migrate
from gatelodge.database.render import for_sqlite
from gatelodge.stores import audit

NOW = 1_800_000_000
SMALL = Size(people=3_000, dense=True, clients=3_000)

# What looks through a table, and why it may.
LOOKS_THROUGH = {
    "stores.users.LIST_ALL": "an operator's list",
    "stores.clients.LIST_ALL": "an operator's list",
    "stores.clients.LIST_KNOWN": "of few clients: with many it stops",
    "stores.audit.LIST_RECENT": "its last lines, in the order of an index",
    "stores.outbox.COUNT_DEAD": "those alone, by their own index",
    "stores.outbox.LIST_RECENT": "a page of the demo",
    "stores.passkeys.ANY_FOR": "asked at a start after the RP ID changed",
    "stores.kept_tokens.LIST_OF_PROVIDER": "when an operator removes a provider",
    "stores.kept_tokens.COUNT": "an operator's question",
    "testing.faults.EXPIRE": "a test asks for it",
}
GROWING = {*PLACED, "clients"}  # traces are the last few
NO_HELP = {"place", "kind"}  # in an index, what many rows have in common

NAMED = re.compile(r"\b(?:from|join|into|update)\s+(\w+)")
_PLACE = re.compile(rf"\b({'|'.join(GROWING)})\b")


def of_the_stores() -> Mapping[str, str]:
    """Every statement about a table that grows, by its name, or by itself if it has none."""
    everything = dict(statements()) | {text: text for text in inline()}
    return {name: text for name, text in everything.items() if GROWING & set(NAMED.findall(text))}


STATEMENTS = {name: text for name, text in of_the_stores().items() if name not in LOOKS_THROUGH}


class Samples:
    """What parameters are in earnest: the columns of a row that is there."""

    def __init__(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        self.rows = rows

    def of(self, statement: str, number: int) -> Any:
        """The value of a parameter; `None` if it is compared with nothing."""
        if re.search(rf"(?:limit|offset) \${number}\b", statement):
            return 10
        found = re.search(rf"(\w+)\)? (?:=|<>|<=|>=|<|>) \${number}\b", statement)
        tables = [table for table in NAMED.findall(statement) if table in self.rows]
        if found is None:
            return None
        return next((self.rows[table][found[1]] for table in tables if found[1] in self.rows[table]), None)


def numbers(statement: str) -> list[int]:
    return sorted({int(number) for number in re.findall(r"\$(\d+)", statement)})


# SQLite


@pytest.fixture(scope="module")
def filled_file(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[sqlite3.Connection]:
    file = tmp_path_factory.mktemp("filled") / "gatelodge.db"
    file.write_bytes(migrated_file.read_bytes())
    fill(f"sqlite:///{file}", SMALL, NOW)
    with closing(sqlite3.connect(file)) as connection:
        connection.create_function("nextval", 1, lambda _: 1)
        yield connection


def sqlite_complaints(connection: sqlite3.Connection, statement: str) -> list[str]:
    params = [1] * max(numbers(statement), default=0)
    rows = connection.execute("explain query plan " + for_sqlite(statement), params).fetchall()
    return [str(row[-1]) for row in rows if not _sqlite_finds(str(row[-1]))]


def _sqlite_finds(step: str) -> bool:
    if not (table := _PLACE.search(step)) or not step.startswith(("SCAN", "SEARCH")):
        return True
    return step.startswith("SEARCH") and bool(set(re.findall(r"(\w+)(?=[,)]|[=<>])", step)) - NO_HELP) and bool(table)


def test_sqlite_finds_rows_by_an_index(filled_file: sqlite3.Connection) -> None:
    complaints = {name: sqlite_complaints(filled_file, text) for name, text in STATEMENTS.items()}
    assert {name: found for name, found in complaints.items() if found} == {}


# PostgreSQL


@pytest.fixture(scope="module")
def filled_postgres(postgres_server: Any) -> Iterator[psycopg.Connection[Any]]:
    policy = DatabasePolicy(url=postgres_server.make("filled"), places=1_024)
    migrate.up(policy)
    fill(policy.url, SMALL, NOW, places=policy.places)
    with psycopg.connect(policy.url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("set random_page_cost = 1.1")  # all of it is in memory
        yield connection


@pytest.fixture(scope="module")
def samples(filled_postgres: psycopg.Connection[Any]) -> Samples:
    rows: dict[str, Mapping[str, Any]] = {}
    for table in GROWING:
        found = filled_postgres.execute(cast(LiteralString, f"select * from {table} offset 1000 limit 1"))
        names = [column.name for column in found.description or ()]
        rows[table] = dict(zip(names, found.fetchone() or (), strict=False))
    return Samples(rows)


ELSE = {"bigint": 1, "integer": 1, "text": "x", "bytea": b"x"}
TIMES = 7  # PostgreSQL plans anew five times, and then decides whether to do so ever after


def postgres_complaints(psql: psycopg.Connection[Any], statement: str, samples: Samples) -> set[str]:
    indices = dict(psql.execute(COLUMNS).fetchall())
    return {told for step in postgres_plan(psql, statement, samples) if (told := _postgres_misses(step, indices))}


def postgres_plan(psql: psycopg.Connection[Any], statement: str, samples: Samples) -> list[Mapping[str, Any]]:
    psql.execute("deallocate all")
    psql.execute(cast(LiteralString, f"prepare it as {statement}"))
    row = psql.execute("select parameter_types::text[] from pg_prepared_statements where name = 'it'").fetchone()
    assert row is not None
    values = [_value(samples.of(statement, number), kind) for number, kind in enumerate(row[0], 1)]
    execute = sql.SQL("explain (format json) execute it")
    if values:
        execute += sql.SQL(" ({})").format(sql.SQL(", ").join(map(sql.Literal, values)))
    plans = [psql.execute(execute).fetchone() for _ in range(TIMES)]
    assert plans[-1] is not None
    return list(_steps(plans[-1][0][0]["Plan"]))


def _value(found: Any, kind: str) -> Any:
    return ELSE[kind] if found is None else found


def _steps(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _steps(inner)


COLUMNS = """
select i.indexrelid::regclass::text, array(select attname from unnest(i.indkey) with ordinality k(attnum, n)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum order by n)::text[]
from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace = 'public'::regnamespace
"""


def _postgres_misses(step: Mapping[str, Any], indices: Mapping[str, list[str]]) -> str:
    """What is wrong with a step of a plan. A column of the index that is left out between others makes it cost the more
    the more of those there are: with a million people the planner would rather read the table."""
    about = f"{step['Node Type']} {step.get('Relation Name', step.get('Index Name', ''))}"
    if step["Node Type"] == "Seq Scan" and step["Relation Name"] in GROWING:
        return about
    if step["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Index Scan"):
        used = set(re.findall(r"(?:\(|, )(\w+)(?=[ ,)])", step.get("Index Cond", "")))
        from_first = list(takewhile(used.__contains__, indices[step["Index Name"]]))
        whole = set(from_first) == used & set(indices[step["Index Name"]])
        return "" if whole and used - NO_HELP else f"{about}: {step.get('Index Cond')}"
    return ""


def test_postgres_finds_rows_by_an_index(filled_postgres: psycopg.Connection[Any], samples: Samples) -> None:
    complaints = {name: postgres_complaints(filled_postgres, text, samples) for name, text in STATEMENTS.items()}
    assert {name: found for name, found in complaints.items() if found} == {}


# Both


@pytest.mark.parametrize(
    "statement",
    [
        "select sid from sessions where place = $1 and address = $2",
        "select 1 from names where kind = $1 and place = $2",
        "delete from tickets where id in (select id from tickets where payload = $1)",
    ],
)
def test_a_statement_that_looks_through_a_table_is_noticed(
    filled_file: sqlite3.Connection, filled_postgres: psycopg.Connection[Any], samples: Samples, statement: str
) -> None:
    assert sqlite_complaints(filled_file, statement)
    assert postgres_complaints(filled_postgres, statement, samples)


def test_what_may_look_through_a_table_does(
    filled_file: sqlite3.Connection, filled_postgres: psycopg.Connection[Any], samples: Samples
) -> None:
    everything = of_the_stores()
    for name in LOOKS_THROUGH:
        found = sqlite_complaints(filled_file, everything[name]) or (
            postgres_complaints(filled_postgres, everything[name], samples)
        )
        assert found, f"{name} looks through nothing"


def test_a_history_is_read_in_its_order(
    filled_file: sqlite3.Connection, filled_postgres: psycopg.Connection[Any], samples: Samples
) -> None:
    of_sqlite = filled_file.execute("explain query plan " + for_sqlite(audit.HISTORY), [1] * 6).fetchall()
    assert "TEMP B-TREE" not in str(of_sqlite)
    assert "Sort" not in {step["Node Type"] for step in postgres_plan(filled_postgres, audit.HISTORY, samples)}


def leads(columns: Iterable[str], indices: Iterable[list[str]]) -> bool:
    """Whether one of the indices finds the rows of these columns, which a place alone does not."""
    own = set(columns)
    found = ([name for name in index[: len(own)] if name in own] for index in indices if index[0] in own)
    return any(set(prefix) - NO_HELP for prefix in found)


def test_what_goes_with_another_row_is_found_by_an_index_on_sqlite(filled_file: sqlite3.Connection) -> None:
    tables = [name for (name,) in filled_file.execute("select name from sqlite_master where type = 'table'").fetchall()]
    assert [
        (table, child)
        for table in tables
        for child in _sqlite_children(filled_file, table)
        if not leads(child, _sqlite_indices(filled_file, table))
    ] == []


def _sqlite_children(connection: sqlite3.Connection, table: str) -> list[list[str]]:
    keys: dict[int, list[str]] = {}
    for key, _, _, column, *_ in connection.execute(f"pragma foreign_key_list({table})").fetchall():
        keys.setdefault(key, []).append(column)
    return list(keys.values())


def _sqlite_indices(connection: sqlite3.Connection, table: str) -> list[list[str]]:
    names = [row[1] for row in connection.execute(f"pragma index_list({table})").fetchall() if not row[4]]
    return [[row[2] for row in connection.execute(f"pragma index_info({name})").fetchall()] for name in names]


CHILDREN = """
select c.conrelid::regclass::text, array(select attname from pg_attribute a where a.attrelid = c.conrelid
    and a.attnum = any(c.conkey) order by array_position(c.conkey, a.attnum))::text[]
from pg_constraint c where c.contype = 'f'
"""
INDICES = """
select array(select attname from unnest(i.indkey) with ordinality k(attnum, n)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum order by n)::text[]
from pg_index i where i.indrelid = %s::regclass and i.indpred is null
"""


def test_what_goes_with_another_row_is_found_by_an_index_on_postgres(filled_postgres: psycopg.Connection[Any]) -> None:
    assert [
        (table, child)
        for table, child in filled_postgres.execute(CHILDREN).fetchall()
        if not leads(child, [index for (index,) in filled_postgres.execute(INDICES, (table,)).fetchall()])
    ] == []
