"""The end of an account, by its own person: asked for, thought over for `retention.deletion_days`, and done."""

from gatelodge.database.tx import Tx
from gatelodge.mail.catalogue import DeletionAskedLetter, DeletionStoppedLetter
from gatelodge.mail.letters import Letters
from gatelodge.ops.refusals import OperationRefused
from gatelodge.stores import audit, deletions, endings
from gatelodge.telemetry.events import DeletionAsked, DeletionStopped, Origin


async def ask(tx: Tx, user_id: int, but: str, due_at: int, letters: Letters, origin: Origin, now: int) -> DeletionAsked:
    """Keep that a person wants their account deleted at `due_at`: all that acts for them ends now.

    They stay signed in in the session of this `sid`, `but`, and can sign in and stop it until then. Raises
    `OperationRefused` if they asked before.
    """
    if not await deletions.ask(tx, user_id, now, due_at):
        raise OperationRefused("this account is being deleted already")
    await endings.end_all(tx, user_id, now, but)
    event = DeletionAsked(user_id=user_id, due_at=due_at)
    await audit.record(tx, event, origin, now)
    await letters.tell_of(tx, user_id, DeletionAskedLetter(at=now, due_at=due_at), origin, now)
    return event


async def stop(tx: Tx, user_id: int, letters: Letters, origin: Origin, now: int) -> DeletionStopped:
    """Keep the account after all. Raises `OperationRefused` if its deletion was not asked for."""
    if not await deletions.stop(tx, user_id):
        raise OperationRefused("this account is not being deleted")
    event = DeletionStopped(user_id=user_id)
    await audit.record(tx, event, origin, now)
    await letters.tell_of(tx, user_id, DeletionStoppedLetter(at=now), origin, now)
    return event
