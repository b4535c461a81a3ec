"""The applications that act for a person: what each may do, since when, when it last did, and a button that ends it."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, NamedTuple, Self

from gatelodge.account.contract import AccountAct, AccountEquipment, AccountPage, AccountVisit, ActDone
from gatelodge.account.moments import ToldTime, moment, zone_of
from gatelodge.database.places import place_of
from gatelodge.foundation.contract import Foundation
from gatelodge.ops import applications, consents
from gatelodge.ops.applications import ActingClient
from gatelodge.protocol.scope import ACCOUNT
from gatelodge.protocol.targets import Apis, api_of, scope_of
from gatelodge.telemetry.emit import emit
from gatelodge.web.asked import DETAILS, REQUIRED, AskedScope


class ShownApp(NamedTuple):
    """One application as the page shows it. `used` is `None` where it never used what it has, or holds nothing now.

    `through` are the names of those that passed on to it what they were allowed.
    """

    client_id: str
    name: str
    uri: str
    logo: str
    scopes: tuple[AskedScope, ...]
    since: ToldTime
    used: ToldTime | None
    offline: bool
    through: str


class AppsPage(AccountPage):
    """Lists the applications that may act for a person, and takes back what one may do."""

    name = "apps"
    title = "Applications"
    icon = "api"
    template = "account/apps"
    tile = "account/apps_tile"
    in_api = True
    acts: ClassVar[Mapping[str, AccountAct]] = {"withdraw": AccountAct()}

    def __init__(self, on: Foundation) -> None:
        self._on = on

    @classmethod
    def open(cls, equipment: AccountEquipment) -> Self:
        return cls(equipment.on)

    async def show(self, visit: AccountVisit) -> Mapping[str, object]:
        apis = await self._on.registry.apis()
        return {"apps": [await self._shown(one, apis, visit) for one in await self._found(visit)]}

    async def glance(self, visit: AccountVisit) -> Mapping[str, object]:
        found = await self._found(visit)
        return {"count": len(found), "offline": sum(one.offline for one in found)}

    async def told(self, visit: AccountVisit) -> Mapping[str, object]:
        return {"apps": [_told(one) for one in await self._found(visit)]}

    async def act(self, visit: AccountVisit, name: str) -> ActDone:
        client_id, now = visit.form.get("client") or "", self._on.clock.now()
        there = self._on.db.at(place_of(visit.user.id))
        event = await there.write(consents.withdraw_own, visit.user.id, client_id, visit.origin, now)
        emit(event, visit.origin)
        return ActDone("withdrawn")

    async def _found(self, visit: AccountVisit) -> list[ActingClient]:
        there, now = self._on.db.at(place_of(visit.user.id)), self._on.clock.now()
        return await there.read(applications.acting_for, visit.user.id, now)

    async def _shown(self, one: ActingClient, apis: Apis, visit: AccountVisit) -> ShownApp:
        client = await self._on.registry.client(one.client_id)
        now, zone = self._on.clock.now(), zone_of(visit.user)
        passed_on = [await self._on.registry.client(name) for name in one.through]
        return ShownApp(
            one.client_id,
            client.name if client else one.client_id,
            (client.client_uri or "") if client else "",
            (client.logo or "") if client else "",
            tuple(in_words(one, apis)),
            moment(one.since, now, zone),
            moment(one.used_at, now, zone) if one.used_at else None,
            one.offline,
            ", ".join(passing.name for passing in passed_on if passing is not None),
        )


def in_words(one: ActingClient, apis: Apis) -> Iterator[AskedScope]:
    """Yield what an application may do, each scope once: what is of the person, then what its APIs say of theirs."""
    yield from (AskedScope(name) for name in (*DETAILS, ACCOUNT) if name in one.scopes and name != REQUIRED)
    said = {scope_of(at): apis[api_of(at)] for at in one.permissions if api_of(at) in apis}
    custom = apis.claim_scopes.custom
    yield from (AskedScope(name, sentence=custom[name].sentence) for name in sorted(one.scopes.intersection(custom)))
    for name in sorted(one.scopes - apis.claim_scopes.about_people):
        owners = apis.owners(name) or ()
        api = said.get(name) or next(iter(owners), None)
        yield AskedScope(name, sentence=(api.scopes.get(name) if api else None) or name)


def _told(one: ActingClient) -> Mapping[str, object]:
    passed_on = {"through": list(one.through)} if one.through else {}
    may = {"scope": " ".join(sorted(one.scopes)), "offline": one.offline}
    return {"client": one.client_id, "since": one.since, "used_at": one.used_at or None, **may, **passed_on}
