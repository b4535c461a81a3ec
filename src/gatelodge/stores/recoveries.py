"""Delayed recoveries: whose person lost their second factor, too, and waits until a mailed link takes it off.

One for a person at most. The letters that tell of it later wait in the outbox, and go with it.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.json import Decoder, encode

from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.stores import outbox

_ids = Decoder(list[int]).decode


class WaitingRecovery(Struct, frozen=True):
    """The recovery of a person who lost everything they sign in with: it waits, or can be used.

    Times are seconds since 1970; `mark` tells it from those before and after.
    """

    mark: str
    due_at: int
    until: int


FIND = "select mark, due_at, until from recoveries where place = $1 and user_id = $2 and until > $3"


async def find(tx: Tx, user_id: int, now: int) -> WaitingRecovery | None:
    """Return a person's, `None` if none waits and none can be used."""
    row = await tx.one(FIND, place_of(user_id), user_id, now)
    return None if row is None else WaitingRecovery(*row)


BEGIN = """
insert into recoveries (place, user_id, mark, due_at, until, letters) values ($1, $2, $3, $4, $5, $6)
on conflict (place, user_id) do nothing
"""


async def begin(tx: Tx, user_id: int, new: WaitingRecovery, letters: Sequence[int]) -> bool:
    """Keep one, with the parcels of its letters that wait; `False` if there is one, which stays as it is."""
    told = encode(letters).decode()
    return await tx.run(BEGIN, place_of(user_id), user_id, new.mark, new.due_at, new.until, told) == 1


STOP = "delete from recoveries where place = $1 and user_id = $2 returning letters"


async def stop(tx: Tx, user_id: int) -> bool:
    """End a person's, whatever became of it, with its letters that were not sent; `False` if there is none."""
    row = await tx.one(STOP, place_of(user_id), user_id)
    for parcel in () if row is None else _ids(row[0]):
        await outbox.drop(tx, parcel)
    return row is not None


TAKE = """
delete from recoveries where place = $1 and user_id = $2 and mark = $3 and due_at <= $4 and until > $4
"""


async def take(tx: Tx, user_id: int, mark: str, now: int) -> bool:
    """Use the one of this mark up; `False` if it is not due, too late, stopped or used."""
    return await tx.run(TAKE, place_of(user_id), user_id, mark, now) == 1
