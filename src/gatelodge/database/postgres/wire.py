"""One connection to PostgreSQL in pipeline mode: many statements go out in one write, their answers come back in order.

Drives libpq through `psycopg.pq`, at a fraction of the CPU that psycopg's cursors take: parameters and answers here are
only ever text, integers and bytes.
"""

from asyncio import AbstractEventLoop, Future, get_running_loop
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Literal

from psycopg import AsyncConnection, pq
from psycopg import Error as DriverError
from psycopg.pq.abc import PGconn, PGresult

from gatelodge.database.postgres.values import Readers, Types, Unreadable, encode, readers_of, row_of
from gatelodge.database.tx import Statement

PREPARED_AT_MOST = 1_000  # names per connection: more would be SQL made up at run time, and goes unprepared

DATATYPE_MISMATCH = "42804"

_BINARY = pq.Format.BINARY
_SYNC = pq.ExecStatus.PIPELINE_SYNC
_DONE = pq.ExecStatus.COMMAND_OK
_ROWS = pq.ExecStatus.TUPLES_OK
_FAILED = pq.ExecStatus.FATAL_ERROR

_Plan = tuple[str, Types]  # what a prepared statement is known by
_Sent = tuple[Statement | None, _Plan]  # no statement: the plan is being prepared


class ConnectionLost(Exception):
    """The connection is gone. What it was doing may or may not have happened."""


class StatementRefused(Exception):
    """`statement` was refused, and nothing after it in the same exchange was run. Quotes no parameter's value.

    It is the very object that was sent, so that who sent it can be told; `None` if it was no statement.
    """

    def __init__(self, sqlstate: str, constraint: str = "", about: str = "") -> None:
        super().__init__(sqlstate)
        self.statement: Statement | None = None
        self.sqlstate = sqlstate
        self.constraint = constraint
        self.about = about


def name_of(plan: _Plan) -> bytes:
    """Return the name a statement is prepared under.

    It says what the statement is: behind a pooler another process may have prepared the one we find under a name.
    """
    return b"gatelodge_" + sha256(repr(plan).encode()).hexdigest()[:32].encode()


class Wire:
    """Sends statements and reads their answers, one exchange at a time."""

    def __init__(self, connection: AsyncConnection[Any], *, prepares: bool, on_lost: Callable[[], None]) -> None:
        self._connection = connection  # keeps the libpq connection alive
        self._pq: PGconn = connection.pgconn
        self._loop: AbstractEventLoop = get_running_loop()
        self._socket = self._pq.socket
        self._on_lost = on_lost
        self._prepares = prepares
        self._prepared: dict[_Plan, bytes] = {}
        self._readers: dict[_Plan, Readers] = {}
        self._sent: list[_Sent] = []  # what answers are awaited for
        self._results: list[PGresult] = []
        self._arrived: Future[None] | None = None
        self.lost = False
        self._pq.enter_pipeline_mode()
        self._loop.add_reader(self._socket, self._on_readable)

    def send(self, statement: Statement) -> None:
        """Put a statement into the next exchange.

        Raises `ValueError`, `OverflowError` or `TypeError` for a parameter PostgreSQL could not keep: nothing is sent.
        """
        types, values = encode(statement.params)
        plan = (statement.sql, types)
        try:
            self._send(plan, values)
        except DriverError:
            self.drop()
            raise ConnectionLost from None
        self._sent.append((statement, plan))

    async def exchange(self) -> list[Any]:
        """Send what was put and return the answers, in order. Raises `StatementRefused` or `ConnectionLost`."""
        if self.lost:
            raise ConnectionLost
        self._results = []
        self._arrived = self._loop.create_future()
        try:
            self._pq.pipeline_sync()
            self._flush()
        except DriverError:
            self.drop()
        try:
            await self._arrived
        finally:
            self._arrived = None
            sent, self._sent = self._sent, []
        return self._read(sent, self._results)

    def begin(self) -> None:
        """Put the beginning of a transaction into the next exchange."""
        self._say("begin")

    def mark(self) -> None:
        """Put a savepoint into the next exchange."""
        self._say("savepoint job")

    def release(self, *, keep: bool) -> None:
        """Put the end of the savepoint into the next exchange: what was done since is kept, or undone."""
        if not keep:
            self._say("rollback to job")
        self._say("release job")

    async def settle(self, word: Literal["commit", "rollback"]) -> None:
        """End the transaction. Raises `StatementRefused`, and `ConnectionLost` if anything else happened.

        PostgreSQL answers ROLLBACK, without an error, to a COMMIT of what was aborted.
        """
        self._say(word)
        await self.exchange()
        if self._results[-1].command_status != word.upper().encode():
            raise ConnectionLost

    def stop_preparing(self) -> bool:
        """Prepare no more: a pooler between us and the server mixes up what was. `False` if that was so already."""
        prepared, self._prepares = self._prepares, False
        self._prepared.clear()
        return prepared

    def drop(self) -> None:
        """Close the connection. What is being awaited is lost."""
        if self.lost:
            return
        self.lost = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._pq.finish()
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_exception(ConnectionLost())
        self._on_lost()

    def _say(self, word: str) -> None:
        """Send a word that must get through whatever became of the prepared statements."""
        try:
            self._pq.send_query_params(word.encode(), None)
        except DriverError:
            self.drop()
            raise ConnectionLost from None
        self._sent.append((Statement("run", word, ()), (word, ())))

    def _send(self, plan: _Plan, values: list[bytes | None]) -> None:
        name = self._prepared.get(plan) or self._prepare(plan)
        formats = [_BINARY] * len(values)
        if name is None:
            sql, types = plan
            self._pq.send_query_params(sql.encode(), values, types, formats, _BINARY)
        else:
            self._pq.send_query_prepared(name, values, formats, _BINARY)

    def _prepare(self, plan: _Plan) -> bytes | None:
        if not self._prepares or len(self._prepared) >= PREPARED_AT_MOST:
            return None
        sql, types = plan
        name = name_of(plan)
        self._pq.send_prepare(name, sql.encode(), types)
        self._sent.append((None, plan))
        self._prepared[plan] = name
        return name

    def _flush(self) -> None:
        if self._pq.flush():
            self._loop.add_writer(self._socket, self._on_writable)
        else:
            self._loop.remove_writer(self._socket)

    def _on_writable(self) -> None:
        try:
            self._flush()
        except DriverError:
            self.drop()

    def _on_readable(self) -> None:
        try:
            self._pq.consume_input()
            everything = self._collect()
        except DriverError:
            self.drop()
            return
        if everything and self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)

    def _collect(self) -> bool:
        """Take in the results that have arrived; `True` once the whole exchange has."""
        nothing = False
        while not self._pq.is_busy():
            result = self._pq.get_result()
            if result is None:
                if nothing:  # one `None` ends a statement's results, two mean that none is under way
                    return False
                nothing = True
            elif result.status == _SYNC:
                return True
            else:
                nothing = False
                self._results.append(result)
        return False

    def _read(self, sent: list[_Sent], results: list[PGresult]) -> list[Any]:
        answers: list[Any] = []
        for number, ((statement, plan), result) in enumerate(zip(sent, results, strict=True)):
            if result.status not in (_DONE, _ROWS):
                self._forget_unprepared(sent[number:])
                raise self._refusal(sent[number:], result)
            if statement is not None:
                answers.append(self._answer(statement, plan, result))
        return answers

    def _forget_unprepared(self, skipped: list[_Sent]) -> None:
        """Forget the plans that were to be prepared after something was refused: nothing after it was done."""
        for statement, plan in skipped:
            if statement is None:
                self._prepared.pop(plan, None)

    def _refusal(self, refused: list[_Sent], result: PGresult) -> StatementRefused:
        """Return what a result that is no answer says. Anything but a refusal is a `ConnectionLost`."""
        if result.status != _FAILED:
            self.drop()
            raise ConnectionLost
        refusal = _refusal(result)
        refusal.statement = next((statement for statement, _ in refused if statement is not None), None)
        return refusal

    def _answer(self, statement: Statement, plan: _Plan, result: PGresult) -> Any:
        if statement.answer == "run":
            return result.command_tuples or 0
        readers = self._readers.get(plan) or self._learn_readers(plan, result)
        try:
            if statement.answer == "one":
                return row_of(result, 0, readers) if result.ntuples else None
            return [row_of(result, number, readers) for number in range(result.ntuples)]
        except Unreadable as error:
            refusal = StatementRefused(DATATYPE_MISMATCH, about=str(error))
            refusal.statement = statement
            raise refusal from None

    def _learn_readers(self, plan: _Plan, result: PGresult) -> Readers:
        readers = readers_of(result)
        if plan in self._prepared:
            self._readers[plan] = readers
        return readers


def _refusal(result: PGresult) -> StatementRefused:
    sqlstate = _field(result, pq.DiagnosticField.SQLSTATE)
    # Only messages about syntax and names are sure not to quote a value.
    about = _field(result, pq.DiagnosticField.MESSAGE_PRIMARY) if sqlstate.startswith("42") else ""
    return StatementRefused(sqlstate, _field(result, pq.DiagnosticField.CONSTRAINT_NAME), about)


def _field(result: PGresult, code: int) -> str:
    return (result.error_field(code) or b"").decode("utf-8", "replace")
