"""Which accounts elsewhere sign a person in: each is found by issuer and subject and by nothing else (ACC-19)."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.json import decode, encode

from gatelodge.database.places import place_of
from gatelodge.database.rows import only
from gatelodge.database.tx import Row, Tx
from gatelodge.protocol.provider import UpstreamIdentity, link_name
from gatelodge.stores import names


class LinkRecord(Struct, frozen=True):
    """An account elsewhere that signs a person in. Times are seconds since 1970.

    `shown` is what the provider calls them, for the person to tell their accounts apart.
    """

    id: int
    user_id: int
    provider: str
    issuer: str
    subject: str
    shown: str
    kept: Mapping[str, str]
    created_at: int
    used_at: int


FIND = """
select id, user_id, provider, issuer, subject, shown, kept, created_at, used_at
from links where place = $1 and user_id = $2 and issuer = $3 and subject = $4
"""


async def find(tx: Tx, issuer: str, subject: str) -> LinkRecord | None:
    """Return who signs in as this subject of this issuer, or `None` if nobody does."""
    user_id = await names.find(tx, names.LINK, link_name(issuer, subject))
    if user_id is None:
        return None
    row = await tx.one(FIND, place_of(user_id), user_id, issuer, subject)
    return None if row is None else _of(row)


LIST_OF = """
select id, user_id, provider, issuer, subject, shown, kept, created_at, used_at
from links where place = $1 and user_id = $2 order by created_at, id
"""


async def list_of(tx: Tx, user_id: int) -> list[LinkRecord]:
    """Return every account elsewhere that a person connected, oldest first."""
    return [_of(row) for row in await tx.all(LIST_OF, place_of(user_id), user_id)]


ADD = """
insert into links (place, id, user_id, provider, issuer, subject, shown, kept, created_at, used_at)
values ($1, nextval('ids') * 1024 + $1, $2, $3, $4, $5, $6, $7, $8, $8)
returning id
"""


async def add(tx: Tx, user_id: int, provider: str, identity: UpstreamIdentity, now: int) -> LinkRecord:
    """Connect an account elsewhere to a person. Raises `NameTaken` if it is connected to anybody."""
    name = link_name(identity.issuer, identity.subject)
    await names.take(tx, names.LINK, name, user_id)
    whose = (provider, identity.issuer, identity.subject)
    row = only(await tx.one(ADD, place_of(user_id), user_id, *whose, _shown(identity), _kept(identity), now))
    return LinkRecord(int(row[0]), user_id, *whose, _shown(identity), identity.kept, now, now)


USE = """
update links set provider = $3, shown = $4, kept = $5, used_at = $6,
    sealed = case when provider = $3 then sealed end, renew_at = case when provider = $3 then renew_at end
where place = $1 and id = $2
"""


async def use(tx: Tx, link: LinkRecord, provider: str, identity: UpstreamIdentity, now: int) -> None:
    """Note that somebody signed in by it, and what they are called there now.

    A token that came by another name of their provider is forgotten: it is another client's.
    """
    await tx.run(USE, place_of(link.id), link.id, provider, _shown(identity), _kept(identity), now)


REMOVE = "delete from links where place = $1 and id = $2 and user_id = $3"


async def remove(tx: Tx, link: LinkRecord) -> bool:
    """Disconnect an account elsewhere; `False` if somebody did."""
    await names.leave(tx, names.LINK, link_name(link.issuer, link.subject), link.user_id)
    return await tx.run(REMOVE, place_of(link.id), link.id, link.user_id) == 1


async def remove_all(tx: Tx, user_id: int) -> int:
    """Disconnect all that a person connected; return how many there were."""
    return sum([await remove(tx, link) for link in await list_of(tx, user_id)])


def _shown(identity: UpstreamIdentity) -> str:
    return identity.kept.get("login") or identity.address or identity.name or ""


def _kept(identity: UpstreamIdentity) -> str:
    return encode(identity.kept).decode()


def _of(row: Row) -> LinkRecord:
    link_id, user_id, provider, issuer, subject, shown, kept, created_at, used_at = row
    known = decode(kept, type=dict[str, str])
    return LinkRecord(link_id, user_id, provider, issuer, subject, shown, known, created_at, used_at)
