"""What access tokens ask of their family: whether it lives, and whether one JWT of it was ended by itself."""

from msgspec import Struct

from gatelodge.database.places import place_of
from gatelodge.database.tx import RunAgain, Tx
from gatelodge.stores import refresh_tokens, users
from gatelodge.stores.users import UserRecord


class LiveFamily(Struct, frozen=True):
    """A family whose access tokens work, as far as they need it: see `Family`. `user` only if it was asked for."""

    client_id: str
    generation: int
    idle_expires_at: int
    expires_at: int
    payload: str
    ended_jwts: str
    user: UserRecord | None = None

    def has_ended(self, jti: str) -> bool:
        """Return whether one JWT access token of this family was revoked by itself."""
        return bool(self.ended_jwts) and any(ended.startswith(f"{jti}:") for ended in self.ended_jwts.split())


FIND_LIVE = """
select client_id, generation, idle_expires_at, expires_at, payload, ended_jwts
from families where place = $4 and id = $1 and nonce = $2 and expires_at > $3 and revoked_at is null
"""


async def find_live(tx: Tx, family_id: int, nonce: bytes, now: int) -> LiveFamily | None:
    """Return the family a JWT access token names in `grant_id`; `None` if it ended or expired."""
    row = await tx.one(FIND_LIVE, family_id, nonce, now, place_of(family_id))
    return None if row is None else LiveFamily(*row)


FIND_LIVE_WITH_PERSON = """
select f.client_id, f.generation, f.idle_expires_at, f.expires_at, f.payload, f.ended_jwts,
    u.id, u.sub, u.username, u.email, u.email_verified, u.name, u.claims, u.enabled, u.admin, u.created_at,
    u.updated_at
from families f left join users u on u.place = f.place and u.id = f.user_id
where f.place = $4 and f.id = $1 and f.nonce = $2 and f.expires_at > $3 and f.revoked_at is null
"""


async def find_live_with_person(tx: Tx, family_id: int, nonce: bytes, now: int) -> LiveFamily | None:
    """Return the same together with its person, in one statement."""
    row = await tx.one(FIND_LIVE_WITH_PERSON, family_id, nonce, now, place_of(family_id))
    return None if row is None else LiveFamily(*row[:6], user=None if row[6] is None else users.of(row[6:]))


HOLD_LIVE = FIND_LIVE + " for update"  # by the first statement, so in the order of its batch, as who rotates it does


async def hold(tx: Tx, family_id: int, nonce: bytes, now: int) -> LiveFamily | None:
    """Keep a family as it is until this transaction ends, so that what is made to rest on it ends with it; `None` if it
    ended or expired."""
    row = await tx.one(HOLD_LIVE, family_id, nonce, now, place_of(family_id))
    return None if row is None else LiveFamily(*row)


END_JWT = "update families set ended_jwts = $4 where place = $1 and id = $2 and ended_jwts = $3 and revoked_at is null"
MOST_ENDED = 64  # access tokens of one family that ended by themselves and have not expired: beyond, the family ends


async def end_jwt(tx: Tx, family_id: int, nonce: bytes, jti: str, expires_at: int, now: int) -> bool:
    """End one JWT access token of a family until it expires by itself; `False` if it had ended."""
    live = await hold(tx, family_id, nonce, now)
    if live is None or live.has_ended(jti):
        return False
    ended = [one for one in live.ended_jwts.split() if int(one.rpartition(":")[2]) > now]
    if len(ended) == MOST_ENDED:
        return await refresh_tokens.revoke(tx, family_id, nonce, now)
    after = " ".join((*ended, f"{jti}:{expires_at}"))
    if await tx.run(END_JWT, place_of(family_id), family_id, live.ended_jwts, after) != 1:
        raise RunAgain
    return True
