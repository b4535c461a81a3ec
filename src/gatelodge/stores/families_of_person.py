"""The families of one person, as they look at what acts for them: by application, and by the session each came of."""

from collections.abc import Collection

from msgspec import Struct
from msgspec.json import Decoder

from gatelodge.database.places import place_of
from gatelodge.database.tx import Row, Tx
from gatelodge.stores import refresh_tokens

OFFLINE = "offline_access"  # OpenID Connect Core 11


class _Grounds(Struct, frozen=True):
    """Of what a family stands on, the session it came of and what was granted."""

    sid: str = ""
    scope: tuple[str, ...] = ()
    via: tuple[str, ...] = ()


_grounds = Decoder(_Grounds).decode


class LivingFamily(Struct, frozen=True):
    """A family that has not ended. `sid` is the session it came of, empty if of none; `used_at` when it was last used.

    `via` are the clients that passed it on, where a token was exchanged. `offline` ones outlive that session, as its
    person allowed (`offline_access`).
    """

    id: int
    nonce: bytes
    client_id: str
    created_at: int
    used_at: int
    sid: str
    scope: tuple[str, ...]
    via: tuple[str, ...] = ()

    @property
    def offline(self) -> bool:
        """Whether it works while its person is away."""
        return OFFLINE in self.scope


LIVING = """
select id, nonce, client_id, created_at, rotated_at, payload from families
where place = $1 and user_id = $2 and expires_at > $3 and idle_expires_at > $3 and revoked_at is null
"""


async def living(tx: Tx, user_id: int, now: int) -> list[LivingFamily]:
    """Return every family of a person that has not ended."""
    return [_living(row) for row in await tx.all(LIVING, place_of(user_id), user_id, now)]


async def end_of_sessions(tx: Tx, user_id: int, sids: Collection[str], *, offline: bool, now: int) -> int:
    """End the families that came of these sessions, the `offline` ones only if it says so; return how many ended.

    Its caller has claimed the account (`users.claim`), so none is being made meanwhile.
    """
    found = [family for family in await living(tx, user_id, now) if family.sid in sids]
    ending = sorted((family.id, family.nonce) for family in found if offline or not family.offline)
    for family_id, nonce in ending:
        await refresh_tokens.revoke(tx, family_id, nonce, now)
    return len(ending)


def _living(row: Row) -> LivingFamily:
    family_id, nonce, client_id, created_at, used_at, payload = row
    grounds = _grounds(payload)
    return LivingFamily(family_id, nonce, client_id, created_at, used_at, grounds.sid, grounds.scope, grounds.via)
