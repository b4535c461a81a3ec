"""Every SQL statement says where: a row that lives in a place is asked for there, and there alone."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from tests.places import EVERYWHERE, PLACED, statements

from gatelodge.stores.sweep import ENDS

ROOT = Path(__file__).parents[2] / "src" / "gatelodge"
SCHEMA = (ROOT / "stores" / "migrations" / "0001_initial.sql").read_text()
ELSEWHERE = ("client", "database")  # the client library's own database; what the engines keep for themselves

# What looks at every place, and why it may.
ACROSS = {
    "stores.users.LIST_ALL": "an operator's list",
    "stores.users.LIST_AFTER": "an operator's export",
    "stores.audit.LIST_RECENT": "the doctor looks at the last event there is",
    "stores.audit.SEARCH": "an operator's search",
    "stores.outbox.DUE": "in the background, in batches",
    "stores.outbox.LIST_OPEN": "an operator's list",
    "stores.outbox.LIST_RECENT": "a page of the demo",
    "stores.outbox.COUNT_DEAD": "a metric, once a minute",
    "stores.passkeys.ANY_FOR": "asked at a start after the RP ID changed",
    "stores.kept_tokens.DUE": "in the background, a few at a time",
    "stores.kept_tokens.LIST_OF_PROVIDER": "when an operator removes a provider",
    "stores.kept_tokens.COUNT": "an operator's question",
    "stores.deletions.DUE": "in the background, a few at a time",
    "testing.faults.EXPIRE": "a test asks for it",
    **{f"stores.sweep.REMOVALS.{table}": "in the background, in batches" for table in ENDS if table != "traces"},
}
FOUND = dict(statements())

_NAMED = re.compile(
    r"\b(?:from|join|into|update)\s+(\w+)(?:\s+(?!set\b|where\b|on\b|left\b|join\b|order\b|values\b)(\w+))?"
)


def unbound(sql: str) -> list[str]:
    """Return the tables that a statement does not bind to one place."""
    into = re.match(r"\s*insert into (\w+) \(([^)]*)\)", sql)
    rest = sql[into.end() :] if into else sql
    columns = {alias or table: PLACED[table] for table, alias in _NAMED.findall(rest) if table in PLACED}
    bound = {alias for alias, column in columns.items() if _is_given(rest, alias, column, alone=len(columns) == 1)}
    for _ in columns:
        bound |= {alias for alias in columns for other in bound if _are_joined(rest, alias, other, columns)}
    open_ended = [alias for alias in columns if alias not in bound]
    if into and into[1] in PLACED and not _is_inserted(into, rest):
        open_ended.append(into[1])
    return open_ended


def _is_given(sql: str, alias: str, column: str, *, alone: bool) -> bool:
    said = rf"\b{alias}\.{column} = \$\d" + (rf"|(?<![.\w]){column} = \$\d" if alone else "")
    return re.search(said, sql) is not None


def _are_joined(sql: str, one: str, other: str, columns: dict[str, str]) -> bool:
    pair = (f"{one}.{columns[one]}", f"{other}.{columns[other]}")
    return " = ".join(pair) in sql or " = ".join(reversed(pair)) in sql


def _is_inserted(into: re.Match[str], rest: str) -> bool:
    """Whether the key of the new row is a parameter, or that of the row it is made from."""
    position = [name.strip() for name in into[2].split(",")].index(PLACED[into[1]])
    kind, values = rest.split(maxsplit=1)
    value = values.lstrip("(").split(",")[position].strip()
    return value.startswith("$") if kind == "values" else value.rpartition(".")[2] == PLACED[into[1]]


def inline() -> Iterator[str]:
    """Statements that are written within functions: of tables that are everywhere."""
    for file in ROOT.rglob("*.py"):
        if file.relative_to(ROOT).parts[0] in ELSEWHERE:
            continue
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAMED.search(node.value):
                        yield node.value


def test_every_table_is_in_a_place_or_everywhere() -> None:
    made = set(re.findall(r"create table (\w+)", SCHEMA))
    assert made == set(PLACED) | EVERYWHERE


def test_a_statement_names_the_place_of_every_row() -> None:
    assert {name: unbound(sql) for name, sql in FOUND.items() if name not in ACROSS and unbound(sql)} == {}


def test_what_looks_at_every_place_is_listed_with_a_reason() -> None:
    assert sorted(ACROSS.keys() - FOUND.keys()) == []
    assert [name for name in ACROSS if not unbound(FOUND[name])] == []


def test_what_is_written_within_a_function_is_of_tables_that_are_everywhere() -> None:
    assert [sql for sql in inline() if unbound(sql)] == []


@pytest.mark.parametrize(
    "sql",
    [
        "select payload from tickets where id = $1",
        "update families set revoked_at = $1 where id = $2",
        "select 1 from sessions s join users u on u.id = s.user_id where s.place = $1",
        "insert into tickets (id, place) values ($1, 0)",
        "select user_id from names where kind = $1",
    ],
)
def test_a_statement_that_does_not_is_noticed(sql: str) -> None:
    assert unbound(sql)


def test_hot_statements_ask_one_table_by_its_key() -> None:
    stores = "gatelodge.stores."
    hot = {
        "refresh_tokens": ("ROTATE", "FIND", "REVOKE"),
        "live_families": ("FIND_LIVE",),
        "tickets": ("PUT", "TAKE", "PEEK", "REWRITE"),
        "sessions": ("FIND", "TOUCH", "RENEW"),
        "access_tokens": ("FIND", "REVOKE"),
    }
    for module, names in hot.items():
        for name in names:
            sql = getattr(import_module(stores + module), name)
            assert len(_NAMED.findall(sql)) == 1, name
            assert "select" not in sql.lstrip()[1:], name
