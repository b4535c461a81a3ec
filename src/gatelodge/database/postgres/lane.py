"""One lane of PostgreSQL: a connection, and the batches of jobs that are stepped over it together."""

from asyncio import Future, get_running_loop, sleep, timeout
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Protocol

from gatelodge.database.jobs import RESTLESS, RUNS, Job, Run, Waiting
from gatelodge.database.postgres.wire import Lost, Refused, Wire
from gatelodge.database.tx import Conflict, Statement, StatementFailed, Unavailable

BATCH = 128  # jobs in one transaction

# Failures that say: run it again. Serialization, deadlock, and a lock that two batches may hold crosswise.
CONFLICTS = frozenset({"40001", "40P01", "55P03"})
# A prepared statement that is not there, is there already, or no longer fits: a pooler, or a schema that moved on.
STALE = frozenset({"26000", "42P05", "0A000"})
TIMED_OUT = "57014"
# What speaks of the server, not of the statement: connection, a commit of unknown outcome, resources, intervention,
# system, internal.
TROUBLE = ("08", "40003", "53", "57", "58", "XX")
READ_ONLY = "25006"  # for a write: the primary has become a standby

Dial = Callable[[Callable[[], None]], Awaitable[Wire]]


class Tally(Protocol):
    """Where a lane counts what it did."""

    statements: int
    commits: int


class Fate(Enum):
    """What became of one attempt at a batch."""

    KEPT = auto()  # committed; every run has its value or its refusal
    UNDONE = auto()  # rolled back, because a run failed
    AGAIN = auto()  # rolled back, because it met another transaction


class Lane:
    """Takes batches of waiting jobs and runs each as one transaction, or, for reads, as none."""

    def __init__(self, waiting: Waiting, dial: Dial, tally: Tally, *, deadline: float, reads: bool) -> None:
        self._waiting = waiting
        self._dial = dial
        self._tally = tally
        self._deadline = deadline
        self._reads = reads
        self._wire: Wire | None = None
        self._rest: Future[None] | None = None

    @property
    def connected(self) -> bool:
        return self._wire is not None and not self._wire.lost

    @property
    def rests(self) -> bool:
        """Whether it waits for work."""
        return self._rest is not None and not self._rest.done()

    def wake(self) -> None:
        """Have it look at its work and its connection."""
        if self._rest is not None and not self._rest.done():
            self._rest.set_result(None)

    async def connect(self) -> None:
        """Open the connection. Raises what the driver raises, `OSError` or `TimeoutError`."""
        async with timeout(self._deadline):
            self._wire = await self._dial(self.wake)

    def drop(self) -> None:
        """Close the connection."""
        if self._wire is not None:
            self._wire.drop()
            self._wire = None

    async def work(self) -> None:
        """Run what waits for as long as the connection holds; rest when nothing does."""
        while self.connected:
            batch = self._waiting.take(BATCH)
            if batch:
                await self._run(batch)
            elif self._waiting.closed:
                return
            else:
                self._rest = get_running_loop().create_future()
                await self._rest

    async def _run(self, batch: list[Job]) -> None:
        try:
            async with timeout(self._deadline):
                await self._settle(batch)
        except (Lost, TimeoutError):
            self.drop()
        finally:
            for job in batch:
                job.refuse("the connection to the database was lost")
            self._waiting.done(batch)

    async def _settle(self, jobs: list[Job]) -> None:
        """Run jobs together and answer them; if that cannot be, in halves, until each stands alone."""
        awaited = [job for job in jobs if not job.future.done()]
        if not awaited:
            return
        fate = await self._attempt([job.run for job in awaited])
        if fate is not Fate.KEPT and len(awaited) > 1:
            half = len(awaited) // 2
            await self._settle(awaited[:half])
            await self._settle(awaited[half:])
            return
        if fate is Fate.AGAIN:
            await self._insist(awaited[0].run)
        for job in awaited:
            job.answer()

    async def _insist(self, run: Run) -> None:
        """Run a body that met another transaction again, a few times."""
        for tried in range(1, RUNS):
            await sleep(0.002 * 2**tried)
            if await self._attempt([run]) is not Fate.AGAIN:
                return
        run.fail(Unavailable(RESTLESS))

    async def _attempt(self, runs: list[Run]) -> Fate:
        """Run bodies together once. Raises `Lost`."""
        wire = self._wire
        if wire is None:
            raise Lost
        try:
            if self._reads:
                await self._step(wire, runs)
                return Fate.AGAIN if any(run.demands_another for run in runs) else Fate.KEPT
            wire.begin()
            await self._step(wire, runs)
            if all(run.commits for run in runs):
                await wire.settle("commit")
                self._tally.commits += 1
                return Fate.KEPT
            await wire.settle("rollback")
        except Refused as refusal:
            return await self._give_up(wire, runs, refusal)
        return Fate.AGAIN if any(run.demands_another for run in runs) else Fate.UNDONE

    async def _step(self, wire: Wire, runs: list[Run]) -> None:
        """Drive bodies, the next statement of each in one exchange, until all have ended or one spoils the rest."""
        asking = [(run, run.begin()) for run in runs]
        while True:
            asked = [run for run, statement in asking if statement is not None and _send(wire, run, statement)]
            if not asked or (not self._reads and not all(run.commits for run in runs)):
                return
            self._tally.statements += len(asked)
            answers = await wire.exchange()  # of a `begin` before them, too
            asking = [(run, run.resume(answer)) for run, answer in zip(asked, answers[-len(asked) :], strict=True)]

    async def _give_up(self, wire: Wire, runs: list[Run], refusal: Refused) -> Fate:
        """Undo what was done before a refusal, and judge it. Raises `Lost` if the server is to blame."""
        if not self._reads:
            await wire.settle("rollback")
        if refusal.sqlstate in CONFLICTS or (refusal.sqlstate in STALE and wire.stop_preparing()):
            return Fate.AGAIN
        if self._blames_server(refusal.sqlstate):
            raise Lost
        if len(runs) == 1:
            runs[0].fail(_as_failure(refusal, runs[0].name))
        return Fate.UNDONE

    def _blames_server(self, sqlstate: str) -> bool:
        if sqlstate == READ_ONLY:
            return not self._reads
        return sqlstate.startswith(TROUBLE) and sqlstate != TIMED_OUT


def _send(wire: Wire, run: Run, statement: Statement) -> bool:
    """Put a run's statement into the next exchange; `False`, and the run has failed, if a parameter cannot be sent."""
    try:
        wire.send(statement)
    except (ValueError, OverflowError, TypeError, AttributeError) as error:
        run.fail(StatementFailed(f"{run.name}: {error}"))
        return False
    return True


def _as_failure(refusal: Refused, body: str) -> Exception:
    if refusal.sqlstate == TIMED_OUT:
        return Unavailable("a statement took too long")
    kind = Conflict if refusal.sqlstate.startswith("23") else StatementFailed
    return kind(" ".join(filter(None, (f"{body}:", refusal.sqlstate, refusal.constraint, refusal.about))))
