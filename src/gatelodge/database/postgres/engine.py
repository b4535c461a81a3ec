"""PostgreSQL: lanes, each with one connection, take what waits and step it together in one transaction.

Works through a pooler in transaction mode (PgBouncer): settings travel with the connection where the server takes them,
and a lane that finds its prepared statements gone stops preparing.
"""

import logging
from asyncio import Task, create_task, gather, get_running_loop, sleep, wait
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from psycopg import AsyncConnection, ProgrammingError
from psycopg import Error as DriverError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gatelodge.config.policies import ConfigError, DatabasePolicy
from gatelodge.database.jobs import BodyRun, Waiting
from gatelodge.database.places import Places
from gatelodge.database.postgres.lane import Lane
from gatelodge.database.postgres.wire import Wire
from gatelodge.database.tx import Body, Database, P, Runner, Tx, Unavailable

T = TypeVar("T")

LOG = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0  # seconds between attempts to connect

_FAILURES = (DriverError, OSError, TimeoutError)


class PostgresDatabase(Database):
    """One PostgreSQL database, through `policy.lanes` connections that write and as many that read."""

    engine: Literal["sqlite", "postgres"] = "postgres"

    def __init__(self, policy: DatabasePolicy) -> None:
        self.statements = 0
        self.transactions = 0
        self.commits = 0
        self.undone = 0
        self.trouble: str | None = None
        self._policy = policy
        self._tx = Tx(Places(policy.places))
        self._writes = Waiting(policy.queue, policy.deadline)
        self._reads = Waiting(policy.queue, policy.deadline)
        self._write_lanes = [self._lane(self._writes, reads=False) for _ in range(policy.lanes)]
        self._read_lanes = [self._lane(self._reads, reads=True) for _ in range(policy.lanes)]
        self._tasks: list[Task[None]] = []

    async def start(self) -> None:
        lanes = [*self._write_lanes, *self._read_lanes]
        try:
            await gather(*(lane.connect() for lane in lanes))
        except _FAILURES as error:
            for lane in lanes:
                lane.drop()
            raise Unavailable(reason(error)) from None
        self._tasks = [
            *(create_task(self._keep(lane, self._writes, self._write_lanes)) for lane in self._write_lanes),
            *(create_task(self._keep(lane, self._reads, self._read_lanes)) for lane in self._read_lanes),
        ]

    async def write(self, body: Body[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        job = self._writes.admit(BodyRun(self._tx, body, args, kwargs))
        self.transactions += 1
        _wake_one(self._write_lanes)
        return await job.future

    async def read(self, body: Body[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        job = self._reads.admit(BodyRun(self._tx, body, args, kwargs))
        _wake_one(self._read_lanes)
        return await job.future

    def at(self, place: int) -> Runner:
        return self  # one machine has every place; of several, this chooses the lanes that speak to the one that has it

    async def close(self) -> None:
        for waiting in (self._writes, self._reads):
            waiting.close()
        lanes = [*self._write_lanes, *self._read_lanes]
        for lane in lanes:
            lane.wake()
        if self._tasks:
            _, late = await wait(self._tasks, timeout=self._policy.deadline)
            for task in late:
                task.cancel()
            await gather(*self._tasks, return_exceptions=True)
        for waiting in (self._writes, self._reads):
            waiting.abandon("the database is closed")
        for lane in lanes:
            lane.drop()

    def _lane(self, waiting: Waiting, *, reads: bool) -> Lane:
        async def dial(on_lost: Callable[[], None]) -> Wire:
            return await _dial(self._policy, reads=reads, on_lost=on_lost)

        return Lane(waiting, dial, self, deadline=self._policy.deadline, reads=reads)

    async def _keep(self, lane: Lane, waiting: Waiting, alike: list[Lane]) -> None:
        """Have a lane work, and connect it again when it lost its connection: at once, unless that keeps failing."""
        loop = get_running_loop()
        pause = 0.0
        while True:
            began = loop.time()
            await _work(lane)
            if waiting.closed:
                return
            lasted = loop.time() - began > LONGEST_PAUSE
            pause = 0.0 if lasted else min(max(FIRST_PAUSE, 2 * pause), LONGEST_PAUSE)
            await sleep(pause)
            await self._connect(lane, waiting, alike)

    async def _connect(self, lane: Lane, waiting: Waiting, alike: list[Lane]) -> None:
        try:
            await lane.connect()
        except Exception as error:  # noqa: BLE001 - whatever it was, a lane that is not tried again is lost for good
            self._note(error)
            if not any(other.connected for other in alike):
                waiting.unattended = "the database cannot be reached"
                waiting.refuse_queued(waiting.unattended)
        else:
            self.trouble = waiting.unattended = None

    def _note(self, error: Exception) -> None:
        self.trouble = reason(error) if isinstance(error, _FAILURES) else f"a lane failed: {type(error).__name__}"
        LOG.warning("postgres: %s", self.trouble)


async def _work(lane: Lane) -> None:
    try:
        await lane.work()
    except Exception:  # whatever it was, its callers were told, and the lane must go on
        LOG.exception("postgres: a lane failed")
        lane.drop()


def _wake_one(lanes: list[Lane]) -> None:
    for lane in lanes:
        if lane.rests:
            lane.wake()
            return


def reason(error: Exception) -> str:
    """Say why a connection failed; libpq's messages name hosts and people, never passwords."""
    return f"the database cannot be reached: {error or 'it does not answer'}".strip()


async def _dial(policy: DatabasePolicy, *, reads: bool, on_lost: Callable[[], None]) -> Wire:
    """Open a connection with our settings. What refuses settings is a pooler, which may mix up prepared statements."""
    settings = _settings(policy, reads=reads)
    try:
        connection, prepares = await _connect(conninfo(policy.url, policy.deadline, settings)), policy.prepare
    except DriverError as error:
        if "unsupported startup parameter" not in str(error):
            raise
        connection, prepares = await _connect(conninfo(policy.url, policy.deadline)), False
    return Wire(connection, prepares=prepares, on_lost=on_lost)


async def _connect(conninfo: str) -> AsyncConnection[Any]:
    return await AsyncConnection.connect(conninfo, autocommit=True, prepare_threshold=None)


def _settings(policy: DatabasePolicy, *, reads: bool) -> str:
    milliseconds = int(policy.deadline * 1000)
    settings: dict[str, int | str] = {
        "statement_timeout": milliseconds,
        "idle_in_transaction_session_timeout": 2 * milliseconds,
        # Two batches may hold each other's locks: this ends it sooner than the deadlock detector would.
        "lock_timeout": min(250, milliseconds),
    }
    if reads:  # a lane that writes takes what the server says: an operator may have frozen it
        settings["default_transaction_read_only"] = "on"
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def conninfo(url: str, deadline: float, settings: str = "") -> str:
    """Return `url` with what it leaves open: a dead peer is noticed within seconds.

    Raises `ConfigError` if it cannot be read, in words of ours: libpq quotes the part, which may be the password.
    """
    try:
        given = conninfo_to_dict(url)
    except ProgrammingError:
        raise ConfigError(
            "database.url", "cannot be read: write what is special in a name or a password as %XX, also a % itself"
        ) from None
    ours: dict[str, str | int] = {
        "application_name": "gatelodge",
        "client_encoding": "utf8",
        "connect_timeout": max(2, int(deadline)),
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    options = " ".join(filter(None, (settings, str(given.get("options") or ""))))
    return make_conninfo("", **{**ours, **given, "options": options or None})
