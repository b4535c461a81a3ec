"""What a person says of themselves: their name, language, time zone and the like, as applications are told it."""

from collections.abc import Mapping
from functools import cache
from typing import ClassVar, Self
from zoneinfo import available_timezones

from gatelodge.account.contract import (
    AccountAct,
    AccountEquipment,
    AccountPage,
    AccountVisit,
    ActDone,
    ActRefused,
)
from gatelodge.clock import Clock
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.ops import profile as verbs
from gatelodge.protocol import profile
from gatelodge.protocol.claims import known_claims
from gatelodge.protocol.languages import LANGUAGES
from gatelodge.protocol.profile import NotThatValue
from gatelodge.telemetry.emit import emit


class ProfilePage(AccountPage):
    """Shows and changes what a person says of themselves."""

    name = "profile"
    title = "Personal details"
    icon = "profile"
    template = "account/profile"
    tile = "account/profile_tile"
    in_api = True
    acts: ClassVar[Mapping[str, AccountAct]] = {"save": AccountAct()}

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    @classmethod
    def open(cls, equipment: AccountEquipment) -> Self:
        return cls(equipment.on.db, equipment.on.clock)

    async def show(self, visit: AccountVisit) -> Mapping[str, object]:
        told = profile.told_of(visit.user.name, visit.user.claims)
        sent = {field: value for field in told if (value := visit.form.get(field)) is not None}
        return {"told": told | sent, "languages": _languages(told["locale"]), "zones": _zones()}

    async def told(self, visit: AccountVisit) -> Mapping[str, object]:
        return known_claims(visit.user)

    async def act(self, visit: AccountVisit, name: str) -> ActDone:
        given = {field: visit.form.get(field) or "" for field in profile.FIELDS if field in visit.form.fields}
        there, now = self._db.at(place_of(visit.user.id)), self._clock.now()
        try:
            if given.get("zoneinfo", "") not in ("", *_zones()):
                raise NotThatValue("zoneinfo")
            event = await there.write(verbs.change, visit.user.id, given, visit.origin, now)
        except NotThatValue as wrong:
            raise ActRefused(wrong.field) from None
        if event is not None:
            emit(event, visit.origin)
        return ActDone("saved")


def _languages(own: str) -> dict[str, str]:
    """Return the languages to choose from, with the one that is chosen, whoever wrote it down."""
    return {**LANGUAGES, **({own: own} if own and own not in LANGUAGES else {})}


@cache
def _zones() -> tuple[str, ...]:
    return tuple(
        sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix")))
    )
