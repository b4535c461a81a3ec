"""The authenticator application of a person: one seed, sealed, and the last step a code of which was taken."""

from msgspec import Struct

from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx


class Authenticator(Struct, frozen=True):
    """A person's seed as it is kept. Times are seconds since 1970.

    `last_step` is the newest step that was spent. `closed_at` is set after too many wrong codes: no code is right until
    it is opened again.
    """

    sealed: str
    last_step: int
    created_at: int
    used_at: int
    closed_at: int | None


FIND = """
select secret, last_step, created_at, updated_at, closed_at from credentials
where place = $1 and user_id = $2 and kind = 'totp'
"""


async def find(tx: Tx, user_id: int) -> Authenticator | None:
    """Return a person's, or `None` if they have none."""
    row = await tx.one(FIND, place_of(user_id), user_id)
    return None if row is None else Authenticator(*row)


ADD = """
insert into credentials (place, id, user_id, kind, secret, last_step, created_at, updated_at)
values ($1, nextval('ids') * 1024 + $1, $2, 'totp', $3, $4, $5, $5)
on conflict (place, user_id) where kind = 'totp' do nothing
"""


async def add(tx: Tx, user_id: int, sealed: str, step: int, now: int) -> bool:
    """Give a person one, a code of which was just shown; `False` if they have one."""
    return await tx.run(ADD, place_of(user_id), user_id, sealed, step, now) == 1


SPEND = """
update credentials set last_step = $4, updated_at = $5
where place = $1 and user_id = $2 and kind = 'totp' and secret = $3 and last_step < $4 and closed_at is null
"""


async def spend(tx: Tx, user_id: int, sealed: str, step: int, now: int) -> bool:
    """Spend a step with all before it; `False` if it was spent, or the seed is another one now."""
    return await tx.run(SPEND, place_of(user_id), user_id, sealed, step, now) == 1


CLOSE = """
update credentials set closed_at = $3 where place = $1 and user_id = $2 and kind = 'totp' and closed_at is null
"""


async def close(tx: Tx, user_id: int, now: int) -> bool:
    """Take no code of a person's any more; `False` if that is so already, or they have none."""
    return await tx.run(CLOSE, place_of(user_id), user_id, now) == 1


OPEN = """
update credentials set closed_at = null where place = $1 and user_id = $2 and kind = 'totp' and closed_at is not null
"""


async def open_again(tx: Tx, user_id: int) -> bool:
    """Take codes of a person's again; `False` if they were never refused."""
    return await tx.run(OPEN, place_of(user_id), user_id) == 1


REMOVE = "delete from credentials where place = $1 and user_id = $2 and kind = 'totp'"


async def remove(tx: Tx, user_id: int) -> bool:
    """Forget a person's; `False` if they have none."""
    return await tx.run(REMOVE, place_of(user_id), user_id) == 1
