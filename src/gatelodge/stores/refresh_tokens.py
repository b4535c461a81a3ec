"""Families: all tokens that descend from one authorization, one row each, rotated in place.

A refresh token is derived from its family's row id, nonce and generation (`keys/refresh.py`), so the row keeps no
token. `rotate` decides everything in one conditional statement: of any number of takers of one generation, one moves
the family on, and the others are given the same successor while the overlap lasts: a lost answer is not an attack.
Anything older is, and ends the family there and then, so that who ends it holds no other row before it. Whether its
person is still there and enabled is not asked: `endings.py` ends what they hold.
"""

from msgspec import Struct

from gatelodge.database.places import place_of
from gatelodge.database.tx import Row, RunAgain, Tx
from gatelodge.protocol.rotation import RefreshValue
from gatelodge.stores import access_tokens, tickets
from gatelodge.stores.users import HeldAccount


class Family(Struct, frozen=True):
    """All tokens that descend from one authorization, in one row. Times are in seconds.

    `generation` is that of its newest refresh token, 0 without one. `payload` is JSON: what was authorized.
    """

    id: int
    nonce: bytes
    client_id: str
    user_id: int | None
    generation: int
    created_at: int
    idle_expires_at: int
    expires_at: int
    revoked_at: int | None
    payload: str


class NewFamily(Struct, frozen=True, kw_only=True):
    """A family about to begin. `generation` is 1 with a refresh token and 0 without.

    No token of a family works after `expires_at`: it may not be before any of them expires.
    """

    nonce: bytes
    client_id: str
    code_id: int | None
    generation: int
    idle_expires_at: int
    expires_at: int
    payload: str


OPEN = """
insert into families (place, id, nonce, client_id, user_id, generation, rotated_at, created_at, idle_expires_at,
    expires_at, payload)
select place, nextval('ids') * 1024 + place, $4, $5, id, $6, $7, $7, $8, $9, $10
from users where place = $1 and id = $2 and enabled = 1 and endings = $3 returning id
"""
OPEN_OF_CODE = """
insert into families (place, id, nonce, client_id, user_id, generation, rotated_at, created_at, idle_expires_at,
    expires_at, payload, code_id, revoked_at)
select u.place, nextval('ids') * 1024 + u.place, $4, $5, u.id, $6, $7, $7, $8, $9, $10, t.id, t.replayed_at
from users u join tickets t on t.place = u.place
where u.place = $1 and u.id = $2 and u.enabled = 1 and u.endings = $3 and t.id = $11 returning id
"""


async def open_family(tx: Tx, held: HeldAccount, new: NewFamily, now: int) -> int:
    """Begin a family of a person and return its row id. It has ended already if its code was replayed meanwhile.

    Raises `RunAgain` if all that the person holds ended meanwhile.

    Bodies that share a transaction take turns, so a replay can be noticed between taking the code and this.
    """
    person = (place_of(held.user_id), held.user_id, held.endings)
    values = (new.nonce, new.client_id, new.generation, now, new.idle_expires_at, new.expires_at, new.payload)
    if new.code_id is None:
        row = await tx.one(OPEN, *person, *values)
    else:
        row = await tx.one(OPEN_OF_CODE, *person, *values, new.code_id)
    if row is None:
        raise RunAgain
    return int(row[0])


OPEN_CHILD = """
insert into families (place, id, nonce, client_id, user_id, generation, rotated_at, created_at, idle_expires_at,
    expires_at, payload, parent_id)
select place, nextval('ids') * 1024 + place, $4, $5, user_id, $6, $7, $7, $8, $9, $10, id
from families where place = $1 and id = $2 and nonce = $3 and expires_at > $7 and revoked_at is null returning id
"""


async def open_child(tx: Tx, parent_id: int, nonce: bytes, new: NewFamily, now: int) -> int | None:
    """Begin a family that ends with another one, which its caller holds (`live_families.hold`), and return its row id.

    `None` if that one ended meanwhile, in the same transaction.
    """
    values = (new.nonce, new.client_id, new.generation, now, new.idle_expires_at, new.expires_at, new.payload)
    row = await tx.one(OPEN_CHILD, place_of(parent_id), parent_id, nonce, *values)
    return None if row is None else int(row[0])


MOST_REPEATS = 49  # of answers, as long as rotations follow one another within the overlap: more is no lost answer


class Rotated(Struct, frozen=True):
    """A rotation: the family after it, whether its answer is given again, and if so whether to another network."""

    family: Family
    repeated: bool
    elsewhere: bool = False

    @property
    def generation(self) -> int:
        """The generation of the refresh token to hand out."""
        return self.family.generation


class Replayed(Struct, frozen=True):
    """A refresh token that was spent before came again from its own client: its `family` has ended by it."""

    family: Family


ROTATE = """
update families set
    generation = case when generation = $5 then $5 + 1 else generation end,
    rotated_at = case when generation = $5 then $1 else rotated_at end,
    rotated_before = case when generation = $5 then rotated_at else rotated_before end,
    idle_expires_at = case when generation = $5 then $2 else idle_expires_at end,
    idle_before = case when generation = $5 then idle_expires_at else idle_before end,
    repeats = case when generation = $5 then 0 else repeats + 1 end,
    lately = case when generation <> $5 then lately + 1 when rotated_at > $7 then lately else 0 end,
    rotated_from = case when generation = $5 then $9 else rotated_from end,
    from_before = case when generation = $5 then rotated_from else from_before end,
    revoked_at = case
        when generation = $5 then revoked_at
        when generation = $5 + 1 and rotated_at > $7 and lately < $10 and expires_at > $1 and idle_expires_at > $1
        then revoked_at
        else $1 end
where place = $8 and id = $3 and nonce = $4 and client_id = $6 and revoked_at is null
    and (generation > $5 or (generation = $5 and expires_at > $1 and idle_expires_at > $1))
returning id, nonce, client_id, user_id, generation, created_at, idle_expires_at, expires_at, revoked_at, payload,
    repeats, rotated_from
"""
NEVER = 2**62


async def rotate(
    tx: Tx, value: RefreshValue, client_id: str, now: int, overlap: int, idle_lifetime: int, network: str = ""
) -> Rotated | Replayed | None:
    """Spend a refresh token and return its family moved on to the next generation; `None` if it is refused.

    The immediate predecessor is given the same successor again for `overlap` seconds after it was spent, 0 for never
    (not even within the same second), and `MOST_REPEATS` times at most. `network` is where it is presented. Anything
    else that was spent before ends the family (RFC 9700 4.14.2). A token of another client, or of an ended or expired
    family, is refused and changes nothing: else one client could end what another holds.
    """
    if value.generation < 1:
        return None
    repeat_after = now - overlap if overlap else NEVER
    until = now + idle_lifetime
    whose = (value.family_id, value.nonce, value.generation, client_id)
    where = (repeat_after, place_of(value.family_id), network, MOST_REPEATS)
    row = await tx.one(ROTATE, now, until, *whose, *where)
    if row is None:
        return None
    family = Family(*row[:10])
    if family.revoked_at is not None:
        await _end_what_came_of(tx, family.id, now)
        return Replayed(family)
    return Rotated(family, row[10] > 0, row[11] != network)


GIVE_BACK = """
update families set generation = generation - 1, rotated_at = rotated_before, rotated_from = from_before,
    idle_expires_at = idle_before
where place = $1 and id = $2 and nonce = $3 and generation = $4 and repeats = 0
"""


async def give_back(tx: Tx, rotated: Rotated) -> None:
    """Take back a rotation in its own transaction: the token that was presented is the newest again.

    When it ends unless it is used, what is left of the overlap before it, and the repeats and the network it is told
    by, are as they were. A rotation whose answer another body of this batch gave again stands: there is a successor out
    there.
    """
    if not rotated.repeated:
        family = rotated.family
        await tx.run(GIVE_BACK, place_of(family.id), family.id, family.nonce, rotated.generation)


FIND = """
select id, nonce, client_id, user_id, generation, created_at, idle_expires_at, expires_at, revoked_at, payload
from families where place = $3 and id = $1 and nonce = $2
"""


async def why_refused(tx: Tx, value: RefreshValue) -> Family | None:
    """Return the family of a presented token, whatever its state, so that a refusal can say why."""
    row = await tx.one(FIND, value.family_id, value.nonce, place_of(value.family_id))
    return None if row is None else Family(*row)


REVOKE = """
update families set revoked_at = $4 where place = $1 and id = $2 and nonce = $3 and revoked_at is null
"""


async def revoke(tx: Tx, family_id: int, nonce: bytes, now: int) -> bool:
    """End a family and every token of it; `False` if it had ended."""
    if await tx.run(REVOKE, place_of(family_id), family_id, nonce, now) != 1:
        return False
    await _end_what_came_of(tx, family_id, now)
    return True


REVOKE_PRESENTED = """
update families set revoked_at = $5
where place = $1 and id = $2 and nonce = $3 and client_id = $4 and revoked_at is null
"""


async def revoke_presented(tx: Tx, value: RefreshValue, client_id: str, now: int) -> bool:
    """End the family of a refresh token its client presents (RFC 7009 2.1); another client's stays as it is."""
    where = (place_of(value.family_id), value.family_id, value.nonce)
    if await tx.run(REVOKE_PRESENTED, *where, client_id, now) != 1:
        return False
    await _end_what_came_of(tx, value.family_id, now)
    return True


REVOKE_OF_CODE = """
update families set revoked_at = $3 where place = $1 and code_id = $2 and revoked_at is null returning id
"""


async def revoke_of_code(tx: Tx, code_id: int, now: int) -> int:
    """End the family a code was redeemed for, or is about to be (RFC 6749 4.1.2), and return how many ended."""
    await tickets.mark_replayed(tx, code_id, now)
    return await _end_tokens(tx, await tx.all(REVOKE_OF_CODE, place_of(code_id), code_id, now), now)


REVOKE_OF_USER = """
update families set revoked_at = $3 where place = $1 and user_id = $2 and revoked_at is null returning id
"""


async def revoke_of_user(tx: Tx, user_id: int, now: int) -> int:
    """End every family of a person and return how many ended."""
    return await _end_tokens(tx, await tx.all(REVOKE_OF_USER, place_of(user_id), user_id, now), now)


REVOKE_OF_CONSENT = """
update families set revoked_at = $4
where place = $1 and user_id = $2 and client_id = $3 and revoked_at is null returning id
"""


async def revoke_of_consent(tx: Tx, user_id: int, client_id: str, now: int) -> int:
    """End every family a person let a client have and return how many ended."""
    return await _end_tokens(tx, await tx.all(REVOKE_OF_CONSENT, place_of(user_id), user_id, client_id, now), now)


async def _end_tokens(tx: Tx, families: list[Row], now: int) -> int:
    """End what came of families that ended just now, and return how many families those are."""
    for row in families:
        await _end_what_came_of(tx, int(row[0]), now)
    return len(families)


REVOKE_CHILDREN = """
update families set revoked_at = $3 where place = $1 and parent_id = $2 and revoked_at is null returning id
"""


async def _end_what_came_of(tx: Tx, family_id: int, now: int) -> None:
    """End the opaque tokens of a family that ended just now, and every family that rests on it.

    Whoever makes one more holds the row of this one until then.
    """
    await access_tokens.revoke_of_family(tx, family_id, now)
    for row in await tx.all(REVOKE_CHILDREN, place_of(family_id), family_id, now):
        await _end_what_came_of(tx, int(row[0]), now)
