"""The end of accounts whose person asked for it long enough ago: one by one, each with its line in the audit trail.

The time that counts is the sweep's horizon and no clock: one that jumps ahead takes no account with it.
"""

from gatelodge.database.tx import Database, Tx
from gatelodge.stores import audit, deletions, endings
from gatelodge.telemetry.actor import SERVER
from gatelodge.telemetry.events import Origin, UserRemoved

_BY_ITSELF = Origin("sweep", actor=SERVER)


async def remove_due(db: Database, horizon: int, most: int) -> int:
    """Delete at most so many accounts that are due, and return how many went."""
    due = await db.read(deletions.due, horizon, most)
    return sum([await db.write(_remove, user_id, horizon) for user_id in due])


async def _remove(tx: Tx, user_id: int, horizon: int) -> bool:
    if not await deletions.take_due(tx, user_id, horizon) or not await endings.remove(tx, user_id, horizon):
        return False
    await audit.record(tx, UserRemoved(user_id=user_id), _BY_ITSELF, horizon)
    return True
