"""Registered clients. Every change raises the instance's revision, so caches in every process notice.

Removing a client removes what people allowed it; its tokens die because every use of one looks its client up.
"""

from msgspec.json import decode, encode

from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Row, Tx, Value
from gatelodge.protocol.client import Client, ClientSecret
from gatelodge.protocol.client_metadata import client_of, document
from gatelodge.stores import instance

FIND = "select id, metadata, secrets, enabled, created_at, generation, revision from clients where id = $1"


async def find(tx: Tx, client_id: str) -> Client | None:
    """Return a registered client, enabled or not, or `None`."""
    row = await tx.one(FIND, client_id)
    return None if row is None else _of(row)


LIST_ALL = "select id, metadata, secrets, enabled, created_at, generation, revision from clients order by id"


async def list_all(tx: Tx) -> list[Client]:
    """Return every client, by id."""
    return [_of(row) for row in await tx.all(LIST_ALL)]


LIST_KNOWN = "select id, revision from clients where enabled = 1 limit $1"


async def list_known(tx: Tx, most: int) -> dict[str, int] | None:
    """Return the ids of all enabled clients with the revision each is of; `None` if there are more than `most`."""
    rows = await tx.all(LIST_KNOWN, most + 1)
    return None if len(rows) > most else {row[0]: row[1] for row in rows}


ADD = """
insert into clients (id, metadata, secrets, enabled, updated_at, created_at, generation, revision)
values ($1, $2, $3, $4, $5, $6, $7, $7)
on conflict do nothing
"""


async def add(tx: Tx, client: Client, now: int) -> None:
    """Register a client. Raises `NameTaken` if its id is in use."""
    revision = await instance.bump_revision(tx)
    if not await tx.run(ADD, *_values(client), now, client.created_at or now, revision):
        raise NameTaken("client id")


REPLACE = "update clients set metadata = $2, secrets = $3, enabled = $4, updated_at = $5, revision = $6 where id = $1"


async def replace(tx: Tx, client: Client, now: int) -> bool:
    """Replace a client's whole registration; `False` if there is no such client."""
    revision = await instance.bump_revision(tx)
    return await tx.run(REPLACE, *_values(client), now, revision) == 1


CHANGE = """
update clients set metadata = $4, secrets = $5, updated_at = $6, revision = $7
where id = $1 and metadata = $2 and secrets = $3
"""


async def change(tx: Tx, before: Client, after: Client, now: int) -> bool:
    """Replace the document and the secrets of a client; `False` if they are not those of `before` any more."""
    revision = await instance.bump_revision(tx)
    old, new = _values(before), _values(after)
    return await tx.run(CHANGE, *old[:3], *new[1:3], now, revision) == 1


SET_ENABLED = "update clients set enabled = $2, updated_at = $3, revision = $4 where id = $1"


async def set_enabled(tx: Tx, client_id: str, enabled: bool, now: int) -> bool:
    """Let a client act, or not, whatever else of it changes at the same time; `False` if there is no such client."""
    revision = await instance.bump_revision(tx)
    return await tx.run(SET_ENABLED, client_id, int(enabled), now, revision) == 1


SET_SECRETS = "update clients set secrets = $3, updated_at = $4, revision = $5 where id = $1 and secrets = $2"


async def set_secrets(
    tx: Tx, client_id: str, old: tuple[ClientSecret, ...], new: tuple[ClientSecret, ...], now: int
) -> bool:
    """Replace a client's secrets and nothing else; `False` if they are not `old` any more."""
    revision = await instance.bump_revision(tx)
    return await tx.run(SET_SECRETS, client_id, _json(old), _json(new), now, revision) == 1


async def remove(tx: Tx, client_id: str) -> bool:
    """Forget a client; `False` if there is no such client."""
    await instance.bump_revision(tx)
    return await tx.run("delete from clients where id = $1", client_id) == 1


def _of(row: Row) -> Client:
    secrets = decode(row[2], type=tuple[ClientSecret, ...])
    said = decode(row[1], type=dict[str, object])
    beside = {"secrets": secrets, "enabled": row[3] == 1, "generation": row[5], "revision": row[6]}
    return client_of(row[0], said, created_at=row[4], **beside)


def _values(client: Client) -> tuple[Value, ...]:
    return client.id, _json(document(client)), _json(client.secrets), int(client.enabled)


def _json(value: object) -> str:
    return encode(value).decode()
