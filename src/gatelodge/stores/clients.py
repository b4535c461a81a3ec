"""Registered clients. Every change raises the instance's revision, so caches in every process notice.

Removing a client removes what people allowed it; its tokens die because every use of one looks its client up.
"""

from msgspec.json import decode, encode

from gatelodge.database.rows import Taken, join, split
from gatelodge.database.tx import Row, Tx, Value
from gatelodge.protocol.client import Client, ClientSecret
from gatelodge.stores import instance

FIND = """
select id, name, type, auth_method, secrets, jwks, jwks_uri, redirect_uris, post_logout_redirect_uris, grants,
    response_types, scopes, pkce_exempt, trusted, id_token_alg, client_uri, policy_uri, tos_uri, enabled,
    created_at
from clients where id = $1
"""


async def find(tx: Tx, client_id: str) -> Client | None:
    """Return a registered client, enabled or not, or `None`."""
    row = await tx.one(FIND, client_id)
    return None if row is None else _of(row)


LIST_ALL = """
select id, name, type, auth_method, secrets, jwks, jwks_uri, redirect_uris, post_logout_redirect_uris, grants,
    response_types, scopes, pkce_exempt, trusted, id_token_alg, client_uri, policy_uri, tos_uri, enabled,
    created_at
from clients order by id
"""


async def list_all(tx: Tx) -> list[Client]:
    """Return every client, by id."""
    return [_of(row) for row in await tx.all(LIST_ALL)]


ADD = """
insert into clients (id, name, type, auth_method, secrets, jwks, jwks_uri, redirect_uris, post_logout_redirect_uris,
    grants, response_types, scopes, pkce_exempt, trusted, id_token_alg, client_uri, policy_uri, tos_uri,
    enabled, updated_at, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
on conflict do nothing
"""


async def add(tx: Tx, client: Client, now: int) -> None:
    """Register a client. Raises `Taken` if its id is in use."""
    await instance.bump_revision(tx)
    if not await tx.run(ADD, *_values(client), now, client.created_at or now):
        raise Taken("client id")


REPLACE = """
update clients set name = $2, type = $3, auth_method = $4, secrets = $5, jwks = $6, jwks_uri = $7, redirect_uris = $8,
    post_logout_redirect_uris = $9, grants = $10, response_types = $11, scopes = $12, pkce_exempt = $13, trusted = $14,
    id_token_alg = $15, client_uri = $16, policy_uri = $17, tos_uri = $18, enabled = $19, updated_at = $20
where id = $1
"""


async def replace(tx: Tx, client: Client, now: int) -> bool:
    """Replace a client's whole registration; `False` if there is no such client."""
    await instance.bump_revision(tx)
    return await tx.run(REPLACE, *_values(client), now) == 1


async def set_enabled(tx: Tx, client_id: str, enabled: bool, now: int) -> bool:
    """Let a client act, or not, whatever else of it changes at the same time; `False` if there is no such client."""
    await instance.bump_revision(tx)
    sql = "update clients set enabled = $2, updated_at = $3 where id = $1"
    return await tx.run(sql, client_id, int(enabled), now) == 1


SET_SECRETS = "update clients set secrets = $3, updated_at = $4 where id = $1 and secrets = $2"


async def set_secrets(
    tx: Tx, client_id: str, old: tuple[ClientSecret, ...], new: tuple[ClientSecret, ...], now: int
) -> bool:
    """Replace a client's secrets and nothing else; `False` if they are not `old` any more."""
    await instance.bump_revision(tx)
    return await tx.run(SET_SECRETS, client_id, _json(old), _json(new), now) == 1


async def remove(tx: Tx, client_id: str) -> bool:
    """Forget a client; `False` if there is no such client."""
    await instance.bump_revision(tx)
    return await tx.run("delete from clients where id = $1", client_id) == 1


def _of(row: Row) -> Client:
    return Client(
        id=row[0],
        name=row[1],
        type=row[2],
        auth_method=row[3],
        secrets=decode(row[4], type=tuple[ClientSecret, ...]),
        jwks=row[5],
        jwks_uri=row[6],
        redirect_uris=decode(row[7], type=tuple[str, ...]),
        post_logout_redirect_uris=decode(row[8], type=tuple[str, ...]),
        grants=split(row[9]),
        response_types=decode(row[10], type=frozenset[str]),
        scopes=split(row[11]),
        pkce_exempt=row[12] == 1,
        trusted=row[13] == 1,
        id_token_alg=row[14],
        client_uri=row[15],
        policy_uri=row[16],
        tos_uri=row[17],
        enabled=row[18] == 1,
        created_at=row[19],
    )


def _values(client: Client) -> tuple[Value, ...]:
    return (
        client.id,
        client.name,
        client.type,
        client.auth_method,
        _json(client.secrets),
        client.jwks,
        client.jwks_uri,
        _json(client.redirect_uris),
        _json(client.post_logout_redirect_uris),
        join(client.grants),
        _json(sorted(client.response_types)),
        join(client.scopes),
        int(client.pkce_exempt),
        int(client.trusted),
        client.id_token_alg,
        client.client_uri,
        client.policy_uri,
        client.tos_uri,
        int(client.enabled),
    )


def _json(value: object) -> str:
    return encode(value).decode()
