"""What a statement says of itself: what it does, whether it returns rows, and which row it may have to wait for.

Two batches that lock the same rows crosswise wait for one another until the patience of one is over. So what goes out
in one exchange comes in one order of its rows, in every process: docs/decisions/0043-rows-are-locked-in-one-order.md.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from gatelodge.database.tx import Statement

_WAITS = re.compile(
    r"\s*(?:update\s+(?P<updated>\w+)|delete\s+from\s+(?P<deleted>\w+)"
    r"|select\s.*?\sfrom\s+(?P<read>\w+)(?=.*\sfor\s+(?:share|update)\s*$))"
    r".*?\swhere\s(?P<where>.*)",
    re.DOTALL | re.IGNORECASE,
)
_INSERTS = re.compile(
    r"\s*insert\s+into\s+(?P<table>\w+)\s*\((?P<columns>[^)]*)\)\s*values\s*\((?P<values>.*?)\)\s*on\s+conflict\s",
    re.DOTALL | re.IGNORECASE,
)
_INSERTS_FROM = re.compile(
    r"\s*insert\s+into\s+(?P<table>\w+)\s*\([^)]*\)\s*select\s.*?\swhere\s(?P<where>.*?)\son\s+conflict\s",
    re.DOTALL | re.IGNORECASE,
)
_EQUAL = re.compile(r"\b(\w+) = (\$\d+)\b")
_PARAMETER = re.compile(r"\$\d+")
_NAMING = 2  # columns are enough to tell rows apart, where there is no row id: a kind and a name, say


class Shape(NamedTuple):
    """A statement's first word, whether it returns rows, and the row it locks: its table and where its key is found."""

    word: str
    returns: bool
    table: str = ""
    key: tuple[int, ...] = ()


@lru_cache(maxsize=1024)
def of(sql: str) -> Shape:
    """Return what a statement is. One that waits for no row, or not for one that can be named, has no key."""
    word, returns = sql.split(maxsplit=1)[0].lower(), "returning" in sql.lower()
    table, named = _named(sql)
    given = [(column, int(value[1:]) - 1) for column, value in named if _PARAMETER.fullmatch(value)]
    ids = tuple(number for column, number in given if column == "id")
    key = ids or tuple(number for column, number in given if column != "place")
    return Shape(word, returns, table, key[: 1 if ids else _NAMING])


def row_of(statement: Statement) -> tuple[str, ...]:
    """Return the row a statement may wait for, in a form that has one order everywhere; empty if there is none."""
    shape = of(statement.sql)
    match shape.key:
        case ():
            return ()
        case (number,):
            return shape.table, repr(statement.params[number])
        case _:
            return (shape.table, *[repr(statement.params[number]) for number in shape.key])


def _named(sql: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the table whose row is locked, and which column of it is which value."""
    if waits := _WAITS.match(sql):
        table = waits["updated"] or waits["deleted"] or waits["read"]
        return table, _EQUAL.findall(waits["where"])
    if inserts := _INSERTS.match(sql):
        columns, values = ([part.strip() for part in inserts[name].split(",")] for name in ("columns", "values"))
        return inserts["table"], list(zip(columns, values, strict=False))
    if inserts := _INSERTS_FROM.match(sql):
        return inserts["table"], _EQUAL.findall(inserts["where"])
    return "", []
