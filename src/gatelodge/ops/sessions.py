"""Ending sessions, by the person whose they are: what came of one ends with it, unless it was allowed to outlive it.

Tokens that a person let an application have while they are away (`offline_access`) stay: whoever wants those gone says
so, or takes back what the application may do. Each function is one transaction body with its audit event.
"""

from collections.abc import Collection
from typing import NamedTuple

from gatelodge.database.tx import Tx
from gatelodge.ops.refusals import NotThere
from gatelodge.stores import audit, families_of_person, sessions, users
from gatelodge.telemetry.events import Origin, SessionEnded


class Ending(NamedTuple):
    """How sessions end: also what works while their person is away (`offline`), where it was asked for, and when."""

    offline: bool
    origin: Origin
    now: int


async def end_one(tx: Tx, user_id: int, sid: str, ending: Ending) -> SessionEnded:
    """End one session of a person. Raises `NotThere`."""
    await users.claim(tx, user_id)
    if not await sessions.end_of_person(tx, user_id, sid, ending.now):
        raise NotThere("session", sid)
    return await _ended(tx, user_id, {sid}, ending)


async def end_others(tx: Tx, user_id: int, but: str, ending: Ending) -> SessionEnded:
    """End every session of a person but one; if that is none of theirs, all end."""
    await users.claim(tx, user_id)
    others = {there.sid for there in await sessions.of_person(tx, user_id, ending.now)} - {but}
    for sid in sorted(others):
        await sessions.end_of_person(tx, user_id, sid, ending.now)
    return await _ended(tx, user_id, others, ending)


async def _ended(tx: Tx, user_id: int, sids: Collection[str], ending: Ending) -> SessionEnded:
    await families_of_person.end_of_sessions(tx, user_id, sids, offline=ending.offline, now=ending.now)
    event = SessionEnded(user_id=user_id, count=len(sids), offline=ending.offline)
    await audit.record(tx, event, ending.origin, ending.now)
    return event
