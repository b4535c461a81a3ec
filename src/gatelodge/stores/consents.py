"""What people allowed clients: per person and client, the scopes and the resources."""

from msgspec import Struct
from msgspec.json import decode

from gatelodge.database.places import place_of
from gatelodge.database.rows import join, split
from gatelodge.database.tx import RunAgain, Tx


class Consent(Struct, frozen=True):
    """What one person allowed one client, and when last.

    `resources` are APIs and the scopes at each of them, as `protocol.targets.permission` writes them.
    """

    scopes: frozenset[str]
    resources: frozenset[str]
    granted_at: int


GRANTED = """
select scopes, resources, granted_at from consents where place = $1 and user_id = $2 and client_id = $3
"""


async def granted(tx: Tx, user_id: int, client_id: str) -> Consent | None:
    """Return what a person allowed a client, or `None`."""
    row = await tx.one(GRANTED, place_of(user_id), user_id, client_id)
    return None if row is None else _consent(*row)


OF_PERSON = """
select k.id, k.metadata, c.scopes, c.resources, c.granted_at
from consents c join clients k on k.id = c.client_id
where c.place = $1 and c.user_id = $2
"""


class Allowed(Struct, frozen=True):
    """What one person allowed a client, and which client it is."""

    client_id: str
    client_name: str
    consent: Consent


async def of_person(tx: Tx, user_id: int) -> list[Allowed]:
    """Return everything a person allowed, by the clients' names."""
    rows = await tx.all(OF_PERSON, place_of(user_id), user_id)
    found = [Allowed(row[0], decode(row[1], type=_Named).client_name, _consent(*row[2:])) for row in rows]
    return sorted(found, key=lambda allowed: (allowed.client_name, allowed.client_id))


class _Named(Struct):
    client_name: str


def _consent(scopes: str, resources: str, granted_at: int) -> Consent:
    return Consent(split(scopes), split(resources), granted_at)


FIRST = """
insert into consents (place, user_id, client_id, scopes, resources, granted_at) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing
"""
FURTHER = """
update consents set scopes = $4, resources = $5, granted_at = $6
where place = $1 and user_id = $2 and client_id = $3 and scopes = $7 and resources = $8
"""


async def keep(tx: Tx, user_id: int, client_id: str, before: Consent | None, after: Consent) -> None:
    """Keep what a client is allowed in the place of `before`. Raises `RunAgain` if that is not what it was any more."""
    row = (place_of(user_id), user_id, client_id, join(after.scopes), join(after.resources), after.granted_at)
    if before is None:
        changed = await tx.run(FIRST, *row)
    else:
        changed = await tx.run(FURTHER, *row, join(before.scopes), join(before.resources))
    if changed != 1:
        raise RunAgain


WITHDRAW = "delete from consents where place = $1 and user_id = $2 and client_id = $3"


async def withdraw(tx: Tx, user_id: int, client_id: str) -> bool:
    """Forget what a person allowed a client; `False` if nothing. `refresh_tokens.revoke_of_consent` ends its tokens."""
    return await tx.run(WITHDRAW, place_of(user_id), user_id, client_id) == 1
