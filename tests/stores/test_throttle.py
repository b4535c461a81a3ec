"""Counters of failures, on both engines."""

import asyncio

import pytest

from gatelodge.database.tx import Tx
from gatelodge.stores import throttle

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
BUCKET = b"b" * 32
WINDOW = 900


async def count(tx: Tx, bucket: bytes, now: int) -> int:
    row = await tx.one("select count from throttle where bucket = $1 and resets_at > $2", bucket, now)
    return 0 if row is None else int(row[0])


def raising(database, now=NOW, bucket=BUCKET):
    return database.write(throttle.raise_count, bucket, now, WINDOW)


async def test_a_counter_counts_within_its_window(database):
    assert [await raising(database, NOW + second) for second in range(3)] == [1, 2, 3]
    assert await database.read(count, BUCKET, NOW + 3) == 3


async def test_fifty_at_once_are_all_counted(database):
    counts = await asyncio.gather(*(raising(database) for _ in range(50)))

    assert sorted(counts) == list(range(1, 51))


async def test_a_window_ends_where_it_was_to_end_when_it_began(database):
    await raising(database)
    await raising(database, NOW + WINDOW - 1)

    assert await database.read(throttle.resets_at, BUCKET, NOW + 1) == NOW + WINDOW
    assert await database.read(count, BUCKET, NOW + WINDOW) == 0
    assert await database.read(throttle.resets_at, BUCKET, NOW + WINDOW) == NOW + WINDOW
    assert await raising(database, NOW + WINDOW) == 1
    assert await database.read(throttle.resets_at, BUCKET, NOW + WINDOW) == NOW + 2 * WINDOW


async def test_FLT_26_a_clock_that_jumped_far_ahead_and_back_locks_nobody_out(database):
    for _ in range(9):
        await raising(database, NOW + 10 * 365 * 86_400)

    assert await raising(database, NOW) == 1
    assert await database.read(throttle.resets_at, BUCKET, NOW) == NOW + WINDOW


async def test_counters_are_apart(database):
    await raising(database)

    assert await raising(database, bucket=b"c" * 32) == 1


async def test_a_count_is_taken_back_and_never_below_nothing(database):
    await raising(database)
    for _ in range(3):
        await database.write(throttle.lower_count, BUCKET)

    assert await database.read(count, BUCKET, NOW) == 0
    assert await raising(database) == 1


async def test_a_cleared_counter_begins_anew(database):
    await raising(database)
    await database.write(throttle.clear, BUCKET)

    assert await database.read(count, BUCKET, NOW) == 0
    assert await raising(database) == 1
