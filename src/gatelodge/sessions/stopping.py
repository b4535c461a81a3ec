"""Stopping a delayed recovery, in the transaction of what stops it; whose account it is hears of it."""

from gatelodge.database.tx import Tx
from gatelodge.mail.entry_letters import RecoveryStoppedLetter
from gatelodge.mail.letters import Letters
from gatelodge.stores import audit, recoveries
from gatelodge.telemetry.events import Origin, RecoveryStopped

LINK, SIGN_IN = "link", "sign_in"


async def stop_recovery(
    tx: Tx, user_id: int, by: str, letters: Letters, origin: Origin, now: int
) -> RecoveryStopped | None:
    """End the recovery of a person that waits, `by` the link of a letter or a sign-in; `None` if none does."""
    if not await recoveries.stop(tx, user_id):
        return None
    event = RecoveryStopped(user_id=user_id, reason=by)
    await audit.record(tx, event, origin, now)
    letter = RecoveryStoppedLetter(at=now, signed_in=int(by == SIGN_IN))
    await letters.tell_of(tx, user_id, letter, origin, now)
    return event
