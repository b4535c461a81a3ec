"""One attempt at running bodies together: the next statement of each goes out in one exchange, until all have ended."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from gatelodge.database.jobs import Run
from gatelodge.database.postgres.wire import Refused, Wire
from gatelodge.database.tx import Statement, StatementFailed

_Asking = list[tuple[Run, Statement]]


class Attempt:
    """Drives bodies over one connection, once, and knows afterwards whose fault it is if nothing of it can be kept."""

    def __init__(self, wire: Wire, runs: Sequence[Run]) -> None:
        self._wire = wire
        self._runs = runs
        self._asking: _Asking = []
        self._rounds: list[tuple[_Asking, list[Any]]] = []
        self.statements = 0

    async def play(self) -> None:
        """Drive every body to its end, whatever becomes of the others. Raises `Refused` or `Lost`."""
        self._asking = [pair for run in self._runs if (pair := self._sent(run, run.begin()))]
        while self._asking:
            self.statements += len(self._asking)
            answers = (await self._wire.exchange())[-len(self._asking) :]  # before them there may be a `begin`
            self._rounds.append((self._asking, answers))
            answered = zip(self._asking, answers, strict=True)
            self._asking = [pair for (run, _), answer in answered if (pair := self._sent(run, run.resume(answer)))]

    def spoilers(self) -> list[Run]:
        """Return the bodies that failed after they had changed something. One that had not leaves nothing to undo."""
        failed = [run for run in self._runs if not run.commits]
        if not failed:
            return []
        changed = {run for round_ in self._rounds for run in _changed(*round_)}
        return [run for run in failed if run in changed]

    def culprits(self, refusal: Refused) -> list[Run]:
        """Return the body whose statement was refused; none if it was no body's."""
        return [run for run, statement in self._asking if statement is refusal.statement]

    def _sent(self, run: Run, statement: Statement | None) -> tuple[Run, Statement] | None:
        """Put a statement into the next exchange; `None` if there is none or, and the run has failed, it cannot be."""
        if statement is None:
            return None
        try:
            self._wire.send(statement)
        except (ValueError, OverflowError, TypeError, AttributeError) as error:
            run.fail(StatementFailed(f"{run.name}: {error}"))
            return None
        return run, statement


def _changed(asked: _Asking, answers: list[Any]) -> list[Run]:
    return [run for (run, statement), answer in zip(asked, answers, strict=True) if _changes(statement, answer)]


def _changes(statement: Statement, answer: object) -> bool:
    """Return whether a statement with this answer may have changed anything; what is not known for sure has."""
    first_word, returns = _shape(statement.sql)
    if first_word in ("insert", "update", "delete"):
        told = returns or statement.answer == "run"  # of what it changed: rows, or their number
        return bool(answer) or not told
    return first_word != "select"


@lru_cache(maxsize=1024)
def _shape(sql: str) -> tuple[str, bool]:
    return sql.split(maxsplit=1)[0].lower(), "returning" in sql.lower()
