"""Signing keys: the public half in clear, the private half sealed. What a key's times mean is `keys/keyring.py`'s.

Every change raises the instance's revision first: changes happen one after another, and every process notices.
"""

from msgspec import Struct

from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Tx
from gatelodge.stores import instance

NEVER = 1 << 41  # seconds since 1970: `activates_at` of a key that takes over by command only


class SigningKey(Struct, frozen=True):
    """One key: signs from `activates_at` until `retires_at`, is published until `removed_at` (`None`: not yet set)."""

    kid: str
    alg: str
    public_jwk: str
    sealed: bytes
    created_at: int
    activates_at: int
    retires_at: int | None = None
    removed_at: int | None = None


LIST_ALL = """
select kid, alg, public_jwk, sealed, created_at, activates_at, retires_at, removed_at
from signing_keys order by activates_at, created_at, kid
"""


async def list_all(tx: Tx) -> list[SigningKey]:
    """Return every key, oldest first."""
    return [SigningKey(*row) for row in await tx.all(LIST_ALL)]


ADD = """
insert into signing_keys (kid, alg, public_jwk, sealed, created_at, activates_at, retires_at, removed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing
"""


async def add(tx: Tx, key: SigningKey) -> None:
    """Keep a key. Raises `NameTaken` if its id is in use."""
    await instance.bump_revision(tx)
    times = (key.created_at, key.activates_at, key.retires_at, key.removed_at)
    if not await tx.run(ADD, key.kid, key.alg, key.public_jwk, key.sealed, *times):
        raise NameTaken("key id")


RESCHEDULE = "update signing_keys set activates_at = $2, retires_at = $3, removed_at = $4 where kid = $1"


async def reschedule(tx: Tx, key: SigningKey) -> bool:
    """Keep the changed times of a key; `False` if there is no such key."""
    await instance.bump_revision(tx)
    return await tx.run(RESCHEDULE, key.kid, key.activates_at, key.retires_at, key.removed_at) == 1


RESEAL = "update signing_keys set sealed = $3 where kid = $1 and sealed = $2"


async def reseal(tx: Tx, kid: str, old: bytes, new: bytes) -> bool:
    """Keep the private half sealed anew; `False` if it is not sealed in the `old` way any more."""
    await instance.bump_revision(tx)
    return await tx.run(RESEAL, kid, old, new) == 1
