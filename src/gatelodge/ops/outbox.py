"""What an operator can do with what waits to be delivered, or was given up."""

from gatelodge.database.tx import Tx
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.stores import audit
from gatelodge.stores import outbox as store
from gatelodge.telemetry.events import Origin, ParcelDropped, ParcelRetried

MAX_ID = 2**63 - 1


async def retry(tx: Tx, parcel_id: int, origin: Origin, now: int) -> store.Parcel:
    """Have a parcel tried now, and for as long as a new one. Raises `NotThere`.

    Raises `OperationRefused` for one whose time has not come: that wait is what it is for.
    """
    found = await show(tx, parcel_id)
    if found.since > now:
        minutes = -(-(found.since - now) // 60)
        raise OperationRefused(
            f"parcel {parcel_id} waits for its time, which comes in {minutes} minutes; nothing failed"
        )
    await store.revive(tx, parcel_id, now)
    event = ParcelRetried(user_id=found.user_id, kind=found.kind, template=found.template, parcel=parcel_id)
    await audit.record(tx, event, origin, now)
    return await show(tx, parcel_id)


async def drop(tx: Tx, parcel_id: int, origin: Origin, now: int) -> store.Parcel:
    """Forget a parcel: nobody will be told. Raises `NotThere`."""
    found = await show(tx, parcel_id)
    await store.drop(tx, parcel_id)
    event = ParcelDropped(user_id=found.user_id, kind=found.kind, template=found.template, parcel=parcel_id)
    await audit.record(tx, event, origin, now)
    return found


async def show(tx: Tx, parcel_id: int) -> store.Parcel:
    """Return a parcel that waits or is dead. Raises `NotThere`."""
    found = await store.find(tx, parcel_id) if 0 < parcel_id <= MAX_ID else None
    if found is None or found.sent_at is not None:
        raise NotThere("parcel", str(parcel_id))
    return found
