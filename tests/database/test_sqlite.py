"""What happens to a SQLite file: other processes, power cuts, full disks, damage."""

import asyncio
import fcntl
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.sqlite import engine as sqlite
from gatelodge.database.sqlite import file as sqlite_file
from gatelodge.database.sqlite.engine import SqliteDatabase
from gatelodge.database.sqlite.writer import Writer
from gatelodge.database.tx import Tx, Unavailable

pytestmark = pytest.mark.anyio

TRUNCATE_AT = 100_000


async def put(tx: Tx, number: int) -> int:
    return await tx.run("insert into audit (at, event) values ($1, 'put')", number)


async def put_big(tx: Tx, number: int) -> int:
    return await tx.run("insert into audit (at, event) values ($1, $2)", number, "x" * 2_000)


async def count(tx: Tx) -> int:
    row = await tx.one("select count(*) from audit")
    assert row is not None
    return row[0]


@pytest.fixture
def file(sqlite_policy: DatabasePolicy) -> Path:
    return Path(sqlite_policy.url.removeprefix("sqlite:///"))


@pytest.fixture
async def database(file: Path, sqlite_policy: DatabasePolicy, anyio_backend: str) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(file, replace(sqlite_policy, deadline=1.0))
    await database.start()
    yield database
    await database.close()


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def test_only_its_owner_may_read_the_file_and_what_lies_beside_it(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "new.db", DatabasePolicy())
    await database.start()
    with pytest.raises(Exception, match="no such table"):
        await database.write(put, 1)
    assert modes(tmp_path) == {
        "new.db": 0o600,
        "new.db-wal": 0o600,
        "new.db-shm": 0o600,
        "new.db.lock": 0o600,
    }
    await database.close()


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "nowhere" / "x.db", DatabasePolicy())
    with pytest.raises(Unavailable, match="nowhere"):
        await database.start()
    await database.close()


# Other processes

WRITES = """
import asyncio, sys
from pathlib import Path
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.sqlite.engine import SqliteDatabase

async def add(tx, number):
    await tx.run("update users set created_at = created_at + 1 where id = 1")
    await tx.run("insert into audit (at, event) values ($1, 'put')", number)

async def one_after_the_other(database, first, count):
    for number in range(first, first + count):
        await database.write(add, number)
        print(number, flush=True)

async def main(file, first, count, lines):
    database = SqliteDatabase(Path(file), DatabasePolicy(deadline=30))
    await database.start()
    await asyncio.gather(*(one_after_the_other(database, first + line * count, count) for line in range(lines)))
    await database.close()

asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
"""

USER = "insert into users (place, id, sub, username, created_at, updated_at) values (1, 1, 's', 'u', 0, 0)"


def writer(file: Path, *, first: int, count: int, lines: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITES, str(file), str(first), str(count), str(lines)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kept(file: Path) -> set[int]:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        return {row[0] for row in connection.execute("select at from audit")}


def one_user(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(USER)
        connection.commit()


def test_several_processes_write_to_one_file(file: Path) -> None:
    one_user(file)
    writers = [writer(file, first=n * 10_000, count=20, lines=10) for n in range(3)]
    for process in writers:
        process.communicate()
        assert process.returncode == 0
    assert len(kept(file)) == 600
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("select created_at from users").fetchone() == (600,)


def test_FLT_01_what_was_acknowledged_survives_kill_9(file: Path) -> None:
    one_user(file)
    acknowledged: set[int] = set()
    for round_ in range(3):
        with writer(file, first=round_ * 1_000_000, count=100_000, lines=8) as process:
            assert process.stdout is not None
            acknowledged.update(int(process.stdout.readline()) for _ in range(100))
            process.send_signal(signal.SIGKILL)
            acknowledged.update(
                int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")
            )
    there = kept(file)
    assert acknowledged <= there
    assert len(there) - len(acknowledged) <= 3 * 8 * 2  # at most what was under way each time
    assert len(acknowledged) >= 300


async def test_a_start_waits_for_whoever_has_the_file_for_a_moment(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("pragma locking_mode = exclusive")
        other.execute("begin exclusive")
        database = SqliteDatabase(file, DatabasePolicy(deadline=30))
        starting = asyncio.ensure_future(database.start())
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert not starting.done()
    await starting
    assert await database.write(put, 1) == 1
    await database.close()


async def test_a_start_waits_for_nobody_beyond_the_deadline(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("pragma locking_mode = exclusive")
        other.execute("begin exclusive")
        database = SqliteDatabase(file, DatabasePolicy(deadline=0.1))
        with pytest.raises(Unavailable, match="locked by another program"):
            await database.start()
    await database.close()


async def test_FLT_12_the_loop_turns_while_another_process_writes(database: SqliteDatabase, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin immediate")
        waiting = asyncio.ensure_future(database.write(put, 1))
        turns = 0
        while turns < 20:
            await asyncio.sleep(0.005)
            turns += 1
            assert await database.read(count) == 0
        assert not waiting.done()
        other.execute("rollback")
        assert await waiting == 1


async def test_FLT_12_a_writer_that_does_not_let_go_is_not_waited_for_beyond_the_deadline(
    database: SqliteDatabase, file: Path
) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(Unavailable):
            await database.write(put, 1)
        other.execute("rollback")
    assert await database.write(put, 2) == 1
    assert await database.read(count) == 1


async def test_jobs_nobody_waits_for_any_more_are_not_run(database: SqliteDatabase, file: Path) -> None:
    lock = os.open(f"{file}.lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    outcomes = await asyncio.gather(*(database.write(put, n) for n in range(5)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 5
    os.close(lock)
    assert await database.write(put, 9) == 1
    assert await database.read(count) == 1


# The disk


def test_FLT_04_every_connection_syncs_the_log_with_every_commit(file: Path) -> None:
    with closing(sqlite_file.connect(file)) as connection:
        settings = [connection.execute(f"pragma {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
    assert settings == [2, "wal"]  # 2: FULL


class Disk:
    """A disk that can be told to fail: wraps what the writer does to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real = Writer.commit
        self.error: sqlite3.Error | None = None
        disk = self

        def commit(writer: Writer) -> None:
            if disk.error is not None:
                raise disk.error
            disk._real(writer)

        monkeypatch.setattr(Writer, "commit", commit)

    def breaks_with(self, code: int) -> None:
        self.error = sqlite3.OperationalError("the disk")
        self.error.sqlite_errorcode = code

    def is_mended(self) -> None:
        self.error = None


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (sqlite3.SQLITE_FULL, "the disk is full"),
        (sqlite3.SQLITE_IOERR_FSYNC, "the disk reports an error"),
        (sqlite3.SQLITE_BUSY, "the database is locked by another program"),
    ],
)
async def test_FLT_05_a_commit_that_fails_is_not_acknowledged_and_the_next_one_recovers(
    database: SqliteDatabase, disk: Disk, code: int, reason: str
) -> None:
    disk.breaks_with(code)
    outcomes = await asyncio.gather(*(database.write(put, n) for n in range(5)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == [reason] * 5
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
    assert database.trouble == reason
    disk.is_mended()
    assert await database.write(put, 9) == 1
    assert database.trouble is None
    assert await database.read(count) == 1


async def test_FLT_06_on_a_full_disk_reads_go_on_and_writes_recover_when_there_is_room(
    database: SqliteDatabase, small_files: Iterator[None]
) -> None:
    written = await fill(database)
    assert await database.read(count) == written
    assert database.trouble is not None
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert await database.write(put_big, written) == 1
    assert await database.read(count) == written + 1


async def fill(database: SqliteDatabase) -> int:
    """Write until there is no room; return how many writes were acknowledged."""
    for written in range(10_000):
        try:
            await database.write(put_big, written)
        except Unavailable:
            return written
    raise AssertionError("the disk never filled")


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow beyond a megabyte: to a program that is what a full disk looks like."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


async def test_FLT_09_a_damaged_file_is_not_served(file: Path, sqlite_policy: DatabasePolicy) -> None:
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(os.urandom(20 * 4096))
    database = SqliteDatabase(file, sqlite_policy)
    with pytest.raises(Unavailable, match="damaged: restore a backup"):
        await database.start()
    await database.close()


async def test_FLT_09_damage_met_while_serving_stays_known(database: SqliteDatabase, disk: Disk) -> None:
    disk.breaks_with(sqlite3.SQLITE_CORRUPT)
    with pytest.raises(Unavailable):
        await database.write(put, 1)
    disk.is_mended()
    assert await database.write(put, 2) == 1
    assert database.trouble == sqlite_file.DAMAGED


async def test_the_write_ahead_log_is_kept_short(
    database: SqliteDatabase, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_log", sqlite_file.WriteAheadLog(file, TRUNCATE_AT))
    longest = 0
    for round_ in range(40):
        await asyncio.gather(*(database.write(put_big, round_ * 100 + n) for n in range(20)))
        longest = max(longest, os.stat(f"{file}-wal").st_size)
    for _ in range(100):
        if os.stat(f"{file}-wal").st_size < TRUNCATE_AT:
            break
        await asyncio.sleep(0.02)
        await database.write(put, 1)
    assert os.stat(f"{file}-wal").st_size < TRUNCATE_AT
    assert longest < 1_600_000
    assert sqlite.LOG_LIMIT > TRUNCATE_AT
