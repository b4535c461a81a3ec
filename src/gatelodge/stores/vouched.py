"""Sessions that an account elsewhere vouched for: whoever signs out there signs out here (Back-Channel Logout 1.0)."""

from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.protocol.proof import Voucher

NOTE = """
insert into vouched_sessions (place, session_id, link_id, sid) values ($1, $2, $3, $4)
on conflict (place, session_id, link_id) do update set sid = excluded.sid
"""


async def note(tx: Tx, session_id: int, voucher: Voucher | None) -> None:
    """Note which account elsewhere vouched for a session, if one did."""
    if voucher is not None:
        await tx.run(NOTE, place_of(session_id), session_id, voucher.link_id, voucher.sid)


OF_LINK = """
select s.sid, v.sid from vouched_sessions v join sessions s on s.place = v.place and s.id = v.session_id
where v.place = $1 and s.user_id = $2 and v.link_id = $3
"""


async def of_link(tx: Tx, user_id: int, link_id: int, sid: str | None) -> frozenset[str]:
    """Return the sessions, by their `sid`, that end when a person signs out there: of one session or of them all.

    One whose session there was never said ends with any.
    """
    rows = await tx.all(OF_LINK, place_of(user_id), user_id, link_id)
    return frozenset(str(ours) for ours, theirs in rows if sid is None or theirs in ("", sid))
