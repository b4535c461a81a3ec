"""Tickets: every single-use, expiring secret of every kind, in one table.

The row id finds the ticket, the digest proves the secret, and the kind is part of both the look-up and the digest, so
no value of one kind can be spent as another. Spending is one conditional statement: of any number of takers one wins.

A ticket may also be found by a short code that a person types (RFC 8628 3.3). Such a code can be guessed:
`sessions/typed_codes.py` counts each attempt before it looks one up.
"""

from msgspec import Struct

from gatelodge.database.places import place_of
from gatelodge.database.rows import only
from gatelodge.database.tx import Tx


class Ticket(Struct, frozen=True):
    """A single-use secret that expires, of whatever kind, as it is kept.

    Times are seconds since 1970; `payload` is JSON whose shape belongs to its kind.
    """

    id: int
    kind: str
    expires_at: int
    spent_at: int | None
    payload: str


PUT = """
insert into tickets (place, id, digest, kind, expires_at, payload)
values ($1, nextval('ids') * 1024 + $1, $2, $3, $4, $5) returning id
"""


async def put(
    tx: Tx, kind: str, secret_digest: bytes, payload: str, expires_at: int, user_id: int | None = None
) -> int:
    """Keep a ticket and return its row id, the other half of the value that is handed out.

    It lives where its person does. One that is made before anybody is known has a place of its own, as random as its
    secret.
    """
    place = tx.places.of(secret_digest) if user_id is None else place_of(user_id)
    return int(only(await tx.one(PUT, place, secret_digest, kind, expires_at, payload))[0])


TAKE = """
update tickets set spent_at = $1
where place = $5 and id = $2 and kind = $3 and digest = $4 and spent_at is null and expires_at > $1
returning expires_at, spent_at, payload
"""


async def take(tx: Tx, kind: str, row_id: int, secret_digest: bytes, now: int) -> Ticket | None:
    """Spend a ticket and return it; `None` if it is unknown, of another kind, expired or spent."""
    row = await tx.one(TAKE, now, row_id, kind, secret_digest, place_of(row_id))
    return None if row is None else Ticket(row_id, kind, *row)


PEEK = """
select expires_at, spent_at, payload from tickets
where place = $5 and id = $1 and kind = $2 and digest = $3 and spent_at is null and expires_at > $4
"""


async def peek(tx: Tx, kind: str, row_id: int, secret_digest: bytes, now: int) -> Ticket | None:
    """Return a ticket that could be taken now, without spending it."""
    row = await tx.one(PEEK, row_id, kind, secret_digest, now, place_of(row_id))
    return None if row is None else Ticket(row_id, kind, *row)


FIND = """
select expires_at, spent_at, payload from tickets where place = $4 and id = $1 and kind = $2 and digest = $3
"""


async def find(tx: Tx, kind: str, row_id: int, secret_digest: bytes) -> Ticket | None:
    """Return a ticket, whether it is spent, expired or neither."""
    row = await tx.one(FIND, row_id, kind, secret_digest, place_of(row_id))
    return None if row is None else Ticket(row_id, kind, *row)


CHANGE = """
update tickets set payload = $4 where place = $1 and id = $2 and payload = $3 and spent_at is null
"""


async def change(tx: Tx, found: Ticket, payload: str) -> bool:
    """Replace what an unspent ticket says; `False` if it says something else than it did, so nothing is lost."""
    return await tx.run(CHANGE, place_of(found.id), found.id, found.payload, payload) == 1


NOTE = "update tickets set payload = $3 where place = $1 and id = $2 returning replayed_at"


async def note(tx: Tx, taken: Ticket, payload: str) -> bool:
    """Note on a ticket that was just taken what came of it; return whether it was marked as replayed meanwhile."""
    row = await tx.one(NOTE, place_of(taken.id), taken.id, payload)
    return row is not None and row[0] is not None


FIND_SPENT = """
select expires_at, spent_at, payload from tickets
where place = $4 and id = $1 and kind = $2 and digest = $3 and spent_at is not null
"""


async def find_spent(tx: Tx, kind: str, row_id: int, secret_digest: bytes) -> Ticket | None:
    """Return a ticket that was spent before: tells a replay, which only a holder can make, from a guess."""
    row = await tx.one(FIND_SPENT, row_id, kind, secret_digest, place_of(row_id))
    return None if row is None else Ticket(row_id, kind, *row)


MARK_REPLAYED = "update tickets set replayed_at = $3 where place = $1 and id = $2 and replayed_at is null"


async def mark_replayed(tx: Tx, row_id: int, now: int) -> None:
    """Note that a spent ticket came again, for what may yet be made of it: see `refresh_tokens.open_family`."""
    await tx.run(MARK_REPLAYED, place_of(row_id), row_id, now)


MARK_REPEATED = """
update tickets set replayed_at = $3 where place = $1 and id = $2 and replayed_at is null
returning kind, expires_at, spent_at, payload
"""


async def mark_repeated(tx: Tx, row_id: int, now: int) -> Ticket | None:
    """Note that a ticket was seen in two places, spent or not, and return it as it is; `None` if that was noted."""
    row = await tx.one(MARK_REPEATED, place_of(row_id), row_id, now)
    return None if row is None else Ticket(row_id, *row)


REWRITE = """
update tickets set payload = $1
where place = $5 and id = $2 and kind = $3 and digest = $4 and spent_at is null
"""


async def rewrite(tx: Tx, kind: str, row_id: int, secret_digest: bytes, payload: str) -> bool:
    """Replace what an unspent ticket says; `False` if there is none."""
    return await tx.run(REWRITE, payload, row_id, kind, secret_digest, place_of(row_id)) == 1


PUT_TYPED = """
insert into tickets (place, id, digest, kind, code, expires_at, payload)
values ($1, nextval('ids') * 1024 + $1, $2, $3, $4, $5, $6) on conflict do nothing returning id
"""


async def put_typed(
    tx: Tx, kind: str, secret_digest: bytes, code_digest: bytes, payload: str, expires_at: int
) -> int | None:
    """Keep a ticket with a code that a person will type; `None` if that code is in use, so another is needed.

    It lives where its code leads, since who types the code knows nothing else of it.
    """
    place = tx.places.of(code_digest)
    row = await tx.one(PUT_TYPED, place, secret_digest, kind, code_digest, expires_at, payload)
    return None if row is None else int(row[0])


FIND_TYPED = """
select id, expires_at, spent_at, payload from tickets
where place = $1 and code = $2 and kind = $3 and expires_at > $4
"""


async def find_typed(tx: Tx, kind: str, code_digest: bytes, now: int) -> Ticket | None:
    """Return the ticket of a typed code that has not expired, spent or not: who types it late is told so."""
    row = await tx.one(FIND_TYPED, tx.places.of(code_digest), code_digest, kind, now)
    return None if row is None else Ticket(int(row[0]), kind, *row[1:])


END_TYPED = """
update tickets set code = null, spent_at = coalesce(spent_at, $4)
where place = $1 and code = $2 and kind = $3
"""


async def end_typed(tx: Tx, kind: str, code_digest: bytes, now: int) -> bool:
    """Spend the ticket of this code, and let go of the code; `False` if there was none."""
    return await tx.run(END_TYPED, tx.places.of(code_digest), code_digest, kind, now) == 1
