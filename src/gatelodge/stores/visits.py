"""Visits: which application was told of which session, so that it is told, too, when that session is over.

A row is written when an application is given a code for somebody's session, and goes with the session. What is to be
told goes into the outbox in the transaction that ends it; `outbox/logout.py` delivers.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.json import Decoder, Encoder

from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.stores import outbox
from gatelodge.stores.outbox import NewParcel

KIND = "logout"  # of a parcel

Which = Callable[[str], bool]  # by its `sid`

NOTE = """
insert into visits (place, session_id, client_id, since)
select place, id, $3, $4 from sessions where place = $1 and id = $2
on conflict do nothing
"""


async def note(tx: Tx, session_id: int, client_id: str, now: int) -> None:
    """Note that a client is told of a session, unless that is over."""
    await tx.run(NOTE, place_of(session_id), session_id, client_id, now)


class SessionVisit(Struct, frozen=True):
    """That a client was told of the session `sid` of the person `sub`: `heard` if it wants to hear of its end.

    `generation` tells it from a client that is given its id later.
    """

    client_id: str
    generation: int
    sub: str
    sid: str
    heard: bool = False


class _Told(Struct):
    backchannel_logout_uri: str | None = None


_told, _encode, _visit = Decoder(_Told).decode, Encoder().encode, Decoder(SessionVisit).decode

OF_PERSON = """
select c.id, c.generation, s.sub, s.sid, c.metadata
from sessions s join visits v on v.place = s.place and v.session_id = s.id join clients c on c.id = v.client_id
where s.place = $1 and s.user_id = $2 and c.enabled = 1
order by c.id
"""


async def of_person(tx: Tx, user_id: int) -> list[SessionVisit]:
    """Return which clients that may act were told of which of a person's sessions."""
    rows = await tx.all(OF_PERSON, place_of(user_id), user_id)
    return [SessionVisit(*row[:4], heard=_told(row[4]).backchannel_logout_uri is not None) for row in rows]


async def tell(tx: Tx, user_id: int, which: Which, now: int) -> Sequence[SessionVisit]:
    """Put what applications are told when the sessions of a person end that `which` says, and return their visits.

    Called while the sessions are there, in the transaction that ends them.
    """
    ending = [visit for visit in await of_person(tx, user_id) if which(visit.sid)]
    for visit in ending:
        if visit.heard:
            await outbox.put(tx, _parcel(visit, user_id), now)
    return ending


def read(payload: bytes) -> SessionVisit:
    """Return the visit that a parcel tells the end of."""
    return _visit(payload)


def _parcel(visit: SessionVisit, user_id: int) -> NewParcel:
    whom, once = visit.client_id, f"{visit.sid} {visit.client_id}"
    return NewParcel(kind=KIND, recipient=whom, dedupe=once, payload=_encode(visit), user_id=user_id)
