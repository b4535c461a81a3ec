"""The address of the account: another one is proved by a link to it before anything changes."""

from collections.abc import Mapping
from typing import ClassVar, Self

from gatelodge.account.contract import (
    AccountAct,
    AccountEquipment,
    AccountPage,
    AccountVisit,
    ActDone,
    ActRefused,
)
from gatelodge.authn.throttle import Full
from gatelodge.foundation.contract import Foundation
from gatelodge.ops.email_change import EmailChanges
from gatelodge.ops.limits import LetterLimits
from gatelodge.protocol import email_address, login_name
from gatelodge.sessions.mailed_links import MailedLinks
from gatelodge.telemetry.emit import emit


class EmailPage(AccountPage):
    """Shows the address of the account, and asks for another one."""

    name = "email"
    title = "E-mail address"
    icon = "email"
    template = "account/email"
    tile = "account/email_tile"
    acts: ClassVar[Mapping[str, AccountAct]] = {"change": AccountAct("Send the link", guarded=True)}

    def __init__(self, on: Foundation) -> None:
        self._on = on
        self._links = MailedLinks(on.db, on.mint, on.entropy)
        limits = LetterLimits(on.vault.derive("letter limits"), on.config.accounts)
        self._changes = EmailChanges(self._links, on.letters, limits, on.config.accounts)

    @classmethod
    def open(cls, equipment: AccountEquipment) -> Self:
        return cls(equipment.on)

    async def show(self, visit: AccountVisit) -> Mapping[str, object]:
        sent = visit.form.get("email") or ""
        return {"may": self._on.letters.are_sent, "address": visit.user.email, "sent": sent, **_proved(visit)}

    async def glance(self, visit: AccountVisit) -> Mapping[str, object]:
        return {"address": visit.user.email, **_proved(visit)}

    async def act(self, visit: AccountVisit, name: str) -> ActDone:
        try:
            address = login_name.canonical(visit.form.get("email") or "")
            email_address.parse(address)
        except ValueError:
            raise ActRefused("address") from None
        if not self._on.letters.are_sent or address == visit.user.email:
            raise ActRefused("same")
        new, now = self._links.draw(), self._on.clock.now()
        event = await self._on.db.write(self._changes.ask, visit.user, address, new, visit.origin, now)
        if isinstance(event, Full):
            raise ActRefused("throttled")
        emit(event, visit.origin)
        return ActDone("asked")


def _proved(visit: AccountVisit) -> Mapping[str, bool]:
    return {"proved": visit.user.email_verified}
