"""Beginning a new epoch: all that was handed out before is refused, so that a restored backup brings nothing back."""

from gatelodge.database.tx import Tx
from gatelodge.ops.refusals import OperationRefused
from gatelodge.stores import audit, instance
from gatelodge.telemetry.events import EpochRenewed, Origin


async def renew(tx: Tx, epoch: bytes, origin: Origin, now: int) -> None:
    """Begin `epoch`, which servers learn at their start. Raises `OperationRefused` if the database is new."""
    if await instance.load(tx) is None:
        raise OperationRefused("the database is new: there is nothing in it to refuse")
    await instance.renew_epoch(tx, epoch)
    await audit.record(tx, EpochRenewed(), origin, now)
