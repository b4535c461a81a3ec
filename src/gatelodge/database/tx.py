"""What a transaction body awaits: a `Tx`, which hands each statement to whoever drives the coroutine.

A body is an ordinary `async def` that receives a `Tx` first and awaits nothing else. `Tx` methods are not awaitables of
asyncio: they yield a `Statement`, and a runner (`database/sqlite/engine.py`, `database/postgres/engine.py`) answers it
with `send()`. So a body must be safe to run again: it touches its arguments and the database only.
"""

import types
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, Concatenate, Literal, NamedTuple, ParamSpec, Protocol, TypeVar, cast

from gatelodge.database.places import Places

P = ParamSpec("P")
T = TypeVar("T")

Value = str | int | bytes | None
Row = tuple[Any, ...]
Body = Callable[Concatenate["Tx", P], Coroutine[Any, Any, T]]


ONE_PLACE = Places()


class Statement(NamedTuple):
    """One statement on its way to the engine; parameters are written `$1`, `$2` and may be used more than once."""

    answer: Literal["one", "all", "run"]
    sql: str
    params: Sequence[Value]


class Tx:
    """The only thing a transaction body awaits. `places` says how many places its database has."""

    __slots__ = ("places",)

    def __init__(self, places: Places = ONE_PLACE) -> None:
        self.places = places

    @types.coroutine
    def one(self, sql: str, *params: Value) -> Generator[Statement, Any, Row | None]:
        """Run `sql` and return its first row, or `None`."""
        return (yield Statement("one", sql, params))

    @types.coroutine
    def all(self, sql: str, *params: Value) -> Generator[Statement, Any, list[Row]]:
        """Run `sql` and return every row."""
        return (yield Statement("all", sql, params))

    @types.coroutine
    def run(self, sql: str, *params: Value) -> Generator[Statement, Any, int]:
        """Run `sql` and return how many rows it changed."""
        return (yield Statement("run", sql, params))


class Unavailable(Exception):
    """The database cannot answer now: queue full, deadline passed or connection lost. Try again in `retry_after` s."""

    def __init__(self, reason: str, retry_after: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class ForeignAwait(RuntimeError):
    """A body awaited something that is not the database; the message names the body."""


class StatementFailed(Exception):
    """The engine refused a statement, which is our mistake: the message has the body's name and no parameter value."""


class Conflict(StatementFailed):
    """A unique, foreign key or check constraint refused the statement. The body it happened in is rolled back."""


class RunAgain(Exception):
    """This run of the body does not count: roll it back and run it again, a few times at most.

    The engine raises it for serialization failures and deadlocks; a test raises it to prove that a body can be rerun.
    """


def dry_run(body: Coroutine[Any, Any, T]) -> T:
    """Return the value of a body that awaits nothing at all. Raises `ForeignAwait` if it does."""
    try:
        body.send(None)
    except StopIteration as done:
        return cast(T, done.value)
    body.close()
    raise ForeignAwait(f"{body.__qualname__} awaited something, but was to decide without the database")


class Runner(Protocol):
    """Runs transaction bodies. An answer comes back only after its commit.

    `OAuthError` raised by a body commits what it did so far (a refusal commits); any other exception rolls that body
    back and leaves its neighbours alone. Both calls raise `Unavailable` when the engine cannot answer in time; what was
    already running then may still commit, so the outcome of that body is unknown.
    """

    async def write(self, body: Body[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `body` in a transaction and return its value after the commit."""
        ...

    async def read(self, body: Body[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `body`, which only reads, outside any transaction."""
        ...


class Database(Runner, Protocol):
    """Every place, and what is everywhere."""

    engine: Literal["sqlite", "postgres"]
    statements: int  # that bodies ran so far
    transactions: int  # that were asked for so far
    undone: int  # runs of one body or of several together that were rolled back so far
    trouble: str | None  # why the engine could not answer last time; None while it does

    def at(self, place: int) -> Runner:
        """Return what runs bodies that touch this place alone.

        A batch is one transaction, so it holds bodies whose places are on one machine, or its commit would have two
        phases. A body that is handed over without a place may touch several.
        """
        ...

    async def start(self) -> None:
        """Open the engine. Raises `Unavailable` if it cannot be reached."""
        ...

    async def close(self) -> None:
        """Finish what is queued and close the engine."""
        ...
