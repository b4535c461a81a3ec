"""What a person can do with the accounts elsewhere that sign them in. Each function is one transaction body."""

from gatelodge.database.tx import Tx
from gatelodge.mail.catalogue import UnlinkedLetter
from gatelodge.mail.letters import Letters
from gatelodge.ops.refusals import NotThere
from gatelodge.stores import audit, entrances, links, users
from gatelodge.telemetry.events import Origin, Unlinked


class LastEntrance(Exception):
    """Without this nobody could enter the account any more: nothing was taken away."""


async def disconnect(tx: Tx, user_id: int, link_id: int, letters: Letters, origin: Origin, now: int) -> Unlinked:
    """Let an account elsewhere sign its person in no more, and tell them by mail.

    Raises `NotThere`, and `LastEntrance` if nothing else would sign them in.
    """
    await users.claim(tx, user_id)  # of two that take away the last two at once, one finds that the other did
    link = next((one for one in await links.list_of(tx, user_id) if one.id == link_id), None)
    if link is None or not await links.remove(tx, link):
        raise NotThere("link", str(link_id))
    if not await entrances.are_left(tx, user_id):
        raise LastEntrance
    event = Unlinked(user_id=user_id, provider=link.provider)
    await audit.record(tx, event, origin, now)
    user = await users.find(tx, user_id)
    if user is not None:
        await letters.tell(tx, user, UnlinkedLetter(at=now), origin, now)
    return event
