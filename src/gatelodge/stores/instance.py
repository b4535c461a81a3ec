"""This installation: its epoch, the proof that the secret key is the right one, and the revision caches watch.

There is one row. Whoever changes clients, APIs or signing keys raises the revision first: on PostgreSQL that also holds
the row until the commit, so such changes of different processes happen one after another. Bodies of one process may
share a transaction and take turns in it: among those a row that is held protects nothing.
"""

from msgspec import Struct

from gatelodge.database.rows import only
from gatelodge.database.tx import Tx


class Instance(Struct, frozen=True):
    """The one row. `epoch` is part of the digest of every single-use value; `mask_key` is sealed, for `Mint`."""

    epoch: bytes
    mask_key: bytes
    created_at: int
    revision: int
    places: int


LOAD = "select epoch, mask_key, created_at, revision, places from instance where one = 1"


async def load(tx: Tx) -> Instance | None:
    """Return this installation, or `None` if the database is new."""
    row = await tx.one(LOAD)
    return None if row is None else Instance(*row)


CREATE = """
insert into instance (one, epoch, mask_key, created_at, places) values (1, $1, $2, $3, $4)
on conflict (one) do update set one = excluded.one
returning epoch, mask_key, created_at, revision, places
"""


async def create(tx: Tx, epoch: bytes, mask_key: bytes, now: int) -> Instance:
    """Found this installation and return it; of several that try, all get the one that was first."""
    return Instance(*only(await tx.one(CREATE, epoch, mask_key, now, tx.places.count)))


async def renew_epoch(tx: Tx, epoch: bytes) -> None:
    """Begin another epoch, so that every single-use value of the one before is refused: after restoring a backup."""
    await tx.run("update instance set epoch = $1, revision = revision + 1", epoch)


async def reseal(tx: Tx, old: bytes, new: bytes) -> bool:
    """Keep the mask key sealed anew; `False` if it is not sealed in the `old` way any more."""
    return await tx.run("update instance set mask_key = $2 where one = 1 and mask_key = $1", old, new) == 1


async def revision(tx: Tx) -> int:
    """Return how often clients, APIs or keys changed; 0 in a new database."""
    row = await tx.one("select revision from instance where one = 1")
    return 0 if row is None else int(row[0])


async def bump_revision(tx: Tx) -> int:
    """Tell every cache, in every process, that something it keeps is about to change; return the new revision."""
    row = await tx.one("update instance set revision = revision + 1 where one = 1 returning revision")
    return 0 if row is None else int(row[0])


async def claim_revision(tx: Tx, seen: int) -> bool:
    """Raise the revision if it still is the one `seen`; `False` if not, and what was decided from it may be stale.

    Of any number that saw the same revision one goes on, also of bodies that share a transaction.
    """
    return await tx.run("update instance set revision = revision + 1 where one = 1 and revision = $1", seen) == 1


async def rp_id(tx: Tx) -> str | None:
    """Return the domain that passkeys were made for at the last start, `None` if nobody said."""
    row = await tx.one("select rp_id from instance where one = 1")
    return None if row is None or row[0] is None else str(row[0])


async def keep_rp_id(tx: Tx, rp_id: str | None) -> None:
    """Keep the domain that passkeys are made for from now on."""
    await tx.run("update instance set rp_id = $1 where one = 1 and (rp_id is null or rp_id <> $1)", rp_id)


async def touch(tx: Tx) -> None:
    """Write without changing anything: shows that the database takes a write."""
    await tx.run("update instance set created_at = created_at where one = 1")
