"""Browsers that are signed in. A session that is found counts: it has not expired, and one that ended is gone.

Who is kept out or gone has none: `endings.py` takes them when it happens, with all that goes with them.
"""

from msgspec import Struct

from gatelodge.database.places import place_of
from gatelodge.database.rows import split
from gatelodge.database.tx import Row, RunAgain, Tx
from gatelodge.stores.consents import Consent
from gatelodge.stores.users import HeldAccount


class SessionRow(Struct, frozen=True):
    """One session with its person's subject identifier. Times are seconds since 1970.

    `sid` stays when the cookie's value changes. `expires_at` moves with `touch`, so it holds both lifetimes.
    """

    id: int
    user_id: int
    sub: str
    sid: str
    auth_time: int
    amr: tuple[str, ...]
    acr: str
    created_at: int
    seen_at: int
    expires_at: int


class NewSession(Struct, frozen=True, kw_only=True):
    """A session about to begin; `digest` is of the secret in its cookie."""

    digest: bytes
    sub: str
    sid: str
    auth_time: int
    amr: tuple[str, ...]
    acr: str
    expires_at: int
    address: str = ""
    browser: str = ""
    system: str = ""


ADD = """
insert into sessions (place, id, digest, user_id, sub, sid, auth_time, amr, acr, created_at, seen_at, expires_at,
    address, browser, system)
select place, nextval('ids') * 1024 + place, $4, id, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13, $14
from users where place = $1 and id = $2 and enabled = 1 and endings = $3 returning id
"""


async def add(tx: Tx, held: HeldAccount, new: NewSession, now: int) -> int:
    """Begin a session and return its row id, the other half of its cookie's value. Raises `RunAgain` if all ended."""
    person = (place_of(held.user_id), held.user_id, held.endings)
    proof = (new.sid, new.auth_time, " ".join(new.amr), new.acr)
    there = (new.address, new.browser, new.system)
    row = await tx.one(ADD, *person, new.digest, new.sub, *proof, now, new.expires_at, *there)
    if row is None:
        raise RunAgain
    return int(row[0])


RENEW = """
update sessions set digest = $5, auth_time = $6, amr = $7, acr = $8, created_at = $9, seen_at = $9, expires_at = $10,
    address = $11, browser = $12, system = $13
where place = $1 and id = $2 and digest = $3 and user_id = $4 and expires_at > $9 returning sid
"""


async def renew(
    tx: Tx, held: HeldAccount, row_id: int, digest: bytes, new: NewSession, now: int
) -> tuple[int, str] | None:
    """Have the session that a cookie names go on as `new`, but for its `sid`, and return its row id and that.

    `None` if it is none, or another person's.
    """
    where = (place_of(row_id), row_id, digest, held.user_id)
    there = (new.address, new.browser, new.system)
    proof = (new.auth_time, " ".join(new.amr), new.acr)
    row = await tx.one(RENEW, *where, new.digest, *proof, now, new.expires_at, *there)
    return None if row is None else (row_id, str(row[0]))


FIND = """
select id, user_id, sub, sid, auth_time, amr, acr, created_at, seen_at, expires_at
from sessions
where place = $4 and id = $1 and digest = $2 and expires_at > $3
"""


async def find(tx: Tx, row_id: int, digest: bytes, now: int) -> SessionRow | None:
    """Return the session a cookie names, or `None` if it does not count any more."""
    row = await tx.one(FIND, row_id, digest, now, place_of(row_id))
    return None if row is None else _of(row)


class Standing(Struct, frozen=True):
    """All that an authorization request asks of the past: who is signed in, and what they allowed the client.

    `visited` says that the client was told of this session before.
    """

    session: SessionRow
    consent: Consent | None
    visited: bool


FIND_WITH_CONSENT = """
select s.id, s.user_id, s.sub, s.sid, s.auth_time, s.amr, s.acr, s.created_at, s.seen_at, s.expires_at,
    v.since, c.scopes, c.resources, c.granted_at
from sessions s left join consents c on c.place = s.place and c.user_id = s.user_id and c.client_id = $3
    left join visits v on v.place = s.place and v.session_id = s.id and v.client_id = $3
where s.place = $5 and s.id = $1 and s.digest = $2 and s.expires_at > $4
"""


async def find_with_consent(tx: Tx, row_id: int, digest: bytes, client_id: str, now: int) -> Standing | None:
    """Return the session a cookie names together with what its person allowed a client, in one statement."""
    row = await tx.one(FIND_WITH_CONSENT, row_id, digest, client_id, now, place_of(row_id))
    if row is None:
        return None
    return Standing(_of(row[:10]), _consent(*row[11:]), row[10] is not None)


RENAME = """
update sessions set digest = $4 where place = $1 and id = $2 and digest = $3 and expires_at > $5
"""


async def rename(tx: Tx, row_id: int, digest: bytes, new_digest: bytes, now: int) -> bool:
    """Give a session another secret, so that the old value names it no more; `False` if it does not count any more."""
    return await tx.run(RENAME, place_of(row_id), row_id, digest, new_digest, now) == 1


TOUCH = """
update sessions set seen_at = $2, expires_at = $3
where place = $4 and id = $1 and expires_at > $2
"""


async def touch(tx: Tx, session_id: int, now: int, expires_at: int) -> bool:
    """Note that a session was used and expires later; `False` if it does not count any more."""
    return await tx.run(TOUCH, session_id, now, expires_at, place_of(session_id)) == 1


END_ALL_OF_USER = "delete from sessions where place = $1 and user_id = $2 and sid <> $3"


async def end_all_of_user(tx: Tx, user_id: int, but: str = "") -> int:
    """End every session of a person `but` the one of this `sid`; return how many. Only `endings.py` does that."""
    return await tx.run(END_ALL_OF_USER, place_of(user_id), user_id, but)


class SeenSession(Struct, frozen=True):
    """A session as its person is shown it. `sid` names it; `browser` and `system` are empty where nobody knows them."""

    sid: str
    created_at: int
    seen_at: int
    auth_time: int
    acr: str
    address: str
    browser: str
    system: str


OF_PERSON = """
select sid, created_at, seen_at, auth_time, acr, address, browser, system from sessions
where place = $1 and user_id = $2 and expires_at > $3
order by seen_at desc, id desc
"""


async def of_person(tx: Tx, user_id: int, now: int) -> list[SeenSession]:
    """Return where a person is signed in, the one that was seen last first."""
    return [SeenSession(*row) for row in await tx.all(OF_PERSON, place_of(user_id), user_id, now)]


SURPLUS = """
select sid from sessions where place = $1 and user_id = $2 and expires_at > $3
order by seen_at desc, id desc limit 100 offset $4
"""


async def surplus(tx: Tx, user_id: int, most: int, now: int) -> frozenset[str]:
    """Return the sessions of a person beyond so many, by `sid`: those that were seen the longest ago."""
    rows = await tx.all(SURPLUS, place_of(user_id), user_id, now, most)
    return frozenset(str(row[0]) for row in rows)


END_OF_PERSON = """
delete from sessions where place = $1 and user_id = $2 and sid = $3 and expires_at > $4
"""


async def end_of_person(tx: Tx, user_id: int, sid: str, now: int) -> bool:
    """End one session of a person; `False` if they have none of this name. Only `endings.py` does that.

    The row goes, so a code that is not redeemed, or is being written, finds no session it would be of: see `authority`.
    """
    return await tx.run(END_OF_PERSON, place_of(user_id), user_id, sid, now) == 1


class Authority(Struct, frozen=True):
    """That a person's authorization counts, and what they allow its client now."""

    consent: Consent | None


AUTHORITY = """
select c.scopes, c.resources, c.granted_at
from users u left join consents c on c.place = u.place and c.user_id = u.id and c.client_id = $3
where u.place = $4 and u.id = $1 and u.enabled = 1
    and ($2 = '' or exists (select 1 from sessions s where s.place = $4 and s.sid = $2))
"""


async def authority(tx: Tx, user_id: int, sid: str, client_id: str) -> Authority | None:
    """Return what stands behind what a person authorized in a session, in one statement.

    `None` once they are disabled or gone, or that session ended. Without a session `sid` is empty.
    """
    row = await tx.one(AUTHORITY, user_id, sid, client_id, place_of(user_id))
    return None if row is None else Authority(_consent(*row))


def _of(row: Row) -> SessionRow:
    row_id, user_id, sub, sid, auth_time, amr, *rest = row
    return SessionRow(row_id, user_id, sub, sid, auth_time, tuple(amr.split()), *rest)


def _consent(scopes: str, resources: str, granted_at: int | None) -> Consent | None:
    return None if granted_at is None else Consent(split(scopes), split(resources), granted_at)
