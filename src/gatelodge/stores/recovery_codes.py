"""Recovery codes: a set of a person, of which each code is good once. Only digests are kept."""

from collections.abc import Sequence

from gatelodge.database.places import place_of
from gatelodge.database.rows import only
from gatelodge.database.tx import Tx

ADD = """
insert into recovery_codes (place, id, user_id, digest, created_at)
values ($1, nextval('ids') * 1024 + $1, $2, $3, $4)
"""


async def replace(tx: Tx, user_id: int, digests: Sequence[bytes], now: int) -> None:
    """Give a person a new set: no code of an older one is good any more."""
    await remove(tx, user_id)
    for digest in digests:
        await tx.run(ADD, place_of(user_id), user_id, digest, now)


SPEND = """
update recovery_codes set used_at = $4 where place = $1 and user_id = $2 and digest = $3 and used_at is null
"""


async def spend(tx: Tx, user_id: int, digest: bytes, now: int) -> bool:
    """Spend one of a person's codes; `False` if it is none, or was spent."""
    return await tx.run(SPEND, place_of(user_id), user_id, digest, now) == 1


LEFT = """
select count(*), coalesce(min(created_at), 0) from recovery_codes
where place = $1 and user_id = $2 and used_at is null
"""


async def left(tx: Tx, user_id: int) -> tuple[int, int]:
    """Return how many codes of a person are good, and since when there are these, in seconds since 1970."""
    row = only(await tx.one(LEFT, place_of(user_id), user_id))
    return int(row[0]), int(row[1])


REMOVE = "delete from recovery_codes where place = $1 and user_id = $2"


async def remove(tx: Tx, user_id: int) -> int:
    """Forget a person's codes, and return how many there were."""
    return await tx.run(REMOVE, place_of(user_id), user_id)
