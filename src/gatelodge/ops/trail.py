"""Reading the audit trail: what an operator asks for, turned into what is kept."""

from dataclasses import dataclass
from typing import get_args

from gatelodge.database.tx import Tx
from gatelodge.ops.refusals import NotThere, OperationRefused, meant
from gatelodge.stores import audit, users
from gatelodge.stores.audit import Told, TrailQuery
from gatelodge.telemetry.events import ActorKind, Event


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Which lines: of a person, a client, an event; not older than `since`; done `by` whom. Empty: all."""

    login: str = ""
    client_id: str = ""
    event: str = ""
    since: int = 0
    by: str = ""


async def read(tx: Tx, asked: TrailFilter, limit: int) -> list[Told]:
    """Return at most `limit` lines, newest first.

    Raises `NotThere` for an unknown person and `OperationRefused` for an event or an actor the trail never holds.
    """
    _check_event(asked.event)
    kind, _, name = asked.by.partition(":")
    _check_kind(kind)
    narrowed = TrailQuery(
        user_id=await _user_id(tx, asked.login) if asked.login else 0,
        client_id=asked.client_id,
        event=asked.event,
        since=asked.since,
        actor_kind=kind,
        actor=str(await _user_id(tx, name)) if kind == "person" and name else name,
    )
    return await audit.search(tx, limit, narrowed)


def label(told: Told) -> str:
    """Return whom a line is about: a user name, or the number of an account that is gone. `read` takes both."""
    if told.username is not None:
        return told.username
    return "" if told.entry.user_id is None else f"#{told.entry.user_id}"


def actor_name(told: Told) -> str:
    """Return the name of who did it: a user name, or a number, for a person; empty for the server and a stranger."""
    actor = told.entry.actor
    if actor.kind != "person":
        return actor.name
    return label(told) if actor.name == str(told.entry.user_id) else f"#{actor.name}"


def event_names() -> list[str]:
    """Return the names of the events that are kept."""
    return [kind.event_name() for kind in Event.__subclasses__() if kind.audited]


async def _user_id(tx: Tx, login: str) -> int:
    user = await users.find_by_login(tx, login)
    if user is not None:
        return user.id
    number = login.removeprefix("#")
    if number == login or not number.isascii() or not number.isdecimal() or len(number) > 18:
        raise NotThere("user", login)
    return int(number)


def _check_kind(kind: str) -> None:
    known = list(get_args(ActorKind))
    if kind and kind not in known:
        raise OperationRefused(
            f"nobody of the kind {kind!r} does anything{meant(kind, known) or ': ' + ', '.join(known)}"
        )


def _check_event(event: str) -> None:
    known = event_names()
    if event and event not in known:
        raise OperationRefused(
            f"the audit trail has no event {event!r}{meant(event, known) or ': docs/events.md lists them'}"
        )
