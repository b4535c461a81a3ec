"""Leaving: the session of a browser that signs out ends, with what came of it."""

from collections.abc import Sequence

from gatelodge.database.tx import Tx
from gatelodge.sessions.several import NamedSession
from gatelodge.stores import audit, endings, sessions
from gatelodge.stores.endings import Ended
from gatelodge.stores.sessions import SessionRow
from gatelodge.stores.visits import SessionVisit
from gatelodge.telemetry import events
from gatelodge.telemetry.events import Origin


async def end(
    tx: Tx, presented: NamedSession, origin: Origin, now: int
) -> tuple[events.SignedOut | None, Sequence[SessionVisit]]:
    """End the session that a browser named; return what happened, if it had not ended, and who had been told of it."""
    row = await sessions.find(tx, presented.row_id, presented.digest, now)
    ended = None if row is None else await _leave(tx, row, now)
    if row is None or ended is None:
        return None, ()
    event = events.SignedOut(user_id=row.user_id)
    await audit.record(tx, event, origin, now)
    return event, ended.visits


async def _leave(tx: Tx, row: SessionRow, now: int) -> Ended | None:
    """End a session; `None` if it had ended."""
    ended = await endings.end_sessions(tx, row.user_id, lambda sid: sid == row.sid, now)
    return ended if ended.sids else None
