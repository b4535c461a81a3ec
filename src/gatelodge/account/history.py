"""What happened to an account, told to its person in words: newest first, page by page."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import ClassVar, NamedTuple, Self

from gatelodge.account.contract import AccountAct, AccountEquipment, AccountPage, AccountVisit, ActDone, ActRefused
from gatelodge.account.moments import ToldTime, moment, zone_of
from gatelodge.config.policies import DAY
from gatelodge.database.places import place_of
from gatelodge.foundation.contract import Foundation
from gatelodge.ops import history as verbs
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.stores import audit
from gatelodge.stores.audit import END_OF_TRAIL, AuditEntry, TrailPlace
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import SignedIn, SignInDisowned

PER_PAGE = 30
MOST_DAYS = 90
_AT_BYTES = 8


class ShownEvent(NamedTuple):
    """One line of the history. `line` names it, and is empty where nothing can be said about it."""

    event: str
    at: ToldTime
    address: str
    client_name: str
    by: str
    detail: Mapping[str, object]
    line: str


class HistoryPage(AccountPage):
    """Shows what happened, and acts on a sign-in that was somebody else's."""

    name = "history"
    title = "History"
    icon = "history"
    template = "account/history"
    tile = "account/history_tile"
    in_api = True
    acts: ClassVar[Mapping[str, AccountAct]] = {"disown": AccountAct("That was not me", guarded=True)}

    def __init__(self, on: Foundation) -> None:
        self._on = on

    @classmethod
    def open(cls, equipment: AccountEquipment) -> Self:
        return cls(equipment.on)

    async def show(self, visit: AccountVisit) -> Mapping[str, object]:
        found, more = await self._page(visit)
        now, zone = self._on.clock.now(), zone_of(visit.user)
        return {"events": [await self._shown(one, visit, now, zone) for one in found], "more": more}

    async def told(self, visit: AccountVisit) -> Mapping[str, object]:
        found, more = await self._page(visit)
        return {"events": [self._told(one) for one in found], "more": more}

    async def act(self, visit: AccountVisit, name: str) -> ActDone:
        place = self._read(visit.form.get("line") or "")
        if place is None:
            raise NotThere("line", "")
        there, now = self._on.db.at(place_of(visit.user.id)), self._on.clock.now()
        try:
            had_password = await there.write(
                verbs.disown, visit.user.id, place.id, visit.signed_in.sid, self._on.letters, visit.origin, now
            )
        except OperationRefused:
            raise ActRefused("here") from None
        emit(SignInDisowned(user_id=visit.user.id), visit.origin)
        return ActDone("disowned", leads_to="password" if had_password else "")

    async def _page(self, visit: AccountVisit) -> tuple[list[AuditEntry], str]:
        """Return one page of the trail, and the cursor of the next, empty if there is none."""
        since = self._on.clock.now() - min(self._on.config.retention.audit_days, MOST_DAYS) * DAY
        before = self._read(visit.query.get("before") or "") or END_OF_TRAIL
        there = self._on.db.at(place_of(visit.user.id))
        found = await there.read(audit.history, visit.user.id, since, before, PER_PAGE + 1)
        shown = found[:PER_PAGE]
        return shown, self._cursor(shown[-1]) if len(found) > PER_PAGE else ""

    async def _shown(self, one: AuditEntry, visit: AccountVisit, now: int, zone: tzinfo) -> ShownEvent:
        client = await self._on.registry.client(one.client_id) if one.client_id else None
        sid = one.detail.get("sid")
        theirs = one.event == SignedIn.event_name() and sid != visit.signed_in.sid
        return ShownEvent(
            one.event,
            moment(one.at, now, zone),
            one.address or "",
            client.name if client else one.client_id or "",
            one.actor.kind,
            one.detail,
            self._cursor(one) if theirs else "",
        )

    def _cursor(self, one: AuditEntry) -> str:
        """Return what names a line, and shows nobody how many there are."""
        return self._on.mint.grant_id(one.id, one.at.to_bytes(_AT_BYTES))

    def _read(self, cursor: str) -> TrailPlace | None:
        named = self._on.mint.read_grant_id(cursor)
        return None if named is None else TrailPlace(int.from_bytes(named[1]) & (2**62 - 1), named[0])

    def _told(self, one: AuditEntry) -> Mapping[str, object]:
        whose = {"client": one.client_id, "by": one.actor.kind, "address": one.address}
        return {"line": self._cursor(one), "at": one.at, "event": one.event, **whose, "detail": one.detail}
