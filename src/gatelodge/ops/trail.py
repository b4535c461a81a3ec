"""Reading the audit trail: what an operator asks for, turned into what is kept."""

from dataclasses import dataclass

from gatelodge.database.tx import Tx
from gatelodge.ops.refusals import NotThere, Refused, meant
from gatelodge.stores import audit, users
from gatelodge.stores.audit import Told
from gatelodge.telemetry.events import Event


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines: of a person, a client, an event; not older than `since`. Empty: all."""

    login: str = ""
    client_id: str = ""
    event: str = ""
    since: int = 0


async def read(tx: Tx, asked: Asked, limit: int) -> list[Told]:
    """Return at most `limit` lines, newest first.

    Raises `NotThere` for an unknown person and `Refused` for an event the trail never holds.
    """
    _check_event(asked.event)
    user_id = await _user_id(tx, asked.login) if asked.login else 0
    return await audit.search(
        tx, limit, user_id=user_id, client_id=asked.client_id, event=asked.event, since=asked.since
    )


def label(told: Told) -> str:
    """Return whom a line is about: a user name, or the number of an account that is gone. `read` takes both."""
    if told.username is not None:
        return told.username
    return "" if told.entry.user_id is None else f"#{told.entry.user_id}"


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


def _check_event(event: str) -> None:
    known = event_names()
    if event and event not in known:
        raise Refused(f"the audit trail has no event {event!r}{meant(event, known) or ': docs/events.md lists them'}")
