"""The outbox on both engines: put once, claimed by one, and nothing is lost when somebody dies."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gatelodge.config.policies import DAY, RetentionPolicy
from gatelodge.database.render import for_sqlite
from gatelodge.database.tx import Database, RunAgain, Tx
from gatelodge.stores import outbox, sweep
from gatelodge.stores.outbox import NewParcel, Parcel

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000


def parcel(dedupe: str = "once", kind: str = "mail", user_id: int | None = None) -> NewParcel:
    return NewParcel(
        kind=kind,
        recipient="ada@example.org",
        dedupe=dedupe,
        payload=b"sealed",
        template="password_changed",
        locale="de",
        user_id=user_id,
    )


async def put(database: Database, dedupe: str = "once", **members: object) -> Parcel:
    assert await database.write(outbox.put, parcel(dedupe, **members), NOW)  # type: ignore[arg-type]
    return (await database.read(outbox.list_open, 1_000))[0]


async def test_a_parcel_is_claimed_as_it_was_put(database: Database) -> None:
    row = await put(database, user_id=7)

    found = await database.write(outbox.claim, row.id, NOW, NOW + 120)

    members = ("mail", "ada@example.org", "password_changed", "de", b"sealed", 7)
    assert found == Parcel(row.id, *members, NOW, NOW + 120, 1, "", None, None)


async def test_a_body_that_is_run_again_puts_one(rerunning_database: Database) -> None:
    await rerunning_database.write(outbox.put, parcel(), NOW)

    assert len(await rerunning_database.read(outbox.due, "mail", NOW, 9)) == 1


async def test_the_same_is_put_once(database: Database) -> None:
    assert await database.write(outbox.put, parcel(), NOW)
    assert not await database.write(outbox.put, parcel(), NOW + 60)
    assert await database.write(outbox.put, parcel(kind="logout"), NOW)
    assert await database.write(outbox.put, parcel("other"), NOW)

    assert len(await database.read(outbox.due, "mail", NOW, 9)) == 2


async def test_what_is_undone_tells_nobody(database: Database) -> None:
    async def cause(tx: Tx) -> None:
        await outbox.put(tx, parcel(), NOW)
        raise KeyError

    with pytest.raises(KeyError):
        await database.write(cause)

    assert await database.read(outbox.list_open, 9) == []


async def test_FLT_27_of_fifty_that_claim_it_one_has_it(database: Database) -> None:
    row = await put(database)

    claims = await asyncio.gather(*(database.write(outbox.claim, row.id, NOW, NOW + 120) for _ in range(50)))

    assert sum(claimed is not None for claimed in claims) == 1


async def test_FLT_33_a_parcel_of_a_worker_that_died_is_the_next_ones(database: Database) -> None:
    row = await put(database)
    first = await database.write(outbox.claim, row.id, NOW, NOW + 120)
    assert first is not None
    assert await database.read(outbox.due, "mail", NOW + 119, 9) == []

    second = await database.write(outbox.claim, row.id, NOW + 120, NOW + 240)

    assert second is not None
    await database.write(outbox.postpone, first, NOW + 9_999, "late")  # it did not die, and has nothing to say any more
    assert not await database.write(outbox.give_up, first, "late", NOW)
    found = await database.read(outbox.find, row.id)
    assert found == second


async def test_what_is_due_is_of_its_kind_and_oldest_first(database: Database) -> None:
    for number, kind in enumerate(("mail", "logout", "mail", "mail")):
        await database.write(outbox.put, parcel(str(number), kind), NOW + 10 - number)

    assert [row.since for row in await database.read(outbox.due, "mail", NOW + 10, 9)] == [NOW + 7, NOW + 8, NOW + 10]
    assert [row.since for row in await database.read(outbox.due, "mail", NOW + 10, 1)] == [NOW + 7]


async def test_dead_and_delivered_ones_are_not_due_and_a_dead_one_is_revived(database: Database) -> None:
    first, second = await put(database, "1"), await put(database, "2")
    for row in (first, second):
        await database.write(outbox.claim, row.id, NOW, NOW)
    dead, done = await database.read(outbox.find, first.id), await database.read(outbox.find, second.id)
    assert dead is not None
    assert done is not None
    await database.write(outbox.give_up, dead, "gone", NOW)
    await database.write(outbox.delivered, done, NOW)

    assert await database.read(outbox.due, "mail", NOW + DAY, 9) == []
    assert await database.read(outbox.count_dead) == {"mail": 1}
    assert not await database.write(outbox.revive, second.id, NOW + 5)
    assert await database.write(outbox.revive, first.id, NOW + 5)
    assert [row.since for row in await database.read(outbox.due, "mail", NOW + 5, 9)] == [NOW + 5]
    assert await database.write(outbox.drop, first.id)
    assert not await database.write(outbox.drop, second.id)


async def test_the_delivered_go_after_a_day_the_dead_after_a_month_and_what_waits_stays(database: Database) -> None:
    rows = [await put(database, str(number)) for number in range(3)]
    for row in rows[:2]:
        await database.write(outbox.claim, row.id, NOW, NOW)
    claimed = [await database.read(outbox.find, row.id) for row in rows]
    assert claimed[0] is not None
    assert claimed[1] is not None
    await database.write(outbox.delivered, claimed[0], NOW - DAY - 1)
    await database.write(outbox.give_up, claimed[1], "gone", NOW - 30 * DAY - 1)

    removed = await sweep.purge(database, NOW, RetentionPolicy())

    assert (removed["outbox"], removed["outbox_dead"]) == (1, 1)
    assert [row.id for row in await database.read(outbox.list_open, 9)] == [rows[2].id]


@pytest.mark.parametrize("statement", ["DUE", "COUNT_DEAD", "LIST_OPEN"])
def test_what_is_asked_of_every_place_has_an_index(migrated_file: Path, statement: str) -> None:
    params = {"DUE": ("mail", 1, 1), "COUNT_DEAD": (), "LIST_OPEN": (1,)}[statement]
    with closing(sqlite3.connect(migrated_file)) as connection:
        plan = str(
            connection.execute("explain query plan " + for_sqlite(getattr(outbox, statement)), params).fetchall()
        )
    assert "outbox_" in plan


async def test_a_body_may_put_and_be_refused(database: Database) -> None:
    tries = list[int]()

    async def cause(tx: Tx) -> None:
        await outbox.put(tx, parcel(), NOW)
        tries.append(1)
        if len(tries) == 1:
            raise RunAgain

    await database.write(cause)

    assert len(await database.read(outbox.due, "mail", NOW, 9)) == 1
