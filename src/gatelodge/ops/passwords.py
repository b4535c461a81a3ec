"""A person's own password: given, and changed, by themselves. Whoever calls this has had it proved that it is they."""

from gatelodge.database.tx import Tx
from gatelodge.mail.catalogue import PasswordChangedLetter
from gatelodge.mail.letters import Letters
from gatelodge.ops.refusals import OperationRefused
from gatelodge.stores import audit, credentials, endings
from gatelodge.telemetry.events import Origin, PasswordChanged


async def change(
    tx: Tx, user_id: int, before: str | None, after: str, but: str, letters: Letters, origin: Origin, now: int
) -> PasswordChanged:
    """Give a person the password of the hash `after` in place of the one that was proved, `before`; `None` if of none.

    Every other session and every token of theirs ends, `but` the session of this `sid`. Raises `OperationRefused` if
    they got another one meanwhile.
    """
    if await credentials.password(tx, user_id) != before:
        raise OperationRefused("the password was changed meanwhile")
    await endings.change_password(tx, user_id, after, now, but)
    event = PasswordChanged(user_id=user_id)
    await audit.record(tx, event, origin, now)
    await letters.tell_of(tx, user_id, PasswordChangedLetter(at=now), origin, now)
    return event
