"""Until when somebody who must have a second factor may sign in without one."""

from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx

FIND = "select factor_due from users where place = $1 and id = $2"


async def find(tx: Tx, user_id: int) -> int | None:
    """Return it, in seconds since 1970; `None` if it was never said."""
    row = await tx.one(FIND, place_of(user_id), user_id)
    return None if row is None or row[0] is None else int(row[0])


SAY = "update users set factor_due = $3 where place = $1 and id = $2 and factor_due is null"


async def say(tx: Tx, user_id: int, due: int) -> None:
    """Keep it when it is said for the first time."""
    await tx.run(SAY, place_of(user_id), user_id, due)
