"""A person's own password: given, and changed, by themselves. Whoever calls this has had it proved that it is they."""

from gatelodge.database.tx import Tx
from gatelodge.mail.catalogue import PasswordChangedLetter
from gatelodge.mail.letters import Letters
from gatelodge.ops.refusals import OperationRefused
from gatelodge.stores import audit, credentials, users
from gatelodge.stores import endings as ends
from gatelodge.telemetry.events import Origin, PasswordChanged


async def change(
    tx: Tx,
    user_id: int,
    before: str | None,
    after: str,
    but: str,
    letters: Letters,
    origin: Origin,
    now: int,
    *,
    endings: int | None = None,
) -> PasswordChanged:
    """Give a person the password of the hash `after` in place of the one that was proved, `before`; `None` if of none.

    Every other session and every token of theirs ends, `but` the session of this `sid`. Raises `OperationRefused` if
    they got another one meanwhile, or all that they held ended: `endings` as in `Occasion`.
    """
    await users.claim(tx, user_id)
    if endings is not None and not await users.stands(tx, user_id, endings + 1):
        raise OperationRefused("all that they held ended meanwhile")
    if await credentials.password(tx, user_id) != before:
        raise OperationRefused("the password was changed meanwhile")
    await ends.change_password(tx, user_id, after, now, but)
    event = PasswordChanged(user_id=user_id)
    await audit.record(tx, event, origin, now)
    await letters.tell_of(tx, user_id, PasswordChangedLetter(at=now), origin, now)
    return event
