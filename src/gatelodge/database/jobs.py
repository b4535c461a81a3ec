"""Bodies on their way through an engine: driven statement by statement, answered once, never after their deadline."""

from asyncio import AbstractEventLoop, CancelledError, Future, TimerHandle, get_running_loop
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from gatelodge.database.tx import ForeignAwait, RunAgain, Statement, Tx, Unavailable
from gatelodge.protocol.errors import OAuthError

RUNS = 5  # how often one body is run before "run it again" becomes "unavailable"
RESTLESS = "the transaction had to be run again too often"

AnyBody = Callable[..., Coroutine[Any, Any, Any]]


class BodyRun:
    """One body with its arguments. It may be run several times; the last run is the one that counts."""

    __slots__ = ("_args", "_body", "_coroutine", "_kwargs", "_tx", "error", "value")

    def __init__(self, tx: Tx, body: AnyBody, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self._tx = tx
        self._body = body
        self._args = args
        self._kwargs = kwargs
        self._coroutine: Coroutine[Any, Any, Any] | None = None
        self.value: Any = None
        self.error: Exception | None = None

    @property
    def name(self) -> str:
        """The body's qualified name, for messages."""
        return f"{self._body.__module__}.{self._body.__qualname__}"

    @property
    def commits(self) -> bool:
        """Whether what the finished run did is to be kept: a refusal is, any other exception is not."""
        return self.error is None or isinstance(self.error, OAuthError)

    @property
    def demands_another(self) -> bool:
        """Whether the finished run does not count."""
        return isinstance(self.error, RunAgain)

    def begin(self) -> Statement | None:
        """Run the body from its start to its first statement; `None` if it ended before one."""
        self._drop()
        self.value = self.error = None
        try:
            self._coroutine = self._body(self._tx, *self._args, **self._kwargs)
        except Exception as error:  # noqa: BLE001 - called with the wrong arguments, say
            self.error = error
            return None
        return self.resume(None)

    def resume(self, answer: Any) -> Statement | None:
        """Give the answer of the last statement and return the next; `None` once the run has ended."""
        assert self._coroutine is not None
        try:
            asked: object = self._coroutine.send(answer)
        except StopIteration as end:
            self.value = end.value
        except CancelledError:
            self.error = self._foreign()
        except Exception as error:  # noqa: BLE001 - a body may raise anything, and its caller gets it
            self.error = error
        else:
            if isinstance(asked, Statement):
                return asked
            self.fail(self._foreign())
        return None

    def fail(self, error: Exception) -> None:
        """End this run with `error`, which is not the body's own."""
        self._drop()
        self.error = error

    def outcome(self) -> Any:
        """Return what the last run returned. Raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.value

    def _drop(self) -> None:
        """Close a run that was left halfway."""
        coroutine, self._coroutine = self._coroutine, None
        if coroutine is not None:
            with suppress(Exception):  # what a run that does not count says in its `finally` is void
                coroutine.close()

    def _foreign(self) -> ForeignAwait:
        return ForeignAwait(f"{self.name} awaited something that is not the database")


class Job:
    """A run that a caller waits for, at most until `due` on the loop's clock."""

    __slots__ = ("due", "future", "run")

    def __init__(self, run: BodyRun, future: Future[Any], due: float) -> None:
        self.run = run
        self.future = future
        self.due = due

    def answer(self) -> None:
        """Tell the caller how the last run ended, unless it has gone or was told that its deadline has passed."""
        if self.future.done():
            return
        if self.run.error is None:
            self.future.set_result(self.run.value)
        else:
            self.future.set_exception(self.run.error)

    def refuse(self, reason: str) -> None:
        """Tell the caller that the engine cannot answer."""
        if not self.future.done():
            self.future.set_exception(Unavailable(reason))


class Waiting:
    """The jobs without an answer: a bounded queue in front of an engine, and the batches that are being run.

    Every job is refused at its deadline. One that still waited was never run; one that ran may yet commit, so its
    caller does not know the outcome.
    """

    def __init__(self, limit: int, deadline: float) -> None:
        self._limit = limit
        self._deadline = deadline
        self._queued: deque[Job] = deque()
        self._running: list[list[Job]] = []
        self._count = 0
        self._alarm: TimerHandle | None = None
        self._loop: AbstractEventLoop | None = None
        self.closed = False
        self.unattended: str | None = None  # why nobody takes jobs up, as far as known

    def __len__(self) -> int:
        return self._count

    def admit(self, run: BodyRun) -> Job:
        """Put a run into the queue. Raises `Unavailable` when it is full or closed."""
        if self.closed:
            raise Unavailable("the database is closed")
        if self._count >= self._limit:
            raise Unavailable("the queue of the database is full")
        if self._loop is None:
            self._loop = get_running_loop()
        job = Job(run, self._loop.create_future(), self._loop.time() + self._deadline)
        self._queued.append(job)
        self._count += 1
        if self._alarm is None:
            self._alarm = self._loop.call_at(job.due, self._expire)
        return job

    def take(self, most: int) -> list[Job]:
        """Return the longest-waiting jobs whose callers are still there, at most `most`; `done` must follow."""
        batch: list[Job] = []
        while self._queued and len(batch) < most:
            job = self._queued.popleft()
            if job.future.done():
                self._count -= 1
            else:
                batch.append(job)
        if batch:
            self._running.append(batch)
        return batch

    def done(self, batch: list[Job]) -> None:
        """Forget a batch that was taken and answered."""
        self._running.remove(batch)
        self._count -= len(batch)

    def refuse_queued(self, reason: str) -> None:
        """Answer everything that still waits with `Unavailable`."""
        waiting, self._queued = self._queued, deque()
        self._count -= len(waiting)
        _refuse(waiting, reason)

    def abandon(self, reason: str) -> None:
        """Answer everything, what is being run as well, with `Unavailable`."""
        self.refuse_queued(reason)
        for batch in self._running:
            _refuse(batch, reason)

    def close(self) -> None:
        """Admit nothing any more and let no alarm outlive the engine."""
        self.closed = True
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _expire(self) -> None:
        """Refuse what is due, and wake again when the next job is."""
        assert self._loop is not None
        now = self._loop.time()
        while self._queued and self._queued[0].due <= now:
            self._count -= 1
            self._queued.popleft().refuse(self.unattended or "the database did not take it up in time")
        for batch in self._running:
            _refuse((job for job in batch if job.due <= now), "the database did not answer in time")
        waits = [job.due for job in self._next_due() if job.due > now]
        self._alarm = self._loop.call_at(min(waits), self._expire) if waits else None

    def _next_due(self) -> Iterable[Job]:
        if self._queued:
            yield self._queued[0]
        for batch in self._running:
            yield from batch


def _refuse(jobs: Iterable[Job], reason: str) -> None:
    for job in jobs:
        job.refuse(reason)
