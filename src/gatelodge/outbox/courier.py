"""The courier of one kind: looks what is due, claims it, has it delivered, and notes what became of it.

Any number of processes may look at once: a parcel is delivered by whoever claims it, and again by another one if that
one dies. What waits for one receiver is delivered in turn and what waits for others beside it, so one that hangs takes
the time of one try from a look, however much waits for it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import structlog

from gatelodge.clock import Clock
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database, Tx, Unavailable
from gatelodge.outbox.contract import NotDelivered, ParcelKind, ReceiverAway, Undeliverable
from gatelodge.stores import audit, outbox
from gatelodge.stores.outbox import Parcel
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Delivered, DeliveryDelayed, DeliveryGivenUp, Origin
from gatelodge.telemetry.mishap import told

BATCH = 64  # parcels a look takes on
LEASE = 120  # seconds a parcel is left to whoever claimed it, beside the patience of its kind

_ORIGIN = Origin("outbox")
_log = structlog.stdlib.get_logger()


class Courier:
    """Delivers what is due of one kind."""

    def __init__(self, db: Database, clock: Clock, kind: ParcelKind) -> None:
        self._db = db
        self._clock = clock
        self._kind = kind

    async def look(self) -> None:
        """Deliver what is due, as much as one look takes on. Raises `Unavailable`."""
        found = await self._db.read(outbox.due, self._kind.name, self._clock.now(), BATCH)
        waiting: dict[str, list[Parcel]] = defaultdict(list)
        for parcel in found:
            waiting[self._kind.receiver(parcel)].append(parcel)
        async with asyncio.TaskGroup() as together:
            for parcels in waiting.values():
                together.create_task(self._deliver_in_turn(parcels))

    async def _deliver_in_turn(self, parcels: Sequence[Parcel]) -> None:
        for parcel in parcels:
            now = self._clock.now()
            until = now + LEASE + int(self._kind.patience)
            claimed = await self._db.at(place_of(parcel.id)).write(outbox.claim, parcel.id, now, until)
            if claimed is not None and not await self._deliver(claimed):
                return

    async def _deliver(self, parcel: Parcel) -> bool:
        """Deliver a parcel or note why not; return whether its receiver is there."""
        try:
            async with asyncio.timeout(self._kind.patience):
                await self._kind.deliver(parcel)
        except TimeoutError:
            return await self._failed(parcel, ReceiverAway(f"no answer within {self._kind.patience:.0f} s"))
        except NotDelivered as failure:
            return await self._failed(parcel, failure)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one parcel that cannot be made must not keep up all others
            _log.error("delivery_failed", kind=self._kind.name, parcel=parcel.id, **told(error))
            return await self._failed(parcel, NotDelivered(type(error).__name__))
        await self._db.at(place_of(parcel.id)).write(outbox.delivered, parcel, self._clock.now())
        emit(_arrived(parcel), _ORIGIN)
        return True

    async def _failed(self, parcel: Parcel, failure: NotDelivered) -> bool:
        now, there = self._clock.now(), self._db.at(place_of(parcel.id))
        until = now + self._kind.pause_after(parcel.tries)
        if isinstance(failure, Undeliverable) or until > parcel.since + self._kind.lifetime:
            event = _given_up(parcel, failure.reason)
            if await there.write(_give_up, parcel, event, now):
                emit(event, _ORIGIN)
        else:
            await there.write(outbox.postpone, parcel, until, failure.reason)
            emit(_delayed(parcel, failure.reason, until - now), _ORIGIN)
        return not isinstance(failure, ReceiverAway)


def _arrived(parcel: Parcel) -> Delivered:
    return Delivered(user_id=parcel.user_id, kind=parcel.kind, template=parcel.template, parcel=parcel.id)


def _delayed(parcel: Parcel, reason: str, wait: int) -> DeliveryDelayed:
    whom, what = parcel.user_id, parcel.template
    return DeliveryDelayed(
        user_id=whom, kind=parcel.kind, template=what, parcel=parcel.id, reason=reason, wait=wait, tries=parcel.tries
    )


def _given_up(parcel: Parcel, reason: str) -> DeliveryGivenUp:
    whom, what = parcel.user_id, parcel.template
    return DeliveryGivenUp(
        user_id=whom, kind=parcel.kind, template=what, parcel=parcel.id, reason=reason, tries=parcel.tries
    )


async def _give_up(tx: Tx, parcel: Parcel, event: DeliveryGivenUp, now: int) -> bool:
    if not await outbox.give_up(tx, parcel, event.reason, now):
        return False
    await audit.record(tx, event, _ORIGIN, now)
    return True
