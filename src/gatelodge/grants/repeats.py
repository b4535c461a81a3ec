"""What is seen in two places ends: a device code that somebody else has as well (RFC 10027)."""

from msgspec import structs

from gatelodge.database.tx import RunAgain, Tx
from gatelodge.grants.devices import read_device, write_device
from gatelodge.stores import refresh_tokens, tickets
from gatelodge.stores.tickets import Ticket
from gatelodge.telemetry.events import DeviceCodeRepeated


async def end_what_came(tx: Tx, ticket: Ticket, now: int) -> DeviceCodeRepeated | None:
    """End a device code and all tokens that came of it, and return what is told; `None` if it had ended.

    A redemption that goes on meanwhile finds the mark, and ends what it began.
    """
    marked = await tickets.mark_repeated(tx, ticket.id, now)
    if marked is None:
        return None
    kept = read_device(marked.payload)
    if kept.family is not None:
        await refresh_tokens.revoke(tx, kept.family.id, kept.family.nonce, now)
    elif marked.spent_at is None:
        ended = write_device(structs.replace(kept, over=True, grounds=None))
        if not await tickets.change(tx, marked, ended):
            raise RunAgain
    user_id = kept.grounds.user_id if kept.grounds else None
    return DeviceCodeRepeated(client_id=kept.client_id, user_id=user_id)
