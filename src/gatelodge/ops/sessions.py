"""Ending sessions, by the person whose they are: what came of one ends with it, unless it was allowed to outlive it.

Tokens that a person let an application have while they are away (`offline_access`) stay: whoever wants those gone says
so, or takes back what the application may do. Each function is one transaction body with its audit event.
"""

from typing import NamedTuple

from gatelodge.database.tx import Tx
from gatelodge.ops.refusals import NotThere
from gatelodge.stores import audit, endings
from gatelodge.stores.endings import Ended
from gatelodge.telemetry.events import Origin, SessionEnded


class Ending(NamedTuple):
    """How sessions end: also what works while their person is away (`offline`), where it was asked for, and when."""

    offline: bool
    origin: Origin
    now: int


async def end_one(tx: Tx, user_id: int, sid: str, ending: Ending) -> SessionEnded:
    """End one session of a person. Raises `NotThere`."""
    ended = await endings.end_sessions(tx, user_id, lambda one: one == sid, ending.now, offline=ending.offline)
    if not ended.sids:
        raise NotThere("session", sid)
    return await _told(tx, user_id, ended, ending)


async def end_others(tx: Tx, user_id: int, but: str, ending: Ending) -> SessionEnded:
    """End every session of a person but one; if that is none of theirs, all end."""
    ended = await endings.end_sessions(tx, user_id, lambda one: one != but, ending.now, offline=ending.offline)
    return await _told(tx, user_id, ended, ending)


async def _told(tx: Tx, user_id: int, ended: Ended, ending: Ending) -> SessionEnded:
    event = SessionEnded(user_id=user_id, count=len(ended.sids), offline=ending.offline)
    await audit.record(tx, event, ending.origin, ending.now)
    return event
