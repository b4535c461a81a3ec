"""Opaque access tokens, and the revocation of machines' JWTs. A token that is found is one that works.

`find` is all that introspection asks of the database: one row, by its key. That its family ended, and with it that its
person is kept out or gone, is written into the row when it happens. Whether its client is still enabled is the
registry's to say.
"""

from msgspec import Struct

from gatelodge.database.places import place_of
from gatelodge.database.rows import only
from gatelodge.database.tx import Tx
from gatelodge.stores import seen, users
from gatelodge.stores.users import UserRecord


class OpaqueToken(Struct, frozen=True):
    """One token that works. Times are seconds since 1970; `payload` is JSON as `tokens/` wrote it.

    `family_id` is `None` when a machine holds it. `grounds`, the payload of its family, and `user` are `None` then, and
    unless they were asked for.
    """

    id: int
    family_id: int | None
    client_id: str
    issued_at: int
    expires_at: int
    payload: str
    grounds: str | None = None
    user: UserRecord | None = None


PUT_OF_MACHINE = """
insert into access_tokens (place, id, digest, client_id, issued_at, expires_at, payload)
values ($1, nextval('ids') * 1024 + $1, $2, $3, $4, $5, $6) returning id
"""
# Bodies that share a transaction take turns: the family may have ended since it was looked at.
PUT_OF_FAMILY = """
insert into access_tokens (place, id, digest, family_id, client_id, user_id, issued_at, expires_at, payload, revoked_at)
select place, nextval('ids') * 1024 + place, $3, id, client_id, user_id, $4,
    case when expires_at < $5 then expires_at else $5 end, $6, revoked_at
from families where place = $1 and id = $2 returning id
"""


async def put(
    tx: Tx, digest: bytes, family_id: int | None, client_id: str, issued_at: int, expires_at: int, payload: str
) -> int:
    """Keep a token where its family lives, or a machine's with its client, and return its row id.

    It works no longer than its family does.
    """
    if family_id is None:
        whose, sql = (tx.places.of_name(client_id), digest, client_id), PUT_OF_MACHINE
    else:
        whose, sql = (place_of(family_id), family_id, digest), PUT_OF_FAMILY
    return int(only(await tx.one(sql, *whose, issued_at, expires_at, payload))[0])


FIND = """
select id, family_id, client_id, issued_at, expires_at, payload
from access_tokens where place = $4 and id = $1 and digest = $2 and expires_at > $3 and revoked_at is null
"""


async def find(tx: Tx, row_id: int, digest: bytes, now: int) -> OpaqueToken | None:
    """Return a token that works; `None` if it is unknown, expired or ended in any way."""
    row = await tx.one(FIND, row_id, digest, now, place_of(row_id))
    return None if row is None else OpaqueToken(*row)


FIND_WITH_PERSON = """
select t.id, t.family_id, t.client_id, t.issued_at, t.expires_at, t.payload, f.payload,
    u.id, u.sub, u.username, u.email, u.email_verified, u.name, u.claims, u.enabled, u.admin, u.created_at,
    u.updated_at
from access_tokens t
left join families f on f.place = t.place and f.id = t.family_id
left join users u on u.place = t.place and u.id = t.user_id
where t.place = $4 and t.id = $1 and t.digest = $2 and t.expires_at > $3 and t.revoked_at is null
"""


async def find_with_person(tx: Tx, row_id: int, digest: bytes, now: int) -> OpaqueToken | None:
    """Return the same together with its person and what they authorized, in one statement."""
    row = await tx.one(FIND_WITH_PERSON, row_id, digest, now, place_of(row_id))
    if row is None:
        return None
    return OpaqueToken(*row[:7], user=None if row[7] is None else users.of(row[7:]))


REVOKE = """
update access_tokens set revoked_at = $5
where place = $1 and id = $2 and digest = $3 and client_id = $4 and revoked_at is null
"""


async def revoke(tx: Tx, row_id: int, digest: bytes, client_id: str, now: int) -> bool:
    """End one token its client presents (RFC 7009 2.1); `False` if it had ended or is another client's."""
    return await tx.run(REVOKE, place_of(row_id), row_id, digest, client_id, now) == 1


REVOKE_OF_FAMILY = """
update access_tokens set revoked_at = $3 where place = $1 and family_id = $2 and revoked_at is null
"""


async def revoke_of_family(tx: Tx, family_id: int, now: int) -> int:
    """End every opaque token of a family that ended; one that is being made holds the family's row until then."""
    return await tx.run(REVOKE_OF_FAMILY, place_of(family_id), family_id, now)


async def revoke_jwt(tx: Tx, jti: str, expires_at: int) -> bool:
    """End a machine's JWT access token until it expires by itself; `False` if it had ended."""
    return await seen.once(tx, seen.REVOKED_JWT, jti, expires_at)


async def is_revoked_jwt(tx: Tx, jti: str) -> bool:
    """Return whether a machine's JWT was ended; a person's is asked of its family: `LiveFamily.has_ended`."""
    return await seen.was(tx, seen.REVOKED_JWT, jti)
