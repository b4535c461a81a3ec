"""SQLite: what waits is run as one transaction, whose one fsync all of them share.

Statements are driven on the event loop, since each takes microseconds; only what waits, for the lock of another process
or for the disk, has a thread (docs/decisions/0010-sqlite-commits-in-a-thread.md has the figures).
"""

import logging
import sqlite3
from asyncio import Task, create_task, shield, sleep, timeout
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.jobs import RESTLESS, RUNS, BodyRun, Job, Waiting
from gatelodge.database.places import Places
from gatelodge.database.sqlite import file as sqlite_file
from gatelodge.database.sqlite.writer import Writer, execute
from gatelodge.database.tx import Body, Database, P, Runner, Tx, Unavailable
from gatelodge.database.worker_thread import WorkerThread

T = TypeVar("T")

BATCH = 128  # jobs in one transaction: it also bounds how long the loop is held
LOG_LIMIT = 8 * 1024 * 1024  # bytes of write-ahead log before it is copied into the file

LOG = logging.getLogger(__name__)

_FAILURES = (sqlite3.Error, OSError)


class SqliteDatabase(Database):
    """One SQLite file. Several processes may have it open."""

    engine: Literal["sqlite", "postgres"] = "sqlite"

    def __init__(self, path: Path, policy: DatabasePolicy) -> None:
        self.path = path
        self.statements = 0
        self.transactions = 0
        self.commits = 0
        self.undone = 0
        self.trouble: str | None = None
        self._deadline = policy.deadline
        self._tx = Tx(Places(policy.places))
        self._waiting = Waiting(policy.queue, policy.deadline)
        self._writer = Writer(path, policy.deadline)
        self._reader: sqlite3.Connection | None = None
        self._log = sqlite_file.WriteAheadLog(path, LOG_LIMIT)
        self._hand = WorkerThread("gatelodge-sqlite-commit")
        self._log_hand = WorkerThread("gatelodge-sqlite-checkpoint")
        self._work: Task[None] | None = None
        self._shortening: Task[None] | None = None

    async def start(self) -> None:
        try:
            await self._hand.do(self._open)
        except _FAILURES as error:
            raise Unavailable(f"{self.path}: {sqlite_file.trouble(error) or error}") from None

    async def write(self, body: Body[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        job = self._waiting.admit(BodyRun(self._tx, body, args, kwargs))
        self.transactions += 1
        if self._work is None:
            self._work = create_task(self._run_what_waits())
        return await job.future

    async def read(self, body: Body[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._waiting.closed:
            raise Unavailable("the database is closed")
        run = BodyRun(self._tx, body, args, kwargs)
        try:
            if self._reader is None:
                self._reader = _open_reader(self.path)
            self._look(run, self._reader)
        except _FAILURES as error:
            self._lose_reader()
            self._note(error)
            raise Unavailable(self.trouble or "") from None
        return run.outcome()

    def at(self, place: int) -> Runner:
        return self  # a file has every place

    async def close(self) -> None:
        self._waiting.close()
        self._lose_reader()
        if self._shortening is not None:
            self._shortening.cancel()
        with suppress(TimeoutError):
            async with timeout(self._deadline):
                if self._work is not None:
                    await shield(self._work)
                await self._hand.do(self._writer.close)
        self._waiting.abandon("the database is closed")
        self._hand.leave()
        self._log_hand.leave()

    def _open(self) -> None:
        self._reader = _open_reader(self.path, self._deadline)
        sqlite_file.look_for_damage(self._reader)
        self._writer.open()

    async def _run_what_waits(self) -> None:
        try:
            while batch := self._waiting.take(BATCH):
                await self._run(batch)
                self._waiting.done(batch)
                if self._shortening is None and self._log.is_long():
                    self._shortening = create_task(self._shorten_log())
        finally:
            self._work = None  # however it ended, the next write begins anew

    async def _run(self, batch: list[Job]) -> None:
        """Run jobs in one transaction and answer them after its commit."""
        try:
            if not self._writer.begin_at_once():
                await self._hand.do(self._writer.begin)
            for job in batch:
                if not job.future.done():
                    self._carry_out(job.run)
            await self._hand.do(self._writer.commit)
        except Exception as error:  # noqa: BLE001 - whatever it was, callers must be told, and the work must go on
            self._note(error)
            with suppress(Exception):
                await self._hand.do(self._writer.abandon)
            for job in batch:
                job.refuse(self.trouble or "")
            return
        self.commits += 1
        self._recover()
        for job in batch:
            job.answer()

    def _look(self, run: BodyRun, reader: sqlite3.Connection) -> None:
        """Run a body that only reads, until a run of it counts."""
        for _ in range(RUNS):
            self._drive(run, reader)
            if not run.demands_another:
                return
        run.fail(Unavailable(RESTLESS))

    def _carry_out(self, run: BodyRun) -> None:
        """Run a body in a savepoint of its own, until a run of it counts."""
        for _ in range(RUNS):
            self._writer.mark()
            self._drive(run, self._writer.connection)
            self._writer.settle(keep=run.commits)
            self.undone += not run.commits
            if not run.demands_another:
                return
        run.fail(Unavailable(RESTLESS))

    def _drive(self, run: BodyRun, connection: sqlite3.Connection) -> None:
        """Run a body to its end. Raises what the machine or the file is to blame for."""
        statement = run.begin()
        while statement is not None:
            self.statements += 1
            try:
                answer = execute(connection, statement)
            except Exception as error:
                if sqlite_file.trouble(error) and not (connection is self._reader and sqlite_file.is_read_only(error)):
                    raise
                run.fail(sqlite_file.refused(error, run.name))
                return
            statement = run.resume(answer)

    async def _shorten_log(self) -> None:
        try:
            await self._log_hand.do(self._log.shorten)
        except Exception as error:  # noqa: BLE001 - whatever it was, the log is long still and is looked at again
            self._note(error)
            await sleep(1)
        finally:
            self._shortening = None

    def _note(self, error: Exception) -> None:
        """Remember why the engine cannot answer. Damage stays: answers out of a damaged file are not to be trusted."""
        if self.trouble != sqlite_file.DAMAGED:
            self.trouble = sqlite_file.trouble(error) or "the database failed"
            LOG.warning("sqlite: %s (%s)", self.trouble, error)

    def _recover(self) -> None:
        if self.trouble is not None and self.trouble != sqlite_file.DAMAGED:
            self.trouble = None

    def _lose_reader(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()


def _open_reader(path: Path, patience: float = 0.0) -> sqlite3.Connection:
    reader = sqlite_file.connect(path, patience=patience)
    reader.execute("pragma query_only = on")
    return reader
