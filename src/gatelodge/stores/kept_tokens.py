"""Refresh tokens of other providers, sealed, each in the row of the link it came by: they end together.

A token is renewed by whoever claims it for a while. What comes of that counts for the very token that was claimed: if
its person signed in meanwhile, the newer one stays.
"""

from msgspec import Struct

from gatelodge.database.places import place_of
from gatelodge.database.rows import only
from gatelodge.database.tx import Tx


class KeptToken(Struct, frozen=True):
    """A provider's refresh token as it is kept for a person, and whose it is there."""

    link_id: int
    user_id: int
    provider: str
    issuer: str
    subject: str
    sealed: bytes


KEEP = "update links set provider = $3, sealed = $4, renew_at = $5 where place = $1 and id = $2"


async def keep(tx: Tx, link_id: int, provider: str, sealed: bytes, renew_at: int) -> None:
    """Keep a token that came by a link, in place of the one before."""
    await tx.run(KEEP, place_of(link_id), link_id, provider, sealed, renew_at)


DUE = "select id from links where renew_at <= $1 order by renew_at, id limit $2"


async def due(tx: Tx, now: int, most: int) -> list[int]:
    """Return the links whose tokens are to be renewed by now, those that wait longest first."""
    return [int(row[0]) for row in await tx.all(DUE, now, most)]


CLAIM = """
update links set renew_at = $4 where place = $1 and id = $2 and renew_at <= $3
returning id, user_id, provider, issuer, subject, sealed
"""


async def claim(tx: Tx, link_id: int, now: int, until: int) -> KeptToken | None:
    """Have a token to oneself until then, when it is due again; `None` if somebody else has it, or it is gone."""
    row = await tx.one(CLAIM, place_of(link_id), link_id, now, until)
    return None if row is None else KeptToken(*row)


REPLACE = "update links set sealed = $4, renew_at = $5 where place = $1 and id = $2 and sealed = $3"


async def replace(tx: Tx, token: KeptToken, sealed: bytes, renew_at: int) -> bool:
    """Keep what took the place of a token; `False` if it is another one by now, or gone."""
    return await tx.run(REPLACE, place_of(token.link_id), token.link_id, token.sealed, sealed, renew_at) == 1


FORGET = "update links set sealed = null, renew_at = null where place = $1 and id = $2 and sealed = $3"


async def forget(tx: Tx, token: KeptToken) -> bool:
    """Forget a token; `False` if it is another one by now, or gone."""
    return await tx.run(FORGET, place_of(token.link_id), token.link_id, token.sealed) == 1


LIST_OF_PROVIDER = """
select id, user_id, provider, issuer, subject, sealed from links where provider = $1 and renew_at is not null
order by id
"""


async def forget_of_provider(tx: Tx, provider: str) -> int:
    """Forget every token that came from a provider; return how many there were."""
    return sum([await forget(tx, KeptToken(*row)) for row in await tx.all(LIST_OF_PROVIDER, provider)])


LIST_OF_PERSON = """
select id, user_id, provider, issuer, subject, sealed from links
where place = $1 and user_id = $2 and renew_at is not null order by id
"""


async def forget_of_person(tx: Tx, user_id: int) -> None:
    """Forget every token that is kept for a person; what they connected stays."""
    for row in await tx.all(LIST_OF_PERSON, place_of(user_id), user_id):
        await forget(tx, KeptToken(*row))


COUNT = "select count(*) from links where provider = $1 and renew_at is not null"


async def count(tx: Tx, provider: str) -> int:
    """Return how many tokens of a provider are kept."""
    return int(only(await tx.one(COUNT, provider))[0])
