"""What is removed, what is kept, and who may remove it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gatelodge.config.policies import DAY, RetentionPolicy
from gatelodge.database.render import for_sqlite
from gatelodge.database.tx import Database, Tx
from gatelodge.stores import sweep

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
LONG_AGO = NOW - 2 * DAY
POLICY = RetentionPolicy(audit_days=90, purge_batch=10)

ROWS = {
    "families": "insert into families (place, id, nonce, client_id, generation, rotated_at, created_at,"
    " idle_expires_at, expires_at, payload) values ($1, $1, $2, 'c', 1, 0, 0, 0, $3, '{}')",
    "tickets": "insert into tickets (place, id, digest, kind, expires_at, payload)"
    " values ($1, $1, $2, 'code', $3, '{}')",
    "access_tokens": "insert into access_tokens (place, id, digest, client_id, issued_at, expires_at, payload)"
    " values ($1, $1, $2, 'c', 0, $3, '{}')",
    "seen": "insert into seen (digest, expires_at) select $2, $3 where $1 > 0",
    "throttle": "insert into throttle (bucket, count, resets_at) select $2, 1, $3 where $1 > 0",
}


async def put(tx: Tx, table: str, row: int, ends: int) -> None:
    await tx.run(ROWS[table], row, b"row %d" % row, ends)


async def count(tx: Tx, table: str) -> int:
    row = await tx.one(f"select count(*) from {table}")
    assert row is not None
    return row[0]


async def run(tx: Tx, sql: str, *params: int | bytes) -> None:
    await tx.run(sql, *params)


@pytest.mark.parametrize("table", ROWS)
async def test_rows_go_a_day_after_their_end_and_not_before(database: Database, table: str) -> None:
    kept = sweep.BRIEF if table == "seen" else DAY  # there are very many of those
    for row, ends in enumerate((LONG_AGO, NOW - kept - 1, NOW - kept + 1, NOW + 60), start=1):
        await database.write(put, table, row, ends)
    assert (await sweep.purge(database, NOW, POLICY))[table] == 2
    assert await database.read(count, table) == 2


@pytest.mark.parametrize("kind", ["interaction", "upstream", "passkey"])
async def test_HTTP_09_a_request_nobody_answered_goes_within_minutes_and_a_code_does_not(
    database: Database, kind: str
) -> None:
    interaction = ROWS["tickets"].replace("'code'", f"'{kind}'")
    for row, ends in enumerate((LONG_AGO, NOW - sweep.SOON - 1, NOW - sweep.SOON + 1, NOW + 60), start=1):
        await database.write(run, interaction, row, b"row", ends)
    await database.write(put, "tickets", 5, NOW - sweep.SOON - 1)

    assert (await sweep.purge(database, NOW, POLICY))["interactions"] == 2
    assert await database.read(count, "tickets") == 3


async def test_more_rows_than_a_batch_go_in_one_sweep(database: Database) -> None:
    for row in range(1, 36):
        await database.write(put, "tickets", row, LONG_AGO)
    assert (await sweep.purge(database, NOW, POLICY))["tickets"] == 35
    assert await database.read(count, "tickets") == 0


async def test_sessions_go_with_their_end_and_the_person_stays(database: Database) -> None:
    await database.write(
        run, "insert into users (place, id, sub, username, created_at, updated_at) values (1, 1, 's', 'alice', 0, 0)"
    )
    await database.write(
        run,
        "insert into sessions (place, id, digest, user_id, sub, sid, auth_time, amr, acr, created_at, seen_at,"
        " expires_at) select 1, 1, 'x', 1, 's', 'sid', 0, '', '', 0, 0, $1",
        LONG_AGO,
    )
    assert (await sweep.purge(database, NOW, POLICY))["sessions"] == 1
    assert await database.read(count, "users") == 1


async def test_the_audit_trail_is_kept_for_its_days(database: Database) -> None:
    for at in (NOW - 91 * DAY, NOW - 89 * DAY):
        await database.write(run, "insert into audit (at, event) values ($1, 'e')", at)
    assert (await sweep.purge(database, NOW, POLICY))["audit"] == 1


async def test_CODE_14_a_spent_code_is_not_kept_for_its_family(database: Database) -> None:
    await database.write(put, "tickets", 1, LONG_AGO)
    await database.write(put, "families", 1, NOW + 30 * DAY)
    await database.write(run, "update tickets set spent_at = 1")
    await database.write(run, "update families set code_id = 1")
    removed = await sweep.purge(database, NOW, POLICY)
    assert (removed["tickets"], removed["families"]) == (1, 0)


async def test_FLT_28_one_worker_sweeps_at_a_time(database: Database) -> None:
    await database.write(put, "tickets", 1, LONG_AGO)
    first = await database.write(sweep.begin, NOW)
    assert first is not None
    assert await sweep.purge(database, NOW + 1, POLICY) == {}
    await database.write(sweep.end, first)
    assert (await sweep.purge(database, NOW + 2, POLICY))["tickets"] == 1


async def test_FLT_28_a_worker_that_died_is_replaced_and_stops_if_it_did_not_die(database: Database) -> None:
    first = await database.write(sweep.begin, NOW)
    second = await database.write(sweep.begin, NOW + sweep.LEASE)
    assert first is not None
    assert second is not None
    assert not await database.read(sweep.holds, first)
    assert await database.read(sweep.holds, second)


async def test_FLT_26_a_lease_taken_by_a_clock_years_ahead_binds_nobody(database: Database) -> None:
    assert await database.write(sweep.begin, NOW + 10 * 365 * DAY) is not None
    assert await database.write(sweep.begin, NOW) is not None


async def test_FLT_26_a_clock_that_jumps_ahead_takes_no_living_rows(database: Database) -> None:
    await sweep.purge(database, NOW, POLICY)
    await database.write(put, "tickets", 1, NOW + 60)
    assert (await sweep.purge(database, NOW + 10 * 365 * DAY, POLICY))["tickets"] == 0
    assert await database.read(count, "tickets") == 1


async def test_after_a_long_stop_sweeps_catch_up_stride_by_stride(database: Database) -> None:
    await sweep.purge(database, NOW, POLICY)
    week = NOW + 7 * DAY
    horizons = [await horizon(database, week) for _ in range(3)]
    assert horizons == [NOW + sweep.STRIDE, NOW + 2 * sweep.STRIDE, NOW + 3 * sweep.STRIDE]


async def horizon(database: Database, now: int) -> int:
    taken = await database.write(sweep.begin, now)
    assert taken is not None
    await database.write(sweep.end, taken)
    return taken.horizon


async def test_FLT_26_a_clock_that_jumps_back_leaves_the_horizon_where_it_was(database: Database) -> None:
    await sweep.purge(database, NOW, POLICY)
    assert await horizon(database, NOW - DAY) == NOW


@pytest.mark.parametrize("table", ROWS)
def test_a_removal_finds_its_rows_by_an_index(migrated_file: Path, table: str) -> None:
    with closing(sqlite3.connect(migrated_file)) as connection:
        plan = str(connection.execute(f"explain query plan {for_sqlite(sweep.REMOVALS[table])}", (1, 1)).fetchall())
    assert f"INDEX {table}_expiry" in plan
    assert "SCAN" not in plan
