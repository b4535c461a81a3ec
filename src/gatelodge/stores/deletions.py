"""Accounts whose person asked for their deletion: each waits until it is due, so that it can be thought over."""

from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx

DUE_AT = "select due_at from deletions where place = $1 and user_id = $2"


async def due_at(tx: Tx, user_id: int) -> int | None:
    """Return when an account is deleted, in seconds since 1970; `None` if nobody asked for that."""
    row = await tx.one(DUE_AT, place_of(user_id), user_id)
    return None if row is None else int(row[0])


ASK = """
insert into deletions (place, user_id, asked_at, due_at) values ($1, $2, $3, $4)
on conflict (place, user_id) do nothing
"""


async def ask(tx: Tx, user_id: int, now: int, due: int) -> bool:
    """Keep that an account is to be deleted at `due`; `False` if that was asked before, and stays as it was."""
    return await tx.run(ASK, place_of(user_id), user_id, now, due) == 1


STOP = "delete from deletions where place = $1 and user_id = $2"


async def stop(tx: Tx, user_id: int) -> bool:
    """Keep an account after all; `False` if nobody asked for its deletion."""
    return await tx.run(STOP, place_of(user_id), user_id) == 1


DUE = "select user_id from deletions where due_at <= $1 order by due_at limit $2"


async def due(tx: Tx, horizon: int, most: int) -> list[int]:
    """Return the people whose accounts are to be deleted by now, wherever they live, those who wait longest first."""
    return [int(row[0]) for row in await tx.all(DUE, horizon, most)]


DUE_STILL = "delete from deletions where place = $1 and user_id = $2 and due_at <= $3"


async def take_due(tx: Tx, user_id: int, horizon: int) -> bool:
    """Take one of them up; `False` if its person stopped it, or somebody else took it up."""
    return await tx.run(DUE_STILL, place_of(user_id), user_id, horizon) == 1
