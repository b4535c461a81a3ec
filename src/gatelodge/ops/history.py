"""What a person can do about a sign-in that the history of their account tells of, and that was not theirs."""

from gatelodge.database.tx import Tx
from gatelodge.mail.catalogue import SignInDisownedLetter
from gatelodge.mail.letters import Letters
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.stores import audit, endings
from gatelodge.telemetry.events import Origin, SignedIn, SignInDisowned


async def disown(tx: Tx, user_id: int, line_id: int, here: str, letters: Letters, origin: Origin, now: int) -> bool:
    """Act on a sign-in that was not its person: their password is void, and every session but this one, `here`, ends.

    With them goes every token of theirs, also those for while they are away: somebody else may have asked for them.
    Returns whether they had a password, and so need another one. Raises `NotThere`, and `OperationRefused` if it is the
    sign-in of this very session.
    """
    line = await audit.line_of(tx, user_id, line_id)
    if line is None or line.event != SignedIn.event_name():
        raise NotThere("sign-in", str(line_id))
    if line.detail.get("sid") == here:
        raise OperationRefused("this is the sign-in of this browser")
    had_one = await endings.void_password(tx, user_id, now, here)
    await audit.record(tx, SignInDisowned(user_id=user_id), origin, now)
    await letters.tell_of(tx, user_id, SignInDisownedLetter(at=now), origin, now)
    return had_one
