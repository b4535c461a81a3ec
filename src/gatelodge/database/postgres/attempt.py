"""One attempt at running bodies together: the next statement of each goes out in one exchange, until all have ended."""

from collections.abc import Iterable, Sequence
from typing import Any

from gatelodge.database.jobs import BodyRun
from gatelodge.database.postgres.shape import of, row_of
from gatelodge.database.postgres.wire import StatementRefused, Wire
from gatelodge.database.tx import Statement, StatementFailed

_Asking = list[tuple[BodyRun, Statement]]


class BatchRun:
    """Drives bodies over one connection, once, and knows afterwards whose fault it is if nothing of it can be kept."""

    def __init__(self, wire: Wire, runs: Sequence[BodyRun]) -> None:
        self._wire = wire
        self._runs = runs
        self._asking: _Asking = []
        self._rounds: list[tuple[_Asking, list[Any]]] = []
        self.statements = 0

    async def play(self) -> None:
        """Drive every body to its end, whatever becomes of the others. Raises `StatementRefused`, `ConnectionLost`."""
        self._send([(run, run.begin()) for run in self._runs])
        while self._asking:
            self.statements += len(self._asking)
            answers = (await self._wire.exchange())[-len(self._asking) :]  # before them there may be a `begin`
            self._rounds.append((self._asking, answers))
            answered = zip(self._asking, answers, strict=True)
            self._send([(run, run.resume(answer)) for (run, _), answer in answered])

    def spoilers(self) -> list[BodyRun]:
        """Return the bodies that failed after they had changed something. One that had not leaves nothing to undo."""
        failed = [run for run in self._runs if not run.commits]
        if not failed:
            return []
        changed = {run for round_ in self._rounds for run in _changed(*round_)}
        return [run for run in failed if run in changed]

    def culprits(self, refusal: StatementRefused) -> list[BodyRun]:
        """Return the body whose statement was refused; none if it was no body's."""
        return [run for run, statement in self._asking if statement is refusal.statement]

    def _send(self, stepped: Iterable[tuple[BodyRun, Statement | None]]) -> None:
        """Put what the bodies that have not ended ask into the next exchange, in the one order of the rows."""
        asking = [(run, statement) for run, statement in stepped if statement is not None]
        if len(asking) > 1:
            asking.sort(key=_row)
        self._asking = [pair for pair in asking if self._sent(*pair)]

    def _sent(self, run: BodyRun, statement: Statement) -> bool:
        """Put a statement into the next exchange; `False` if it cannot be, and the run has failed."""
        try:
            self._wire.send(statement)
        except (ValueError, OverflowError, TypeError, AttributeError) as error:
            run.fail(StatementFailed(f"{run.name}: {error}"))
            return False
        return True


def _row(asked: tuple[BodyRun, Statement]) -> tuple[str, ...]:
    return row_of(asked[1])


def _changed(asked: _Asking, answers: list[Any]) -> list[BodyRun]:
    return [run for (run, statement), answer in zip(asked, answers, strict=True) if _changes(statement, answer)]


def _changes(statement: Statement, answer: object) -> bool:
    """Return whether a statement with this answer may have changed anything; what is not known for sure has."""
    shape = of(statement.sql)
    if shape.word in ("insert", "update", "delete"):
        told = shape.returns or statement.answer == "run"  # of what it changed: rows, or their number
        return bool(answer) or not told
    return shape.word != "select"
