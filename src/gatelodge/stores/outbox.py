"""The outbox: what other machines are to be told, put in the transaction of its cause and delivered afterwards.

A parcel is kept before anybody is told anything, so nothing is told that did not happen and nothing that happened goes
untold. `outbox/` delivers: it claims a parcel for a while, and whoever dies meanwhile leaves it to the next. So none is
lost, and one may arrive twice, if somebody died between its arrival and the note of it.
"""

from collections.abc import Mapping

from msgspec import Struct

from gatelodge.database.places import place_of
from gatelodge.database.tx import Row, Tx


class NewParcel(Struct, frozen=True, kw_only=True):
    """Something to deliver. `kind` says who delivers it, `recipient` to whom, as an operator may see it.

    `payload` is what the kind needs; what nobody may read in the database, the kind seals. Of any number of parcels of
    one kind and place with the same `dedupe` the first is kept. It lives where its person does, if it has one. With
    `sent_at` it is one that nobody delivers: it is put where nobody may notice that there is nothing to tell. With
    `not_before` it waits until then, as if it was put then.
    """

    kind: str
    recipient: str
    dedupe: str
    payload: bytes = b""
    template: str = ""
    locale: str = ""
    user_id: int | None = None
    sent_at: int | None = None
    not_before: int | None = None


class Parcel(Struct, frozen=True):
    """Something that waits to be delivered, was delivered or is dead. Times are seconds since 1970.

    `tries` counts those that began; `since` is when it was put, or when an operator had it tried again.
    """

    id: int
    kind: str
    recipient: str
    template: str
    locale: str
    payload: bytes
    user_id: int | None
    since: int
    due_at: int
    tries: int
    reason: str
    sent_at: int | None
    dead_at: int | None


PUT = """
insert into outbox (place, id, kind, recipient, dedupe, payload, template, locale, user_id, since, due_at, sent_at)
values ($1, nextval('ids') * 1024 + $1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
on conflict (place, kind, dedupe) do nothing returning id
"""


async def put(tx: Tx, new: NewParcel, now: int) -> int | None:
    """Keep a parcel, in the transaction of its cause, and return its id; `None` if it is there already."""
    place = tx.places.of_name(new.dedupe) if new.user_id is None else place_of(new.user_id)
    whom = (new.kind, new.recipient, new.dedupe)
    since = now if new.not_before is None else new.not_before
    row = await tx.one(PUT, place, *whom, new.payload, new.template, new.locale, new.user_id, since, new.sent_at)
    return None if row is None else int(row[0])


DUE = """
select id, kind, recipient, template, locale, payload, user_id, since, due_at, tries, reason, sent_at, dead_at
from outbox where kind = $1 and due_at <= $2 and sent_at is null and dead_at is null
order by due_at, id limit $3
"""


async def due(tx: Tx, kind: str, now: int, most: int) -> list[Parcel]:
    """Return the parcels of a kind that may be delivered now, those that wait longest first."""
    return [Parcel(*row) for row in await tx.all(DUE, kind, now, most)]


CLAIM = """
update outbox set tries = tries + 1, due_at = $4
where place = $1 and id = $2 and due_at <= $3 and sent_at is null and dead_at is null
returning id, kind, recipient, template, locale, payload, user_id, since, due_at, tries, reason, sent_at, dead_at
"""


async def claim(tx: Tx, parcel_id: int, now: int, until: int) -> Parcel | None:
    """Have a parcel to oneself until then; `None` if somebody else has it, or it waits no more."""
    return _maybe(await tx.one(CLAIM, place_of(parcel_id), parcel_id, now, until))


DELIVERED = "update outbox set sent_at = $3 where place = $1 and id = $2 and sent_at is null"


async def delivered(tx: Tx, parcel: Parcel, now: int) -> None:
    """Note that a parcel arrived."""
    await tx.run(DELIVERED, place_of(parcel.id), parcel.id, now)


POSTPONE = """
update outbox set due_at = $4, reason = $5
where place = $1 and id = $2 and tries = $3 and sent_at is null and dead_at is null
"""


async def postpone(tx: Tx, parcel: Parcel, until: int, reason: str) -> None:
    """Let a parcel that was claimed wait, unless somebody claimed it since."""
    await tx.run(POSTPONE, place_of(parcel.id), parcel.id, parcel.tries, until, reason)


GIVE_UP = """
update outbox set dead_at = $4, reason = $5
where place = $1 and id = $2 and tries = $3 and sent_at is null and dead_at is null
"""


async def give_up(tx: Tx, parcel: Parcel, reason: str, now: int) -> bool:
    """Try a parcel that was claimed no more; `False` if somebody claimed it since."""
    return await tx.run(GIVE_UP, place_of(parcel.id), parcel.id, parcel.tries, now, reason) == 1


FIND = """
select id, kind, recipient, template, locale, payload, user_id, since, due_at, tries, reason, sent_at, dead_at
from outbox where place = $1 and id = $2
"""


async def find(tx: Tx, parcel_id: int) -> Parcel | None:
    """Return a parcel, whatever became of it, or `None`."""
    return _maybe(await tx.one(FIND, place_of(parcel_id), parcel_id))


LIST_OPEN = """
select id, kind, recipient, template, locale, payload, user_id, since, due_at, tries, reason, sent_at, dead_at
from outbox where sent_at is null
order by due_at desc, id desc limit $1
"""


async def list_open(tx: Tx, most: int) -> list[Parcel]:
    """Return what waits and what is dead, newest first."""
    return [Parcel(*row) for row in await tx.all(LIST_OPEN, most)]


LIST_RECENT = """
select id, kind, recipient, template, locale, payload, user_id, since, due_at, tries, reason, sent_at, dead_at
from outbox where kind = $1
order by since desc, id desc limit $2
"""


async def list_recent(tx: Tx, kind: str, most: int) -> list[Parcel]:
    """Return the parcels of a kind, whatever became of them, newest first."""
    return [Parcel(*row) for row in await tx.all(LIST_RECENT, kind, most)]


COUNT_DEAD = "select kind, count(*) from outbox where dead_at is not null group by kind"


async def count_dead(tx: Tx) -> Mapping[str, int]:
    """Return how many parcels of each kind are dead, where there are any."""
    return {str(kind): int(count) for kind, count in await tx.all(COUNT_DEAD)}


REVIVE = """
update outbox set dead_at = null, since = $3, due_at = $3
where place = $1 and id = $2 and sent_at is null
"""


async def revive(tx: Tx, parcel_id: int, now: int) -> bool:
    """Have a parcel that waits or is dead tried now, and for as long as if it were new; `False` if there is none."""
    return await tx.run(REVIVE, place_of(parcel_id), parcel_id, now) == 1


DROP = "delete from outbox where place = $1 and id = $2 and sent_at is null"


async def drop(tx: Tx, parcel_id: int) -> bool:
    """Forget a parcel that waits or is dead; `False` if there is none."""
    return await tx.run(DROP, place_of(parcel_id), parcel_id) == 1


def _maybe(row: Row | None) -> Parcel | None:
    return None if row is None else Parcel(*row)
