"""The SQLite file: how it is opened, who may write to it now, and what its errors mean."""

import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from gatelodge.database.tx import Conflict, StatementFailed, Unavailable

Connection = sqlite3.Connection

CACHED_STATEMENTS = 512
ROOM = 8 * 1024 * 1024  # bytes that must be free: what the write-ahead log grows to between two checkpoints
CHECK_SECONDS = 0.25  # the time a start spends on looking for damage
PAUSE = 0.005  # seconds between looks at a lock that another program holds

_SETTINGS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",  # NORMAL loses acknowledged commits when the power goes
    "pragma foreign_keys = on",
    "pragma wal_autocheckpoint = 0",  # checkpoints have a thread of their own
    "pragma cache_size = -32768",
    "pragma cache_spill = off",  # pages reach the file in the commit, which has a thread, and not before
    "pragma temp_store = memory",
    "pragma trusted_schema = off",
)

DAMAGED = "the database file is damaged: restore a backup"

# Primary result codes that say something about the machine or the file, not about the statement.
_TROUBLE = {
    sqlite3.SQLITE_BUSY: "the database is locked by another program",
    sqlite3.SQLITE_LOCKED: "the database is locked",
    sqlite3.SQLITE_NOMEM: "out of memory",
    sqlite3.SQLITE_READONLY: "the database file cannot be written to",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CANTOPEN: "the database file cannot be opened",
    sqlite3.SQLITE_PROTOCOL: "the database is locked by another program",
    sqlite3.SQLITE_NOTADB: DAMAGED,
}


def trouble(error: Exception) -> str | None:
    """Return what an error says about the machine or the file; `None` if it is about the statement."""
    return _TROUBLE.get(_primary_code(error))


def is_read_only(error: Exception) -> bool:
    """Return whether the error is about writing where that is not possible."""
    return _primary_code(error) == sqlite3.SQLITE_READONLY


def is_busy(error: Exception) -> bool:
    """Return whether another program holds what was asked for."""
    return _primary_code(error) == sqlite3.SQLITE_BUSY


def refused(error: Exception, body: str) -> StatementFailed:
    """Return what a body is told about a statement that was refused. SQLite's messages hold no values."""
    kind = Conflict if _primary_code(error) == sqlite3.SQLITE_CONSTRAINT else StatementFailed
    return kind(f"{body}: {error}")


def _primary_code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the higher bytes refine it


def create(path: Path) -> None:
    """Make the file unless it is there, readable by its owner alone; SQLite gives its companions the same mode.

    One that is there is never opened here: closing it would let go of every lock this process has on it (POSIX), and
    the next program to close the database would delete the log under our feet.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def connect(path: Path, *, wait: float = 0.0, patience: float = 0.0) -> Connection:
    """Open the file. A statement that meets another program's lock waits at most `wait` seconds.

    Opening itself waits at most `patience` seconds: for a moment the file belongs to whoever recovers its log after a
    crash, makes the log's index, or closes the file last.
    """
    create(path)
    gives_up = time.monotonic() + patience
    while True:
        try:
            return _connected(path, wait)
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() >= gives_up:
                raise
        time.sleep(PAUSE)


def _connected(path: Path, wait: float) -> Connection:
    connection = sqlite3.connect(
        path, timeout=wait, isolation_level=None, check_same_thread=False, cached_statements=CACHED_STATEMENTS
    )
    try:
        for setting in _SETTINGS:
            connection.execute(setting)
    except BaseException:
        connection.close()
        raise
    return connection


def lack_of_room(path: Path) -> str | None:
    """Say that the disk is full, or about to be: a small write may pass where a larger one is refused."""
    try:
        free = shutil.disk_usage(path).free
    except OSError:
        return _TROUBLE[sqlite3.SQLITE_CANTOPEN]
    return _TROUBLE[sqlite3.SQLITE_FULL] if free < ROOM else None


def identity(path: Path) -> tuple[int, int] | None:
    """Return which file is at `path`, `None` if there is none: another may have taken its place."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def look_for_damage(connection: Connection) -> None:
    """Raise `Unavailable` if a check of the file, as far as it gets in its time, finds damage."""
    ends = time.monotonic() + CHECK_SECONDS
    connection.set_progress_handler(lambda: int(time.monotonic() > ends), 10_000)
    try:
        found = connection.execute("pragma quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
    else:
        if found != ("ok",):
            raise Unavailable(DAMAGED)
    finally:
        connection.set_progress_handler(None, 0)


class WriteLock:
    """The right to write, among all processes that share the file.

    An advisory lock beside the file wakes who waits for it at once, where SQLite's own would sleep and try again.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if (
            os.geteuid() == 0
        ):  # root at the command line must not lock the server's user out; SQLite does so for its log
            owner = os.stat(path)
            os.fchown(self._file, owner.st_uid, owner.st_gid)

    def take_at_once(self) -> bool:
        """Take it if it is free."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def take(self) -> None:
        """Wait for it. A process that dies lets go of it."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def release(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._file)


@contextmanager
def writing_alone(path: Path) -> Generator[None]:
    """Hold the write lock of the file."""
    lock = WriteLock(path)
    try:
        lock.take()
        yield
    finally:
        lock.close()


class WriteAheadLog:
    """The log that commits go to first, and the checkpoints that keep it short. Runs in a thread of its own."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._log = f"{path}-wal"
        self._limit = limit

    def is_long(self) -> bool:
        """Return whether the log has outgrown its limit, in bytes."""
        try:
            return os.stat(self._log).st_size > self._limit
        except OSError:
            return False

    def shorten(self) -> None:
        """Copy the log into the file while others write, then the rest of it while nobody does, and start it anew."""
        with closing(connect(self._path)) as connection:
            connection.execute("pragma wal_checkpoint(passive)").fetchone()
            with writing_alone(self._path), suppress(sqlite3.OperationalError):
                connection.execute("pragma wal_checkpoint(truncate)").fetchone()
