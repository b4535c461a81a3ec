"""What callers whose bodies raise cost those beside them: transactions a second of 128 callers, some of whom raise.

`python -m bench.raising` prints honest transactions a second on both engines, alone and beside 4 and 64 callers whose
bodies raise: before they changed anything, after that, and by a statement that is refused.
"""

import argparse
import asyncio
import itertools
import json
import os
import tempfile
import time
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import postgres, usage
from bench.processes import Processes
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.engines import open_database
from gatelodge.database.tx import Conflict, Database, Tx

CALLERS = 128
RAISING = (0, 4, 64)
SECONDS = 2.0
ROUNDS = 3

_SPEND = "update bench_families set generation = generation + 1 where id = $1 returning generation"
_RECORD = "insert into bench_audit (at, event) values ($1, 'refreshed')"
_TABLES = (
    "create table bench_families (id bigint primary key, generation bigint not null)",
    "create table bench_audit (at bigint not null, event text not null)",
)


class _Raised(Exception):
    """What a body raises here."""


async def _refresh(tx: Tx, number: int) -> None:
    await tx.one(_SPEND, number)
    await tx.run(_RECORD, number)


async def _raise_early(tx: Tx, _number: int) -> None:
    await tx.one(_SPEND, -1)
    raise _Raised


async def _raise_late(tx: Tx, number: int) -> None:
    await tx.one(_SPEND, number)
    raise _Raised


async def _be_refused(tx: Tx, number: int) -> None:
    await tx.one(_SPEND, number)
    await tx.run("insert into bench_families (id, generation) values ($1, 0)", number)


_WAYS: dict[str, Callable[[Tx, int], Coroutine[Any, Any, None]]] = {
    "before a change": _raise_early,
    "after a change": _raise_late,
    "a refused statement": _be_refused,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of the rounds. `rate` counts those who do not raise; `cpu_us` is the CPU for each of them, with that
    of the database and of those who raise."""

    engine: str
    way: str
    raising: int
    rate: float
    cpu_us: float


async def measure(policy: DatabasePolicy, seconds: float, rounds: int) -> list[Figure]:
    """Measure one engine on an empty database."""
    database = open_database(policy)
    await database.start()
    try:
        await database.write(_prepare)
        cells = [("nobody", 0), *itertools.product(_WAYS, RAISING[1:])]
        found: dict[tuple[str, int], list[tuple[float, float]]] = {cell: [] for cell in cells}
        for _ in range(rounds):
            for way, raising in cells:
                found[way, raising].append(await _round(database, way, raising, seconds))
    finally:
        await database.close()
    return [Figure(database.engine, *cell, *_middle(rates)) for cell, rates in found.items()]


def _middle(rates: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return median(rate for rate, _ in rates), median(cpu for _, cpu in rates)


async def _prepare(tx: Tx) -> None:
    for table in _TABLES:
        await tx.run(table)
    for number in range(CALLERS):
        await tx.run("insert into bench_families (id, generation) values ($1, 0)", number)


async def _round(database: Database, way: str, raising: int, seconds: float) -> tuple[float, float]:
    ends = time.perf_counter() + seconds
    began, cpu = time.perf_counter(), usage.cpu_seconds([os.getpid()])
    callers = [_call(database, way if number < raising else "nobody", number, ends) for number in range(CALLERS)]
    done = await asyncio.gather(*callers)
    honest = sum(done[raising:])
    used = usage.cpu_seconds([os.getpid()]) - cpu
    return honest / (time.perf_counter() - began), used / honest * 1e6


async def _call(database: Database, way: str, number: int, ends: float) -> int:
    body = _WAYS.get(way, _refresh)
    done = 0
    while time.perf_counter() < ends:
        with suppress(_Raised, Conflict):
            await database.write(body, number)
        done += 1
    return done


@contextmanager
def databases() -> Generator[list[DatabasePolicy]]:
    """Make an empty database of either engine, on this disk and as durable as shipped."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, Processes(Path(folder)) as processes:
        Path(folder).chmod(0o755)
        made = postgres.start(processes, "pg-raising", Path(folder), cores[-1])
        os.sched_setaffinity(0, {cores[0]})
        yield [
            DatabasePolicy(url=f"sqlite:///{folder}/bench.db"),
            DatabasePolicy(url=made.make_database("gatelodge_bench_raising")),
        ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.raising", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each cell, in turns (%(default)s)")
    parser.add_argument("--engine", choices=("sqlite", "postgres"), help="one engine only")
    parser.add_argument("--json", action="store_true", help="print one JSON array")
    given = parser.parse_args()
    with databases() as policies:
        found = [
            each
            for policy in policies
            if not given.engine or policy.url.startswith(given.engine)
            for each in asyncio.run(measure(policy, given.seconds, given.rounds))
        ]
    if given.json:
        print(json.dumps([asdict(each) for each in found]))
        return
    for each in found:
        print(f"{each.engine:9} {each.raising:3} raise {each.way:20} {each.rate:8,.0f}/s {each.cpu_us:6.1f} us")


if __name__ == "__main__":
    main()
