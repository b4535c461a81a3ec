"""Scopes of the operator's own that release claims of people. Every change raises the instance's revision."""

from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Row, Tx
from gatelodge.protocol.claim_scopes import ClaimScope, ClaimScopes
from gatelodge.stores import instance

LIST_ALL = "select name, claims, sentence from claim_scopes order by name"


async def list_all(tx: Tx) -> list[ClaimScope]:
    """Return every scope, by name."""
    return [_of(row) for row in await tx.all(LIST_ALL)]


async def released(tx: Tx) -> ClaimScopes:
    """Return which scopes release what, OpenID's own among them."""
    return ClaimScopes(await list_all(tx))


ADD = """
insert into claim_scopes (name, claims, sentence, created_at) values ($1, $2, $3, $4) on conflict do nothing
"""


async def add(tx: Tx, scope: ClaimScope, now: int) -> None:
    """Keep a scope. Raises `NameTaken` if there is one of that name."""
    await instance.bump_revision(tx)
    if not await tx.run(ADD, scope.name, " ".join(scope.claims), scope.sentence, now):
        raise NameTaken("scope")


REMOVE = "delete from claim_scopes where name = $1"


async def remove(tx: Tx, name: str) -> bool:
    """Forget a scope; `False` if there is none of that name."""
    await instance.bump_revision(tx)
    return await tx.run(REMOVE, name) == 1


def _of(row: Row) -> ClaimScope:
    name, claims, sentence = row
    return ClaimScope(name, tuple(claims.split()), sentence)
