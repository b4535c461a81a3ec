"""The courier: what becomes of parcels whose receivers answer, refuse, hang, or are away."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Self

import pytest
import structlog
from tests.conftest import FakeClock

from gatelodge.config.policies import DAY
from gatelodge.database.tx import Database
from gatelodge.foundation.contract import Foundation
from gatelodge.outbox import courier
from gatelodge.outbox.contract import NotDelivered, ParcelKind, ReceiverAway, Undeliverable, doubling
from gatelodge.outbox.courier import Courier
from gatelodge.stores import audit, outbox
from gatelodge.stores.outbox import NewParcel, Parcel

pytestmark = pytest.mark.anyio


@dataclass
class Pigeons(ParcelKind):
    """Delivers nothing: notes what it is given, and fails as it is told to."""

    name: ClassVar[str] = "pigeon"
    pauses: ClassVar[tuple[int, ...]] = doubling(60, 6 * 3_600)
    fails: Callable[[Parcel], Exception | None] = lambda _: None
    hangs: str = ""
    given: list[str] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def open(cls, on: Foundation) -> Self:
        return cls()

    async def deliver(self, parcel: Parcel) -> None:
        self.given.append(parcel.recipient)
        self.begun.set()
        if parcel.recipient == self.hangs:
            await asyncio.sleep(3_600)
        if failure := self.fails(parcel):
            raise failure


class Impatient(Pigeons):
    patience = 0.01


async def send(database: Database, clock: FakeClock, *recipients: str) -> None:
    for number, recipient in enumerate(recipients):
        new = NewParcel(kind="pigeon", recipient=recipient, dedupe=f"{recipient} {number} {clock.at}")
        await database.write(outbox.put, new, clock.now())


async def left(database: Database) -> list[Parcel]:
    return await database.read(outbox.list_open, 100)


async def test_what_is_due_is_delivered_once(database: Database, clock: FakeClock) -> None:
    birds = Pigeons()
    await send(database, clock, "ada", "bob", "ada")

    await asyncio.gather(*(Courier(database, clock, birds).look() for _ in range(3)))

    assert sorted(birds.given) == ["ada", "ada", "bob"]
    assert await left(database) == []


async def test_FLT_33_what_fails_is_tried_ever_less_often_for_a_day_and_then_dead(
    database: Database, clock: FakeClock
) -> None:
    birds = Pigeons(fails=lambda _: NotDelivered("mailbox full"))
    await send(database, clock, "ada")
    began, waits = clock.at, list[int]()

    while (parcel := (await left(database))[0]).dead_at is None:
        clock.at = parcel.due_at
        await Courier(database, clock, birds).look()
        waits.append(clock.at - began)

    assert waits == [0, 60, 180, 420, 900, 1_860, 3_780, 7_620, 15_300, 30_660, 52_260, 73_860]
    assert (parcel.reason, parcel.tries) == ("mailbox full", 12)
    (told,) = [entry for entry in await database.read(audit.list_recent, 9) if entry.event == "delivery_given_up"]
    assert (told.detail["kind"], told.detail["tries"], told.actor.kind) == ("pigeon", 12, "server")
    await Courier(database, clock, birds).look()
    assert len(birds.given) == 12


async def test_what_can_never_arrive_is_dead_at_once(database: Database, clock: FakeClock) -> None:
    birds = Pigeons(fails=lambda parcel: Undeliverable("no such mailbox") if parcel.recipient == "ada" else None)
    await send(database, clock, "ada", "bob")

    await Courier(database, clock, birds).look()

    assert [(row.recipient, row.reason, row.dead_at) for row in await left(database)] == [
        ("ada", "no such mailbox", clock.at)
    ]


async def test_FLT_33_a_receiver_that_is_away_costs_a_look_one_try_and_others_nothing(
    database: Database, clock: FakeClock
) -> None:
    birds = Pigeons(fails=lambda parcel: ReceiverAway("refused") if parcel.recipient == "ada" else None)
    await send(database, clock, "ada", "ada", "ada", "bob")

    await Courier(database, clock, birds).look()

    assert sorted(birds.given) == ["ada", "bob"]
    assert sorted(row.tries for row in await left(database)) == [0, 0, 1]


async def test_FLT_33_a_receiver_that_hangs_is_away(database: Database, clock: FakeClock) -> None:
    birds = Impatient(hangs="ada")
    await send(database, clock, "ada", "ada", "bob")

    await Courier(database, clock, birds).look()

    assert sorted(birds.given) == ["ada", "bob"]
    assert {row.reason for row in await left(database)} == {"no answer within 0 s", ""}


async def test_a_mistake_of_ours_keeps_up_one_parcel_and_is_told_without_its_words(
    database: Database, clock: FakeClock
) -> None:
    birds = Pigeons(fails=lambda parcel: KeyError("a-secret") if parcel.tries == 1 else None)
    await send(database, clock, "ada", "bob")

    with structlog.testing.capture_logs() as said:
        await Courier(database, clock, birds).look()

    assert {row.reason for row in await left(database)} == {"KeyError"}
    assert "a-secret" not in str(said)
    clock.advance(60)
    await Courier(database, clock, birds).look()
    assert await left(database) == []


async def test_FLT_33_a_worker_that_dies_while_it_delivers_leaves_it_to_the_next(
    database: Database, clock: FakeClock
) -> None:
    hanging, birds = Pigeons(hangs="ada"), Pigeons()
    await send(database, clock, "ada")
    dying = asyncio.create_task(Courier(database, clock, hanging).look())
    await hanging.begun.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)

    await Courier(database, clock, birds).look()
    assert birds.given == []
    clock.advance(courier.LEASE + int(hanging.patience))
    await Courier(database, clock, birds).look()

    assert birds.given == ["ada"]


async def test_a_look_takes_on_a_bounded_number(database: Database, clock: FakeClock) -> None:
    birds = Pigeons()
    await send(database, clock, *(f"person-{number}" for number in range(courier.BATCH + 3)))

    looks: defaultdict[int, int] = defaultdict(int)
    for look in range(2):
        before = len(birds.given)
        await Courier(database, clock, birds).look()
        looks[look] = len(birds.given) - before

    assert dict(looks) == {0: courier.BATCH, 1: 3}


def test_pauses_double_up_to_the_longest() -> None:
    assert doubling(60, 6 * 3_600) == (60, 120, 240, 480, 960, 1_920, 3_840, 7_680, 15_360, 21_600)
    assert sum(doubling(60, 6 * 3_600)) < DAY
