"""The accounts elsewhere that sign a person in: which there are, a button for each more, and one that ends it."""

from collections.abc import Mapping
from typing import ClassVar, NamedTuple, Self

from gatelodge.account.contract import AccountAct, AccountEquipment, AccountPage, AccountVisit, ActDone, ActRefused
from gatelodge.account.moments import ToldTime, moment, zone_of
from gatelodge.authn.federation.contract import Errand, UpstreamFailed
from gatelodge.authn.federation.sign_ins import Connecting, UpstreamSignIns
from gatelodge.database.places import place_of
from gatelodge.foundation.contract import Foundation
from gatelodge.ops import links as verbs
from gatelodge.ops.refusals import NotThere
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.stores import links
from gatelodge.stores.links import LinkRecord
from gatelodge.telemetry.emit import emit


class ShownLink(NamedTuple):
    """One account elsewhere as the page shows it. It `is_there` while its provider is."""

    id: str
    label: str
    shown: str
    since: ToldTime
    used: ToldTime
    is_there: bool


class LinksPage(AccountPage):
    """Lists, connects and disconnects accounts elsewhere."""

    name = "links"
    title = "Other accounts"
    icon = "link"
    template = "account/links"
    tile = "account/links_tile"
    in_api = True
    leads_away = True
    acts: ClassVar[Mapping[str, AccountAct]] = {
        "connect": AccountAct("Connect it now", guarded=True),
        "disconnect": AccountAct("Disconnect it now", guarded=True),
    }

    def __init__(self, on: Foundation, upstream: UpstreamSignIns) -> None:
        self._on = on
        self._upstream = upstream

    @classmethod
    def open(cls, equipment: AccountEquipment) -> Self:
        return cls(equipment.on, equipment.authn.upstream)

    async def show(self, visit: AccountVisit) -> Mapping[str, object]:
        found = await self._found(visit)
        return {"links": [self._shown(link, visit) for link in found], "buttons": self._upstream.providers.buttons()}

    async def glance(self, visit: AccountVisit) -> Mapping[str, object]:
        return {"labels": [self._label(link.provider) for link in await self._found(visit)]}

    async def told(self, visit: AccountVisit) -> Mapping[str, object]:
        return {"links": [_told(link) for link in await self._found(visit)]}

    async def act(self, visit: AccountVisit, name: str) -> ActDone | Reply:
        return await self._connect(visit) if name == "connect" else await self._disconnect(visit)

    async def _connect(self, visit: AccountVisit) -> Reply:
        """Send the browser to the provider; what is connected is who comes back."""
        provider = visit.form.get("provider") or ""
        if not visit.browser.secret or self._upstream.providers.find(provider) is None:  # a program goes nowhere
            raise NotThere("provider", provider)
        try:
            wants = Connecting(visit.user.id, visit.signed_in.sid)
            return redirect(await self._upstream.send(provider, visit.browser, "", Errand(), wants))
        except UpstreamFailed:
            raise ActRefused("away") from None

    async def _disconnect(self, visit: AccountVisit) -> ActDone:
        said = visit.form.get("link") or ""
        link = next((one for one in await self._found(visit) if str(one.id) == said), None)
        if link is None:
            raise NotThere("link", said)
        letters, now = self._on.letters, self._on.clock.now()
        try:
            event = await self._on.db.write(verbs.disconnect, visit.user.id, link.id, letters, visit.origin, now)
        except verbs.LastEntrance:
            raise ActRefused("last") from None
        emit(event, visit.origin)
        return ActDone("disconnected")

    async def _found(self, visit: AccountVisit) -> list[LinkRecord]:
        return await self._on.db.at(place_of(visit.user.id)).read(links.list_of, visit.user.id)

    def _shown(self, link: LinkRecord, visit: AccountVisit) -> ShownLink:
        now, zone = self._on.clock.now(), zone_of(visit.user)
        times = (moment(link.created_at, now, zone), moment(link.used_at, now, zone))
        is_there = self._upstream.providers.find(link.provider) is not None
        return ShownLink(str(link.id), self._label(link.provider), link.shown, *times, is_there)

    def _label(self, provider: str) -> str:
        opened = self._upstream.providers.find(provider)
        return provider if opened is None else opened.provider.label


def _told(link: LinkRecord) -> Mapping[str, object]:
    whose = {"provider": link.provider, "issuer": link.issuer, "subject": link.subject, "shown": link.shown}
    return {"id": str(link.id), **whose, "since": link.created_at, "used_at": link.used_at}
