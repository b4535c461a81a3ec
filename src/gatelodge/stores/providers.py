"""Other providers that people may sign in with. Every change raises the instance's revision for the caches."""

from dataclasses import replace

from msgspec import Struct
from msgspec.json import decode, encode

from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Row, Tx
from gatelodge.protocol.provider import Provider
from gatelodge.stores import instance


class StoredProvider(Struct, frozen=True):
    """A provider and its secret, sealed; `None` if it has none."""

    provider: Provider
    sealed: bytes | None


LIST_ALL = "select name, settings, sealed, enabled from providers order by position, name"


async def list_all(tx: Tx) -> list[StoredProvider]:
    """Return every provider, in the order of their buttons."""
    return [_of(row) for row in await tx.all(LIST_ALL)]


FIND = "select name, settings, sealed, enabled from providers where name = $1"


async def find(tx: Tx, name: str) -> StoredProvider | None:
    """Return a provider, enabled or not, or `None`."""
    row = await tx.one(FIND, name)
    return None if row is None else _of(row)


ADD = """
insert into providers (name, settings, sealed, enabled, position, created_at, updated_at)
values ($1, $2, $3, $4, (select count(*) from providers), $5, $5)
on conflict do nothing
"""


async def add(tx: Tx, stored: StoredProvider, now: int) -> None:
    """Keep a provider. Raises `NameTaken` if its name is in use."""
    await instance.bump_revision(tx)
    provider = stored.provider
    if not await tx.run(ADD, provider.name, _settings(provider), stored.sealed, int(provider.enabled), now):
        raise NameTaken("provider name")


SET_ENABLED = "update providers set enabled = $2, updated_at = $3 where name = $1"


async def set_enabled(tx: Tx, name: str, enabled: bool, now: int) -> bool:
    """Let people sign in with a provider, or not; `False` if there is no such provider."""
    await instance.bump_revision(tx)
    return await tx.run(SET_ENABLED, name, int(enabled), now) == 1


RESEAL = "update providers set sealed = $3 where name = $1 and sealed = $2"


async def reseal(tx: Tx, name: str, old: bytes, new: bytes) -> bool:
    """Keep a secret sealed anew; `False` if it is not sealed in the `old` way any more."""
    return await tx.run(RESEAL, name, old, new) == 1


REMOVE = "delete from providers where name = $1"


async def remove(tx: Tx, name: str) -> bool:
    """Forget a provider; `False` if there is no such provider. What people connected stays theirs."""
    await instance.bump_revision(tx)
    return await tx.run(REMOVE, name) == 1


def _settings(provider: Provider) -> str:
    return encode(provider).decode()


def _of(row: Row) -> StoredProvider:
    name, settings, sealed, enabled = row
    provider = decode(settings, type=Provider)
    return StoredProvider(replace(provider, name=name, enabled=enabled == 1), sealed)
