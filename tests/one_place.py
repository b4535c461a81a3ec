"""What is handed over for one place touches that place alone: seen to in every test, since one machine has them all.

Where they are on several, a body that strays would find nothing there, or commit in two phases.
"""

import re
from collections.abc import Sequence
from functools import cache, wraps
from typing import Any

import pytest

from gatelodge.database.postgres.engine import PostgresDatabase
from gatelodge.database.sqlite.engine import SqliteDatabase
from gatelodge.database.tx import Body, P, Runner, T, Tx, Value

_GIVEN = re.compile(r"\bplace = \$(\d+)|^\s*insert into \w+ \(place,[^)]*\)\s*values \(\$(\d+)")


class OfOnePlace:
    """Runs bodies for one place, and sees to it that each of their statements is about it."""

    def __init__(self, runner: Runner, place: int) -> None:
        self._runner = runner
        self._place = place

    async def write(self, body: Body[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._runner.write(_watched(body, self._place), *args, **kwargs)

    async def read(self, body: Body[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._runner.read(_watched(body, self._place), *args, **kwargs)


class _Watched(Tx):
    """A transaction that stays in one place."""

    __slots__ = ("_place",)

    def __init__(self, tx: Tx, place: int) -> None:
        super().__init__(tx.places)
        self._place = place

    def one(self, sql: str, *params: Value) -> Any:
        return super().one(self._seen(sql, params), *params)

    def all(self, sql: str, *params: Value) -> Any:
        return super().all(self._seen(sql, params), *params)

    def run(self, sql: str, *params: Value) -> Any:
        return super().run(self._seen(sql, params), *params)

    def _seen(self, sql: str, params: Sequence[Value]) -> str:
        touched = {params[number - 1] for number in _parameters(sql)}
        assert touched <= {self._place}, f"handed over for place {self._place}, touches {touched}: {sql}"
        return sql


def _watched(body: Body[P, T], place: int) -> Body[P, T]:
    @wraps(body)
    async def of_one_place(tx: Tx, *args: P.args, **kwargs: P.kwargs) -> T:
        return await body(_Watched(tx, place), *args, **kwargs)

    return of_one_place


@cache
def _parameters(sql: str) -> frozenset[int]:
    """Return which parameters of a statement say a place."""
    return frozenset(int(found[1] or found[2]) for found in _GIVEN.finditer(sql))


def see_to_places(patch: pytest.MonkeyPatch) -> None:
    """Watch over every database of this process."""
    for engine in (SqliteDatabase, PostgresDatabase):
        patch.setattr(engine, "at", lambda database, place: OfOnePlace(database, place))
