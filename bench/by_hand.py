"""What the parts that are written by hand save, each beside a library's: PostgreSQL's wire, the committing thread, JWS.

`python -m bench.by_hand` prints CPU per transaction, errand and token, each in turns, medians of the rounds.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

from psycopg import AsyncConnection

from bench.by_hand_jws import reading, signing
from bench.raising import databases
from gatelodge.database.postgres.wire import Wire
from gatelodge.database.tx import Statement
from gatelodge.database.worker_thread import WorkerThread

TOGETHER = 64  # transactions in one batch, each an update and an insert
BATCHES = 60
ERRANDS = 3_000
ROUNDS = 5

_SPEND = "update bench_families set generation = generation + {0} where id = {1} returning generation"
_RECORD = "insert into bench_audit (at, event) values ({0}, {1})"
_OURS = (_SPEND.format("$1", "$2"), _RECORD.format("$1", "$2"))
_THEIRS = (_SPEND.format("%s", "%s"), _RECORD.format("%s", "%s"))
_TABLES = (
    "create table if not exists bench_families (id bigint primary key, generation bigint not null)",
    "create table if not exists bench_audit (at bigint not null, event text not null)",
    f"insert into bench_families select n, 0 from generate_series(0, {TOGETHER - 1}) n on conflict do nothing",
)

Act = Callable[[], Awaitable[object]]


async def with_wire(url: str) -> tuple[Act, Act]:
    """Return how a batch is run over the wire of our own, and how that is closed."""
    connection: AsyncConnection[Any] = await AsyncConnection.connect(url, autocommit=True)
    wire = Wire(connection, prepares=True, on_lost=lambda: None)

    async def batch() -> None:
        wire.begin()
        for number in range(TOGETHER):
            wire.send(Statement("one", _OURS[0], (1, number)))
        await wire.exchange()
        for number in range(TOGETHER):
            wire.send(Statement("run", _OURS[1], (number, "refreshed")))
        await wire.exchange()
        await wire.settle("commit")

    async def close() -> None:
        wire.drop()
        await connection.close()

    return batch, close


async def with_psycopg(url: str) -> tuple[Act, Act]:
    """Return how a batch is run in psycopg's own pipeline mode, every statement prepared, and how that is closed."""
    connection: AsyncConnection[Any] = await AsyncConnection.connect(url, autocommit=True, prepare_threshold=0)
    cursors = [connection.cursor(binary=True) for _ in range(TOGETHER)]

    async def batch() -> None:
        async with connection.pipeline() as pipeline:
            await connection.execute("begin")
            for number, cursor in enumerate(cursors):
                await cursor.execute(_THEIRS[0].encode(), (1, number))
            await pipeline.sync()
            for cursor in cursors:
                await cursor.fetchone()
            for number, cursor in enumerate(cursors):
                await cursor.execute(_THEIRS[1].encode(), (number, "refreshed"))
            await pipeline.sync()
            await connection.execute("commit")

    return batch, connection.close


async def wires(url: str) -> dict[str, float]:
    """Return this process's CPU microseconds of one transaction, by wire."""
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        for statement in _TABLES:
            await connection.execute(statement.encode())
    ours, theirs = await with_wire(url), await with_psycopg(url)
    found = await _in_turns({"wire.py": ours[0], "psycopg's pipeline": theirs[0]}, BATCHES, TOGETHER)
    for _, close in (ours, theirs):
        await close()
    return found


async def hands() -> dict[str, float]:
    """Return the CPU microseconds of having another thread do next to nothing, as a commit is waited for."""
    hand, pool, loop = WorkerThread("bench"), ThreadPoolExecutor(1), asyncio.get_running_loop()
    ways: Mapping[str, Act] = {
        "hand.py": lambda: hand.do(_errand),
        "an executor of one thread": lambda: loop.run_in_executor(pool, _errand),
        "asyncio.to_thread": lambda: asyncio.to_thread(_errand),
    }
    found = await _in_turns(ways, ERRANDS, 1)
    hand.leave()
    pool.shutdown()
    return found


def _errand() -> None:
    os.getppid()


async def _in_turns(ways: Mapping[str, Act], times: int, units: int) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS + 1):
        for name, act in ways.items():
            began = time.process_time()
            for _ in range(times):
                await act()
            found[name].append((time.process_time() - began) / times / units * 1e6)
    return {name: median(taken[1:]) for name, taken in found.items()}  # the first round prepares and warms up


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(prog="python -m bench.by_hand", description=__doc__).parse_args()
    with databases() as policies:
        transactions = asyncio.run(wires(policies[1].url))
    _say("a transaction of an update and an insert, 64 in a batch", transactions)
    _say("an errand for another thread", asyncio.run(hands()))
    for alg in ("ES256", "RS256"):
        _say(f"signing a token, {alg}", signing(alg))
        _say(f"verifying and reading a new token, {alg}", reading(alg))


def _say(title: str, figures: Mapping[str, float]) -> None:
    print(f"CPU of this process, {title}")
    for name, taken in figures.items():
        print(f"  {name:36} {taken:6.1f} us")


if __name__ == "__main__":
    main()
