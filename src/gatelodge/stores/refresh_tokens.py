"""Families: all tokens that descend from one authorization, one row each, rotated in place.

A refresh token is derived from its family's row id, nonce and generation (`keys/secrets.py`), so the row keeps no
token. `rotate` decides everything in one conditional statement: of any number of takers of one generation, one moves
the family on, and the others are given the same successor while the overlap lasts, or nothing: a lost answer is not an
attack, anything older is.
"""

from msgspec import Struct

from gatelodge.database.rows import only
from gatelodge.database.tx import Row, Tx
from gatelodge.protocol.rotation import RefreshValue
from gatelodge.stores import seen, tickets, users
from gatelodge.stores.users import User


class Family(Struct, frozen=True):
    """One family. `generation` is that of its newest refresh token, 0 if it never had one. Times are in seconds.

    `payload` is JSON: what was authorized, as `tokens/` wrote it.
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

    def shows_replay(self, value: RefreshValue, client_id: str) -> bool:
        """Return whether a refused token was spent before by its own client: then the family has to end.

        RFC 9700 4.14.2. A family of another client is left alone, or one client could end what another holds.
        """
        return client_id == self.client_id and self.revoked_at is None and value.generation < self.generation


class NewFamily(Struct, frozen=True, kw_only=True):
    """A family about to begin. `generation` is 1 with a refresh token and 0 without.

    No token of a family works after `expires_at`: it may not be before any of them expires.
    """

    nonce: bytes
    client_id: str
    user_id: int | None
    code_id: int | None
    generation: int
    idle_expires_at: int
    expires_at: int
    payload: str


OPEN = """
insert into families (nonce, client_id, user_id, code_id, generation, rotated_at, created_at, idle_expires_at,
    expires_at, payload, revoked_at)
values ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, (select replayed_at from tickets where id = $4)) returning id
"""


async def open_family(tx: Tx, new: NewFamily, now: int) -> int:
    """Begin a family and return its row id. It has ended already if its code was replayed meanwhile.

    Bodies that share a transaction take turns, so a replay can be noticed between taking the code and this.
    """
    whose = (new.client_id, new.user_id, new.code_id)
    until = (new.idle_expires_at, new.expires_at)
    return int(only(await tx.one(OPEN, new.nonce, *whose, new.generation, now, *until, new.payload))[0])


class Rotated(Struct, frozen=True):
    """A rotation: the family after it, and whether its answer is given again."""

    family: Family
    repeated: bool

    @property
    def generation(self) -> int:
        """The generation of the refresh token to hand out."""
        return self.family.generation


ROTATE = """
update families set
    generation = $5 + 1,
    rotated_at = case when generation = $5 then $1 else rotated_at end,
    idle_expires_at = case when generation = $5 then $2 else idle_expires_at end,
    repeats = case when generation = $5 then 0 else repeats + 1 end
where id = $3 and nonce = $4 and client_id = $6
    and (generation = $5 or (generation = $5 + 1 and rotated_at > $7))
    and revoked_at is null and expires_at > $1 and idle_expires_at > $1
    and exists (select 1 from users u where u.id = families.user_id and u.enabled = 1)
returning id, nonce, client_id, user_id, generation, created_at, idle_expires_at, expires_at, revoked_at, payload,
    repeats
"""
NEVER = 2**62


async def rotate(
    tx: Tx, value: RefreshValue, client_id: str, now: int, overlap: int, idle_lifetime: int
) -> Rotated | None:
    """Spend a refresh token and return its family moved on to the next generation; `None` if it is refused.

    The immediate predecessor is given the same successor again for `overlap` seconds after it was spent, 0 for never
    (not even within the same second). A token of another client, of an ended or expired family, or of a person who is
    disabled or gone is refused and changes nothing.
    """
    if value.generation < 1:
        return None
    repeat_after = now - overlap if overlap else NEVER
    until = now + idle_lifetime
    whose = (value.family_id, value.nonce, value.generation, client_id)
    row = await tx.one(ROTATE, now, until, *whose, repeat_after)
    return None if row is None else Rotated(Family(*row[:10]), row[10] > 0)


GIVE_BACK = """
update families set generation = generation - 1, rotated_at = 0
where id = $1 and nonce = $2 and generation = $3 and repeats = 0
"""


async def give_back(tx: Tx, rotated: Rotated) -> None:
    """Take back a rotation in its own transaction: the token that was presented is the newest again.

    Whoever presented it had the answer before, so that answer is not given again. A rotation whose answer another body
    of this batch gave again stands: there is a successor out there.
    """
    if not rotated.repeated:
        await tx.run(GIVE_BACK, rotated.family.id, rotated.family.nonce, rotated.generation)


FIND = """
select id, nonce, client_id, user_id, generation, created_at, idle_expires_at, expires_at, revoked_at, payload
from families where id = $1 and nonce = $2
"""


async def why_refused(tx: Tx, value: RefreshValue) -> Family | None:
    """Return the family of a presented token, whatever its state, so that a refusal can tell a replay from the rest."""
    row = await tx.one(FIND, value.family_id, value.nonce)
    return None if row is None else Family(*row)


class LiveFamily(Struct, frozen=True):
    """A family whose access tokens work, as far as they need it, and its person: see `Family`."""

    client_id: str
    generation: int
    idle_expires_at: int
    expires_at: int
    payload: str
    user: User | None


FIND_LIVE = """
select f.client_id, f.generation, f.idle_expires_at, f.expires_at, f.payload,
    u.id, u.sub, u.username, u.email, u.email_verified, u.name, u.claims, u.enabled, u.admin, u.created_at
from families f left join users u on u.id = f.user_id
where f.id = $1 and f.nonce = $2 and f.expires_at > $3 and f.revoked_at is null
    and (f.user_id is null or u.enabled = 1)
    and not exists (select 1 from seen where digest = $4)
"""


async def find_live(tx: Tx, family_id: int, nonce: bytes, now: int, jti: str = "") -> LiveFamily | None:
    """Return the family a JWT access token names in `grant_id`, with its person, in one statement.

    `None` if the family ended or expired, its person is disabled or gone, or the token itself, `jti`, was revoked.
    """
    row = await tx.one(FIND_LIVE, family_id, nonce, now, seen.fingerprint(seen.REVOKED_JWT, jti))
    return None if row is None else LiveFamily(*row[:5], user=_person(row[5:]))


REVOKE = "update families set revoked_at = $2 where id = $1 and revoked_at is null"
REVOKE_EXACT = "update families set revoked_at = $3 where id = $1 and nonce = $2 and revoked_at is null"


async def revoke(tx: Tx, family_id: int, nonce: bytes | None, now: int) -> bool:
    """End a family and every token of it; `False` if it had ended. `nonce` is given when the id came from outside."""
    if nonce is None:
        return await tx.run(REVOKE, family_id, now) == 1
    return await tx.run(REVOKE_EXACT, family_id, nonce, now) == 1


REVOKE_PRESENTED = """
update families set revoked_at = $4 where id = $1 and nonce = $2 and client_id = $3 and revoked_at is null
"""


async def revoke_presented(tx: Tx, value: RefreshValue, client_id: str, now: int) -> bool:
    """End the family of a refresh token its client presents (RFC 7009 2.1); another client's stays as it is."""
    return await tx.run(REVOKE_PRESENTED, value.family_id, value.nonce, client_id, now) == 1


async def revoke_of_code(tx: Tx, code_id: int, now: int) -> int:
    """End the family a code was redeemed for, or is about to be (RFC 6749 4.1.2), and return how many ended."""
    await tickets.mark_replayed(tx, code_id, now)
    return await tx.run("update families set revoked_at = $2 where code_id = $1 and revoked_at is null", code_id, now)


async def revoke_of_user(tx: Tx, user_id: int, now: int) -> int:
    """End every family of a person and return how many ended."""
    return await tx.run("update families set revoked_at = $2 where user_id = $1 and revoked_at is null", user_id, now)


async def revoke_of_client(tx: Tx, client_id: str, now: int) -> int:
    """End every family of a client and return how many ended. Reads the whole table: for removing a client only."""
    return await tx.run(
        "update families set revoked_at = $2 where client_id = $1 and revoked_at is null", client_id, now
    )


REVOKE_OF_CONSENT = """
update families set revoked_at = $3 where user_id = $1 and client_id = $2 and revoked_at is null
"""


async def revoke_of_consent(tx: Tx, user_id: int, client_id: str, now: int) -> int:
    """End every family a person let a client have and return how many ended."""
    return await tx.run(REVOKE_OF_CONSENT, user_id, client_id, now)


def _person(columns: Row) -> User | None:
    return None if columns[0] is None else users.of(columns)
