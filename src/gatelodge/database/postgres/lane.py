"""One lane of PostgreSQL: a connection, and the batches of jobs that are stepped over it together."""

import logging
from asyncio import Future, get_running_loop, sleep, timeout
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from gatelodge.database.jobs import RESTLESS, RUNS, BodyRun, Job, Waiting
from gatelodge.database.postgres.attempt import BatchRun
from gatelodge.database.postgres.wire import ConnectionLost, StatementRefused, Wire
from gatelodge.database.tx import Conflict, RunAgain, StatementFailed, Unavailable

LOG = logging.getLogger(__name__)

BATCH = 128  # jobs in one transaction

# Failures that say: run it again. Serialization, deadlock, and a lock that two batches may hold crosswise.
CONFLICTS = frozenset({"40001", "40P01", "55P03"})
# A prepared statement that is not there, is there already, or no longer fits: a pooler, or a schema that moved on.
STALE = frozenset({"26000", "42P05", "0A000"})
TIMED_OUT = "57014"
# What speaks of the server, not of the statement: connection, a commit of unknown outcome, resources, intervention,
# system, internal.
TROUBLE = ("08", "40003", "53", "57", "58", "XX")
READ_ONLY = "25006"  # for a write: the primary has become a standby, or its operator has frozen it
TAKES_NO_WRITES = "the database takes no writes: it is a standby, or was set to read only"

Dial = Callable[[Callable[[], None]], Awaitable[Wire]]


class Tally(Protocol):
    """Where a lane counts what it did."""

    statements: int
    commits: int
    undone: int


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
        except (ConnectionLost, TimeoutError) as lost:
            self.drop()
            self._refuse(batch, str(lost))
        finally:
            self._refuse(batch)
            self._waiting.done(batch)

    @staticmethod
    def _refuse(batch: list[Job], reason: str = "") -> None:
        if reason:
            LOG.warning("postgres: %s", reason)
        for job in batch:
            job.refuse(reason or "the connection to the database was lost")

    async def _settle(self, jobs: list[Job]) -> None:
        """Run jobs together and answer them. Who spoils it is set aside, so that it costs the others one more run."""
        parts, aside, whole = deque([jobs]), list[Job](), True
        while parts:
            part = [job for job in parts.popleft() if not job.future.done()]
            if len(part) < 2:
                aside += part
                continue
            apart, rest = await self._attempt(part)
            aside += apart
            if rest:
                parts += [rest] if apart and whole else _halves(rest)
                whole = False
        for job in await self._in_turn(aside):
            await self._insist(job)

    async def _attempt(self, jobs: list[Job]) -> tuple[list[Job], list[Job]]:
        """Run jobs together once; answer them, or return whom to set aside and who is to run together again."""
        culprits = await self._run_once([job.run for job in jobs])
        apart = {*(culprits or ()), *(job.run for job in jobs if job.run.demands_another)}
        rest = [job for job in jobs if job.run not in apart]
        if culprits is None:
            _answer(rest)
            rest = []
        return [job for job in jobs if job.run in apart], rest

    async def _in_turn(self, jobs: list[Job]) -> list[Job]:
        """Run jobs one after the other, each in a savepoint of one transaction, and return who must run alone.

        What fails undoes itself and no more. Together they would be faster, so these are those that had failed.
        """
        if len(jobs) < 2 or self._reads:
            return jobs
        wire = self._open_wire()
        wire.begin()
        try:
            for job in jobs:
                wire.mark()
                await self._take_turn(wire, job.run)
            await self._end(wire, keep=any(job.run.commits for job in jobs))
        except StatementRefused as refusal:  # of the commit, say
            await self._give_up(wire, [], refusal)
            return jobs
        alone = [job for job in jobs if job.run.demands_another]
        _answer(job for job in jobs if not job.run.demands_another)
        return alone

    async def _take_turn(self, wire: Wire, run: BodyRun) -> None:
        attempt = BatchRun(wire, [run])
        try:
            await attempt.play()
        except StatementRefused as refusal:
            self._judge(wire, [run], refusal)
        wire.release(keep=run.commits)
        self._tally.undone += not run.commits
        self._tally.statements += attempt.statements

    async def _insist(self, job: Job) -> None:
        """Run a job alone, again while it meets another transaction, a few times, and answer it."""
        for tried in range(RUNS):
            if job.future.done():
                return
            if tried:
                await sleep(0.002 * 2**tried)
            await self._run_once([job.run])
            if not job.run.demands_another:
                break
        else:
            job.run.fail(Unavailable(RESTLESS))
        job.answer()

    async def _run_once(self, runs: list[BodyRun]) -> list[BodyRun] | None:
        """Run bodies in one transaction; `None` if it was kept, otherwise whose fault it is that it was not.

        A body that failed before it changed anything is no reason to undo what the others did. Raises `ConnectionLost`.
        """
        wire = self._open_wire()
        attempt = BatchRun(wire, runs)
        try:
            if not self._reads:
                wire.begin()
            await attempt.play()
            spoilers = [] if self._reads else attempt.spoilers()
            if not self._reads:
                await self._end(wire, keep=not spoilers)
        except StatementRefused as refusal:
            return await self._give_up(wire, runs if len(runs) == 1 else attempt.culprits(refusal), refusal)
        finally:
            self._tally.statements += attempt.statements
        return spoilers or None

    async def _end(self, wire: Wire, *, keep: bool) -> None:
        """Commit or roll back, and count it. Raises `StatementRefused` or `ConnectionLost`."""
        await wire.settle("commit" if keep else "rollback")
        if keep:
            self._tally.commits += 1
        else:
            self._tally.undone += 1

    async def _give_up(self, wire: Wire, culprits: list[BodyRun], refusal: StatementRefused) -> list[BodyRun]:
        """Undo what was done before a refusal, and judge it. Raises `ConnectionLost` if the server is to blame."""
        if not self._reads:
            await self._end(wire, keep=False)
        self._judge(wire, culprits, refusal)
        return culprits

    def _judge(self, wire: Wire, culprits: list[BodyRun], refusal: StatementRefused) -> None:
        """Fail who is to blame for a refusal. Raises `ConnectionLost` if that is the server."""
        if self._blames_server(refusal.sqlstate):
            raise ConnectionLost(TAKES_NO_WRITES if refusal.sqlstate == READ_ONLY else "")
        again = refusal.sqlstate in CONFLICTS or (refusal.sqlstate in STALE and wire.stop_preparing())
        for run in culprits:
            run.fail(RunAgain() if again else _as_failure(refusal, run.name))

    def _open_wire(self) -> Wire:
        if self._wire is None:
            raise ConnectionLost
        return self._wire

    def _blames_server(self, sqlstate: str) -> bool:
        if sqlstate == READ_ONLY:
            return not self._reads
        return sqlstate.startswith(TROUBLE) and sqlstate != TIMED_OUT


def _answer(jobs: Iterable[Job]) -> None:
    for job in jobs:
        job.answer()


def _halves(jobs: list[Job]) -> list[list[Job]]:
    half = (len(jobs) + 1) // 2
    return [part for part in (jobs[:half], jobs[half:]) if part]


def _as_failure(refusal: StatementRefused, body: str) -> Exception:
    if refusal.sqlstate == TIMED_OUT:
        return Unavailable("a statement took too long")
    kind = Conflict if refusal.sqlstate.startswith("23") else StatementFailed
    return kind(" ".join(filter(None, (f"{body}:", refusal.sqlstate, refusal.constraint, refusal.about))))
