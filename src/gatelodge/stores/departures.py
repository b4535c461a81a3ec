"""The end of accounts whose person asked for it long enough ago: one by one, each with its line in the audit trail.

The time that counts is the sweep's horizon and no clock: one that jumps ahead takes no account with it.
"""

from collections.abc import Awaitable, Callable

from gatelodge.database.tx import Database, Tx
from gatelodge.stores import audit, deletions, endings, users
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.actor import SERVER
from gatelodge.telemetry.events import Origin, UserRemoved

Farewell = Callable[[Tx, UserRecord, int], Awaitable[None]]  # tells somebody, in the transaction that forgets them

_BY_ITSELF = Origin("sweep", actor=SERVER)


async def remove_due(db: Database, horizon: int, most: int, farewell: Farewell) -> int:
    """Delete at most so many accounts that are due, and return how many went."""
    due = await db.read(deletions.due, horizon, most)
    return sum([await db.write(_remove, user_id, horizon, farewell) for user_id in due])


async def unsaid(tx: Tx, user: UserRecord, now: int) -> None:
    """Tell nobody, where nobody is written to."""


async def _remove(tx: Tx, user_id: int, horizon: int, farewell: Farewell) -> bool:
    user = await users.find(tx, user_id)
    if user is None or not await deletions.take_due(tx, user_id, horizon):
        return False
    await endings.remove(tx, user_id, horizon)
    await audit.record(tx, UserRemoved(user_id=user_id), _BY_ITSELF, horizon)
    await farewell(tx, user, horizon)
    return True
