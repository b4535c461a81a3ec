"""Where a person is signed in: each browser with when and from where, and a button that ends it."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import ClassVar, NamedTuple, Self

from gatelodge.account.contract import AccountAct, AccountEquipment, AccountPage, AccountVisit, ActDone
from gatelodge.account.moments import ToldTime, moment, zone_of
from gatelodge.clock import Clock
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.ops import sessions as verbs
from gatelodge.ops.sessions import Ending
from gatelodge.stores import sessions
from gatelodge.stores.sessions import SeenSession
from gatelodge.telemetry.emit import emit


class ShownSession(NamedTuple):
    """One session as the page shows it; `here` is the one of this browser."""

    sid: str
    browser: str
    system: str
    address: str
    since: ToldTime
    seen: ToldTime
    here: bool


class SessionsPage(AccountPage):
    """Lists the sessions of a person, and ends one, all others, or all."""

    name = "sessions"
    title = "Browsers"
    icon = "device"
    template = "account/sessions"
    tile = "account/sessions_tile"
    in_api = True
    acts: ClassVar[Mapping[str, AccountAct]] = {
        "end": AccountAct(),
        "end_others": AccountAct(),
        "end_all": AccountAct(),
    }

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    @classmethod
    def open(cls, equipment: AccountEquipment) -> Self:
        return cls(equipment.on.db, equipment.on.clock)

    async def show(self, visit: AccountVisit) -> Mapping[str, object]:
        now, zone = self._clock.now(), zone_of(visit.user)
        shown = [_shown(one, visit.signed_in.sid, now, zone) for one in await self._found(visit)]
        return {"sessions": sorted(shown, key=lambda one: not one.here)}

    async def glance(self, visit: AccountVisit) -> Mapping[str, object]:
        return {"count": len(await self._found(visit))}

    async def told(self, visit: AccountVisit) -> Mapping[str, object]:
        return {"sessions": [_told(one, visit.signed_in.sid) for one in await self._found(visit)]}

    async def act(self, visit: AccountVisit, name: str) -> ActDone:
        there, who, here = self._db.at(place_of(visit.user.id)), visit.user.id, visit.signed_in.sid
        ending = Ending(visit.form.get("offline") == "yes", visit.origin, self._clock.now())
        if name == "end":
            sid = visit.form.get("sid") or ""
            emit(await there.write(verbs.end_one, who, sid, ending), visit.origin)
            return ActDone(signed_out=True) if sid == here else ActDone("ended")
        emit(await there.write(verbs.end_others, who, here if name == "end_others" else "", ending), visit.origin)
        return ActDone("ended_others") if name == "end_others" else ActDone(signed_out=True)

    async def _found(self, visit: AccountVisit) -> list[SeenSession]:
        return await self._db.at(place_of(visit.user.id)).read(sessions.of_person, visit.user.id, self._clock.now())


def _shown(one: SeenSession, here: str, now: int, zone: tzinfo) -> ShownSession:
    return ShownSession(
        one.sid,
        one.browser,
        one.system,
        one.address,
        moment(one.created_at, now, zone),
        moment(one.seen_at, now, zone),
        one.sid == here,
    )


def _told(one: SeenSession, here: str) -> Mapping[str, object]:
    device = {"browser": one.browser, "system": one.system, "address": one.address}
    return {"sid": one.sid, "since": one.created_at, "seen_at": one.seen_at, "current": one.sid == here, **device}
