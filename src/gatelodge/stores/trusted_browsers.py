"""Browsers that stand for a person's second factor for a while, since they proved it there."""

from msgspec import Struct

from gatelodge.database.places import place_of
from gatelodge.database.rows import only
from gatelodge.database.tx import Tx


class TrustedBrowser(Struct, frozen=True):
    """A browser that is asked for no second factor, as its person is shown it. Times are seconds since 1970."""

    id: int
    created_at: int
    expires_at: int
    browser: str
    system: str
    address: str


ADD = """
insert into trusted_browsers (place, id, user_id, digest, created_at, expires_at, browser, system, address)
values ($1, nextval('ids') * 1024 + $1, $2, $3, $4, $5, $6, $7, $8) returning id
"""


async def add(tx: Tx, user_id: int, digest: bytes, now: int, until: int, told: tuple[str, str, str]) -> int:
    """Keep one and return its row id, the other half of its cookie's value; `told` is browser, system and address."""
    return int(only(await tx.one(ADD, place_of(user_id), user_id, digest, now, until, *told))[0])


IS_TRUSTED = """
select 1 from trusted_browsers where place = $1 and id = $2 and user_id = $3 and digest = $4 and expires_at > $5
"""


async def is_trusted(tx: Tx, row_id: int, user_id: int, digest: bytes, now: int) -> bool:
    """Whether a cookie's value stands for this person's second factor."""
    return await tx.one(IS_TRUSTED, place_of(user_id), row_id, user_id, digest, now) is not None


LIST = """
select id, created_at, expires_at, browser, system, address from trusted_browsers
where place = $1 and user_id = $2 and expires_at > $3 order by created_at, id
"""


async def list_of_user(tx: Tx, user_id: int, now: int) -> list[TrustedBrowser]:
    """Return a person's, oldest first."""
    return [TrustedBrowser(*row) for row in await tx.all(LIST, place_of(user_id), user_id, now)]


REMOVE = "delete from trusted_browsers where place = $1 and id = $2 and user_id = $3"


async def remove(tx: Tx, user_id: int, row_id: int) -> bool:
    """Trust one of a person's no more; `False` if it is none of theirs."""
    return await tx.run(REMOVE, place_of(user_id), row_id, user_id) == 1


REMOVE_ALL = "delete from trusted_browsers where place = $1 and user_id = $2"


async def remove_all(tx: Tx, user_id: int) -> int:
    """Trust none of a person's any more, and return how many there were."""
    return await tx.run(REMOVE_ALL, place_of(user_id), user_id)
