"""Opaque access tokens, and the revocation of JWTs. A token that is found is one that works.

`find` is all that introspection and UserInfo ask of the database: not expired, not revoked, its family alive, its
person enabled, decided in one statement so that no caller can forget one of them. Whether its client is still enabled
is the registry's to say.
"""

from msgspec import Struct

from gatelodge.database.rows import only
from gatelodge.database.tx import Tx
from gatelodge.stores import seen, users
from gatelodge.stores.users import User


class AccessToken(Struct, frozen=True):
    """One token that works. Times are seconds since 1970; `payload` is JSON as `tokens/` wrote it.

    `grounds` is the payload of its family; it, `family_id` and `user` are `None` when a machine holds it.
    """

    id: int
    family_id: int | None
    client_id: str
    issued_at: int
    expires_at: int
    payload: str
    grounds: str | None
    user: User | None


PUT = """
insert into access_tokens (digest, family_id, client_id, user_id, issued_at, expires_at, payload)
values ($1, $2, $3, $4, $5, $6, $7) returning id
"""


async def put(
    tx: Tx,
    digest: bytes,
    family_id: int | None,
    client_id: str,
    user_id: int | None,
    issued_at: int,
    expires_at: int,
    payload: str,
) -> int:
    """Keep a token and return its row id, the other half of the value that is handed out."""
    row = await tx.one(PUT, digest, family_id, client_id, user_id, issued_at, expires_at, payload)
    return int(only(row)[0])


# A family that is gone has no `expires_at`, a person who is gone is not `enabled`: both refuse.
FIND = """
select t.id, t.family_id, t.client_id, t.issued_at, t.expires_at, t.payload, f.payload,
    u.id, u.sub, u.username, u.email, u.email_verified, u.name, u.claims, u.enabled, u.admin, u.created_at
from access_tokens t
left join families f on f.id = t.family_id
left join users u on u.id = t.user_id
where t.id = $1 and t.digest = $2 and t.expires_at > $3 and t.revoked_at is null
    and (t.family_id is null or (f.expires_at > $3 and f.revoked_at is null))
    and (t.user_id is null or u.enabled = 1)
"""


async def find(tx: Tx, row_id: int, digest: bytes, now: int) -> AccessToken | None:
    """Return a token that works, with its person; `None` if it is unknown, expired, revoked or cut off from either."""
    row = await tx.one(FIND, row_id, digest, now)
    if row is None:
        return None
    return AccessToken(*row[:7], user=None if row[7] is None else users.of(row[7:]))


REVOKE = """
update access_tokens set revoked_at = $4 where id = $1 and digest = $2 and client_id = $3 and revoked_at is null
"""


async def revoke(tx: Tx, row_id: int, digest: bytes, client_id: str, now: int) -> bool:
    """End one token its client presents (RFC 7009 2.1); `False` if it had ended or is another client's."""
    return await tx.run(REVOKE, row_id, digest, client_id, now) == 1


async def revoke_of_client(tx: Tx, client_id: str, now: int) -> int:
    """End every opaque token of a client. Reads the whole table: for removing a client only."""
    sql = "update access_tokens set revoked_at = $2 where client_id = $1 and revoked_at is null"
    return await tx.run(sql, client_id, now)


async def revoke_jwt(tx: Tx, jti: str, expires_at: int) -> bool:
    """End one JWT access token until it expires by itself; `False` if it had ended."""
    return await seen.once(tx, seen.REVOKED_JWT, jti, expires_at)


async def is_revoked_jwt(tx: Tx, jti: str) -> bool:
    """Return whether a machine's JWT was ended; a person's is asked of `refresh_tokens.find_live` in one statement."""
    return await seen.was(tx, seen.REVOKED_JWT, jti)
