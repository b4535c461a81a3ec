"""A full database: a million people with their credentials and sessions, made in minutes.

`python -m bench.fill --people 1000000 --engine postgres` makes one in a throwaway cluster below `/var/tmp`, says how
long that took and how large it is, and removes it. `fill` is what other benches and tests begin with. Rows are made by
the database itself, without its indices, which are made when all rows are there.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from queue import Queue
from typing import Any, Protocol

import psycopg

from bench import postgres
from bench.filling import HEAD, PASSWORD_HASH, ROWS, People
from bench.processes import Processes
from bench.subject import PASSWORD
from gatelodge.authn.hashing import Argon2
from gatelodge.clock import SystemEntropy
from gatelodge.config.policies import DatabasePolicy, SignInPolicy
from gatelodge.database import migrate
from gatelodge.database.places import Places
from gatelodge.database.render import for_sqlite

_AT_ONCE = 20_000  # people in one transaction

Said = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is: `sessions`, `consents`, `families` and `events` of the audit trail are of each person.

    With `dense` everybody has something of everything: a small database in which no table is short.
    """

    people: int = 1_000_000
    sessions: int = 5
    consents: int = 2
    families: int = 1
    events: int = 3
    clients: int = 1_000
    dense: bool = False


@dataclass(slots=True)
class Filled:
    """How many rows each table got, and how long it took, in seconds: `rows` to make them, `indices` to index them."""

    rows: dict[str, int] = field(default_factory=dict[str, int])
    making: float = 0.0
    indexing: float = 0.0


class _Engine(Protocol):
    """A database while it is filled."""

    def run(self, sql: str, params: Sequence[int | str] = ()) -> int:
        """Run a statement in a transaction of its own and return how many rows it made."""
        ...

    def indices(self) -> dict[str, str]:
        """Return every index that is no primary key: its name, and what makes it."""
        ...

    def next_id(self) -> int:
        """Return the number of the next id."""
        ...

    def move_on(self, number: int) -> None:
        """Have ids go on from there."""
        ...

    def settle(self) -> None:
        """Look at what is there as a database does that has run for a while."""
        ...


def fill(url: str, size: Size, now: int, places: int = 1, say: Said = lambda _: None) -> Filled:
    """Fill a migrated database. Whoever else has it open must be gone: nothing is checked meanwhile.

    The people are called `person1` and so on, and their password is that of every person of the bench.
    """
    filled, began = Filled(), time.monotonic()
    with ExitStack() as opened:
        engines = [opened.enter_context(_opened(url, places, size.clients)) for _ in range(_writers(url))]
        engine, indices = engines[0], engines[0].indices()
        for name in indices:
            engine.run(f"drop index {name}")
        filled.rows["clients"] = engine.run(_CLIENTS, (size.clients, now))
        for table, rows in _made(engines, size, now):
            filled.rows[table] = filled.rows.get(table, 0) + rows
            say(f"{table}: {rows:,} rows, {time.monotonic() - began:.0f} s")
        filled.making = time.monotonic() - began
        for definition in indices.values():
            engine.run(definition)
        engine.settle()
        filled.indexing = time.monotonic() - began - filled.making
        say(f"indices: {filled.indexing:.0f} s")
    return filled


def _writers(url: str) -> int:
    """Return how many may write at once."""
    return 1 if url.startswith("sqlite") else 2


_CLIENTS = """
with recursive numbers(n) as (select cast(0 as bigint) union all select n + 1 from numbers where n + 1 < $1)
insert into clients (id, metadata, created_at, updated_at)
select bench_app(n), coalesce((select metadata from clients where id = 'web'), '{}'), cast($2 as bigint), $2
from numbers
"""


def _made(engines: Sequence[_Engine], size: Size, now: int) -> Generator[tuple[str, int]]:
    """Make the rows of each table, and tell how many."""
    free = Queue[_Engine]()
    for engine in engines:
        free.put(engine)

    def make(chore: _Chore) -> tuple[str, int]:
        engine, rows = free.get(), 0
        for first in range(1, size.people + 1, _AT_ONCE):
            last = min(first + _AT_ONCE - 1, size.people)
            rows += engine.run(HEAD + chore.people.sql, (first, last, *chore.about))
        free.put(engine)
        return chore.people.table, rows

    chores = list(_chores(engines[0], size, now))
    if len(engines) == 1:
        yield from map(make, chores)  # its connection stays with its thread
        return
    with ThreadPoolExecutor(len(engines)) as threads:
        yield from threads.map(make, sorted(chores, key=lambda chore: -chore.rows))


@dataclass(frozen=True, slots=True)
class _Chore:
    """The rows of one table that are to be made, about how many, and the parameters of their statement."""

    people: People
    rows: float
    about: Sequence[int | str]


def _chores(engine: _Engine, size: Size, now: int) -> Generator[_Chore]:
    first_person = begins = engine.next_id()
    engine.move_on(first_person + size.people + 1)
    password = Argon2(SignInPolicy(), SystemEntropy()).hash(PASSWORD.encode())
    for people in ROWS:
        each = int(getattr(size, people.named)) if people.named else people.each
        every = 1 if size.dense else people.every
        begins = begins if people.of_last else engine.next_id()
        if people.ids:
            engine.move_on(begins + (size.people + 1) * each)
        more = (password,) if PASSWORD_HASH in people.sql else ()
        yield _Chore(people, each / every, (now, begins, each, every, first_person, *more))


@contextmanager
def _opened(url: str, places: int, clients: int) -> Generator[_Engine]:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            yield _Sqlite(connection, places, clients)
    else:
        with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.RawCursor) as connection:
            yield _Postgres(connection, places, clients)


class _Sqlite(_Engine):
    def __init__(self, connection: sqlite3.Connection, places: int, clients: int) -> None:
        self._connection, placing = connection, Places(places)
        for setting in ("foreign_keys = off", "synchronous = off", "cache_size = -262144", "temp_store = memory"):
            connection.execute(f"pragma {setting}")
        self._call("bench_digest", lambda text: sha256(str(text).encode()).digest())
        self._call("bench_hex", lambda text: sha256(str(text).encode()).hexdigest())
        self._call("bench_sub", lambda n: f"bench-sub-{n}")
        self._call("bench_place", lambda n: placing.of_name(f"bench-sub-{n}"))
        self._call("bench_app", lambda n: f"app{int(n) % clients}")

    def _call(self, name: str, act: Callable[[int | str], int | str | bytes]) -> None:
        self._connection.create_function(name, 1, act, deterministic=True)

    def run(self, sql: str, params: Sequence[int | str] = ()) -> int:
        self._connection.execute(for_sqlite(sql), params)
        return int(self._connection.execute("select changes()").fetchone()[0])

    def indices(self) -> dict[str, str]:
        named = "select name, sql from sqlite_master where type = 'index' and sql is not null"
        return dict(self._connection.execute(named).fetchall())

    def next_id(self) -> int:
        return int(self._connection.execute("select last from ids").fetchone()[0]) + 1

    def move_on(self, number: int) -> None:
        self._connection.execute("update ids set last = ?", (number - 1,))

    def settle(self) -> None:
        self._connection.execute("pragma wal_checkpoint(truncate)")


_FUNCTIONS = """
create function bench_digest(text) returns bytea language sql immutable parallel safe as
    'select sha256(convert_to($1, ''UTF8''))';
create function bench_hex(text) returns text language sql immutable parallel safe as
    'select encode(sha256(convert_to($1, ''UTF8'')), ''hex'')';
create function bench_sub(bigint) returns text language sql immutable parallel safe as
    'select ''bench-sub-'' || $1';
create function bench_app(bigint) returns text language sql immutable parallel safe as
    'select ''app'' || $1 % {clients}';
create function bench_place(bigint) returns bigint language sql immutable parallel safe as
    'select (get_byte(bench_digest(bench_sub($1)), 0) * 256 + get_byte(bench_digest(bench_sub($1)), 1)) % {places}';
"""
_INDICES = """
select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
from pg_index i join pg_class c on c.oid = i.indrelid
where not i.indisprimary and c.relnamespace = 'public'::regnamespace
"""


class _Postgres(_Engine):
    def __init__(self, connection: psycopg.Connection[Any], places: int, clients: int) -> None:
        self._connection = connection
        for setting, value in _SETTINGS.items():
            connection.execute(f"set {setting} = {value}".encode())
        made = _FUNCTIONS.format(places=places, clients=clients)
        for statement in made.strip().split(";\n"):
            connection.execute(statement.replace("create function", "create or replace function").encode())

    def run(self, sql: str, params: Sequence[int | str] = ()) -> int:
        return self._connection.execute(sql.encode(), params or None).rowcount

    def indices(self) -> dict[str, str]:
        return dict(self._connection.execute(_INDICES).fetchall())

    def next_id(self) -> int:
        row = self._connection.execute("select nextval('ids')").fetchone()
        return int(row[0]) if row else 1

    def move_on(self, number: int) -> None:
        self._connection.execute("select setval('ids', $1)", (number,))

    def settle(self) -> None:
        self._connection.execute("vacuum analyze")


_SETTINGS = {
    "session_replication_role": "replica",  # nobody's rows refer to what is not there, and nothing looks
    "synchronous_commit": "off",
    "maintenance_work_mem": "'512MB'",
    "work_mem": "'64MB'",
}


def main() -> None:
    """Fill a throwaway database and say what it took."""
    parser = argparse.ArgumentParser(prog="python -m bench.fill", description="Fill a database and say what it took.")
    parser.add_argument("--people", type=int, default=1_000_000, help="how many (%(default)s)")
    parser.add_argument("--sessions", type=int, default=5, help="of each of them (%(default)s)")
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="postgres")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where it is made: a disk")
    given = parser.parse_args()
    size = Size(people=given.people, sessions=given.sessions)
    with tempfile.TemporaryDirectory(dir=given.directory, prefix="gatelodge-bench-") as folder:
        Path(folder).chmod(0o711)
        with Processes(Path(folder)) as processes:
            url = _empty(given.engine, Path(folder), processes)
            filled = fill(url, size, int(time.time()), say=lambda told: print(told, file=sys.stderr))
        total = sum(filled.rows.values())
        held = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / 2**30
        print(f"{total:,} rows in {filled.making:.0f} s, indices in {filled.indexing:.0f} s, {held:.1f} GiB")


def _empty(engine: str, folder: Path, processes: Processes) -> str:
    if engine == "sqlite":
        url = f"sqlite:///{folder / 'gatelodge.db'}"
    else:
        core = max(os.sched_getaffinity(0))
        url = postgres.start(processes, "pg-fill", folder, core).make_database("gatelodge_bench_fill")
    migrate.up(DatabasePolicy(url=url))
    return url


if __name__ == "__main__":
    main()
