"""Whose JWTs about workloads are believed. Every change raises the instance's revision for the caches."""

from dataclasses import replace

from msgspec.json import decode, encode

from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Row, Tx
from gatelodge.protocol.workload import TrustedIssuer
from gatelodge.stores import instance

LIST_ALL = "select name, settings from trusted_issuers order by name"


async def list_all(tx: Tx) -> list[TrustedIssuer]:
    """Return every trusted issuer, by name."""
    return [_of(row) for row in await tx.all(LIST_ALL)]


FIND = "select name, settings from trusted_issuers where name = $1"


async def find(tx: Tx, name: str) -> TrustedIssuer | None:
    """Return a trusted issuer, or `None`."""
    row = await tx.one(FIND, name)
    return None if row is None else _of(row)


ADD = """
insert into trusted_issuers (name, settings, created_at) values ($1, $2, $3) on conflict do nothing
"""


async def add(tx: Tx, trusted: TrustedIssuer, now: int) -> None:
    """Keep one. Raises `NameTaken` if its name is in use."""
    await instance.bump_revision(tx)
    if not await tx.run(ADD, trusted.name, encode(trusted).decode(), now):
        raise NameTaken("issuer name")


REMOVE = "delete from trusted_issuers where name = $1"


async def remove(tx: Tx, name: str) -> bool:
    """Forget one; `False` if there is none of that name."""
    await instance.bump_revision(tx)
    return await tx.run(REMOVE, name) == 1


def _of(row: Row) -> TrustedIssuer:
    return replace(decode(row[1], type=TrustedIssuer), name=row[0])
