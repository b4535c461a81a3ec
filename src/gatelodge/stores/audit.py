"""The audit trail: every security event, written in the transaction it tells of, read newest first."""

import dataclasses
from functools import cache

from msgspec import Struct
from msgspec.json import decode, encode

from gatelodge.database.places import place_of
from gatelodge.database.tx import Row, Tx
from gatelodge.telemetry.events import Actor, Event, Origin

RECORD = """
insert into audit (place, at, event, client_id, user_id, request_id, address, actor_kind, actor, detail)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


async def record(tx: Tx, event: Event, origin: Origin, now: int) -> None:
    """Write an event to the trail, if it is one that belongs there."""
    if not event.audited:
        return
    name, members = _shape(type(event))
    detail = encode({member: getattr(event, member) for member in members}).decode()
    actor = who_did(event, origin)
    whom, whence = (event.client_id, event.user_id), (origin.request_id, origin.address)
    await tx.run(RECORD, _place(tx, event), now, name, *whom, *whence, actor.kind, actor.name, detail)


def _place(tx: Tx, event: Event) -> int:
    """Return where a line lives: with its person, else with its client."""
    if event.user_id is not None:
        return place_of(event.user_id)
    return 0 if event.client_id is None else tx.places.of_name(event.client_id)


def who_did(event: Event, origin: Origin) -> Actor:
    """Return who did what an event tells of: its origin knows better than the event."""
    return origin.actor or event.actor


class AuditEntry(Struct, frozen=True):
    """One line of the trail; `detail` holds the members of the event besides the client and the person."""

    id: int
    at: int
    event: str
    client_id: str | None
    user_id: int | None
    request_id: str | None
    address: str | None
    actor: Actor
    detail: dict[str, object]


LIST_RECENT = """
select id, at, event, client_id, user_id, request_id, address, actor_kind, actor, detail
from audit order by at desc, id desc limit $1
"""


async def list_recent(tx: Tx, limit: int) -> list[AuditEntry]:
    """Return at most `limit` lines, newest first."""
    return [_of(row) for row in await tx.all(LIST_RECENT, limit)]


class Told(Struct, frozen=True):
    """One line of the trail and the user name of its person, `None` if there is none or the account is gone."""

    entry: AuditEntry
    username: str | None


SEARCH = """
select a.id, a.at, a.event, a.client_id, a.user_id, a.request_id, a.address, a.actor_kind, a.actor, a.detail, u.username
from audit a left join users u on u.place = a.place and u.id = a.user_id
where (a.user_id = $1 or $1 = 0) and (a.client_id = $2 or $2 = '') and (a.event = $3 or $3 = '') and a.at >= $4
    and (a.actor_kind = $5 or $5 = '') and (a.actor = $6 or $6 = '')
order by a.at desc, a.id desc limit $7
"""


class TrailQuery(Struct, frozen=True, kw_only=True):
    """Which lines: about a person, about a client, of an event, not older than `since`, done by whom. Empty: all."""

    user_id: int = 0
    client_id: str = ""
    event: str = ""
    since: int = 0
    actor_kind: str = ""
    actor: str = ""


async def search(tx: Tx, limit: int, to: TrailQuery) -> list[Told]:
    """Return at most `limit` lines, newest first."""
    asked = (to.user_id, to.client_id, to.event, to.since, to.actor_kind, to.actor)
    return [Told(_of(row[:10]), row[10]) for row in await tx.all(SEARCH, *asked, limit)]


# What happens by itself while an application acts for somebody: most of the trail, and nothing they did.
ROUTINE = ("legacy_used", "token_exchanged", "token_issued", "token_refreshed", "token_revoked")
HISTORY = """
select id, at, event, client_id, user_id, request_id, address, actor_kind, actor, detail from audit
where place = $1 and user_id = $2 and at >= $3 and (at, id) < ($4, $5)
    and event not in ('legacy_used', 'token_exchanged', 'token_issued', 'token_refreshed', 'token_revoked')
order by at desc, id desc limit $6
"""


class TrailPlace(Struct, frozen=True):
    """A place in the trail, between two lines."""

    at: int
    id: int


END_OF_TRAIL = TrailPlace(2**62, 0)


async def history(tx: Tx, user_id: int, since: int, before: TrailPlace, limit: int) -> list[AuditEntry]:
    """Return at most `limit` lines about a person, newest first, not older than `since`, but for what is `ROUTINE`."""
    rows = await tx.all(HISTORY, place_of(user_id), user_id, since, before.at, before.id, limit)
    return [_of(row) for row in rows]


LINE = """
select id, at, event, client_id, user_id, request_id, address, actor_kind, actor, detail from audit
where place = $1 and id = $2 and user_id = $3
"""


async def line_of(tx: Tx, user_id: int, line_id: int) -> AuditEntry | None:
    """Return one line about a person; `None` if there is none, or it is about somebody else."""
    row = await tx.one(LINE, place_of(user_id), line_id, user_id)
    return None if row is None else _of(row)


def _of(row: Row) -> AuditEntry:
    return AuditEntry(*row[:7], actor=Actor(row[7], row[8]), detail=decode(row[9], type=dict[str, object]))


@cache
def _shape(kind: type[Event]) -> tuple[str, tuple[str, ...]]:
    members = (member.name for member in dataclasses.fields(kind))
    return kind.event_name(), tuple(member for member in members if member not in ("client_id", "user_id"))
