"""Registered APIs, the resource servers of RFC 6749. Every change raises the instance's revision for the caches."""

from msgspec.json import decode, encode

from gatelodge.database.rows import NameTaken, join, split
from gatelodge.database.tx import Row, Tx, Value
from gatelodge.protocol.client import Api
from gatelodge.stores import instance

FIND = """
select identifier, name, scopes, token_format, signing_alg, lifetime, introspectors, enabled
from apis where identifier = $1
"""


async def find(tx: Tx, identifier: str) -> Api | None:
    """Return a registered API, enabled or not, or `None`."""
    row = await tx.one(FIND, identifier)
    return None if row is None else _of(row)


LIST_ALL = """
select identifier, name, scopes, token_format, signing_alg, lifetime, introspectors, enabled
from apis order by identifier
"""


async def list_all(tx: Tx) -> list[Api]:
    """Return every API, by identifier."""
    return [_of(row) for row in await tx.all(LIST_ALL)]


ADD = """
insert into apis (identifier, name, scopes, token_format, signing_alg, lifetime, introspectors, enabled, created_at,
    updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict do nothing
"""


async def add(tx: Tx, api: Api, now: int) -> None:
    """Register an API. Raises `NameTaken` if its identifier is in use."""
    await instance.bump_revision(tx)
    if not await tx.run(ADD, *_values(api), now, now):
        raise NameTaken("api identifier")


REPLACE = """
update apis set name = $2, scopes = $3, token_format = $4, signing_alg = $5, lifetime = $6, introspectors = $7,
    enabled = $8, updated_at = $9
where identifier = $1
"""


async def replace(tx: Tx, api: Api, now: int) -> bool:
    """Replace an API's whole registration; `False` if there is no such API."""
    await instance.bump_revision(tx)
    return await tx.run(REPLACE, *_values(api), now) == 1


async def set_enabled(tx: Tx, identifier: str, enabled: bool, now: int) -> bool:
    """Let tokens be made for an API, or not; `False` if there is no such API."""
    await instance.bump_revision(tx)
    sql = "update apis set enabled = $2, updated_at = $3 where identifier = $1"
    return await tx.run(sql, identifier, int(enabled), now) == 1


async def remove(tx: Tx, identifier: str) -> bool:
    """Forget an API; `False` if there is no such API."""
    await instance.bump_revision(tx)
    return await tx.run("delete from apis where identifier = $1", identifier) == 1


def _of(row: Row) -> Api:
    return Api(
        identifier=row[0],
        name=row[1],
        scopes=decode(row[2], type=dict[str, str]),
        token_format=row[3],
        signing_alg=row[4],
        lifetime=row[5],
        introspectors=split(row[6]),
        enabled=row[7] == 1,
    )


def _values(api: Api) -> tuple[Value, ...]:
    return (
        api.identifier,
        api.name,
        encode(api.scopes).decode(),
        api.token_format,
        api.signing_alg,
        api.lifetime,
        join(api.introspectors),
        int(api.enabled),
    )
