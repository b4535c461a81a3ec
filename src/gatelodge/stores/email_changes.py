"""Which changes of a person's address are in force, that an older address can take back: they are numbered from 1.

Taking one back takes back those after it, too: their links, which somebody else may hold, are good for nothing.
"""

from gatelodge.database.places import place_of
from gatelodge.database.rows import only
from gatelodge.database.tx import Tx

BEGIN = "update users set email_changes = email_changes + 1 where place = $1 and id = $2 returning email_changes"


async def begin(tx: Tx, user_id: int) -> int:
    """Count one more change of a person who is there, and return its number."""
    return int(only(await tx.one(BEGIN, place_of(user_id), user_id))[0])


IN_FORCE = "select 1 from users where place = $1 and id = $2 and email_changes >= $3"


async def is_in_force(tx: Tx, user_id: int, number: int) -> bool:
    """Return whether nobody took this change back, or one before it."""
    return await tx.one(IN_FORCE, place_of(user_id), user_id, number) is not None


TAKE_BACK = "update users set email_changes = $3 - 1 where place = $1 and id = $2 and email_changes >= $3"


async def take_back(tx: Tx, user_id: int, number: int) -> bool:
    """Take a change back with all after it; `False` if that was done."""
    return await tx.run(TAKE_BACK, place_of(user_id), user_id, number) == 1
