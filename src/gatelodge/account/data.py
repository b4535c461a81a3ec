"""All that is kept of a person: a copy of it to take along, and the end of it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import msgspec

from gatelodge.account.contract import AccountAct, AccountEquipment, AccountPage, AccountVisit, ActDone, ActRefused
from gatelodge.account.moments import moment, zone_of
from gatelodge.config.policies import DAY
from gatelodge.database.places import place_of
from gatelodge.foundation.contract import Foundation
from gatelodge.ops import deletion
from gatelodge.ops.refusals import OperationRefused
from gatelodge.protocol.reply import NO_STORE, Reply
from gatelodge.stores import audit, deletions
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import DataTaken

FILE = "my-account.json"


class DataPage(AccountPage):
    """Hands a person a copy of all that is kept of them, and deletes their account when they thought it over."""

    name = "data"
    title = "Your data"
    icon = "data"
    template = "account/data"
    tile = "account/data_tile"
    in_api = True
    acts: ClassVar[Mapping[str, AccountAct]] = {
        "download": AccountAct("Download a copy", guarded=True),
        "delete": AccountAct("Delete my account", guarded=True),
        "keep": AccountAct(),
    }

    def __init__(self, on: Foundation, others: Sequence[AccountPage]) -> None:
        self._on = on
        self._others = others

    @classmethod
    def open(cls, equipment: AccountEquipment) -> Self:
        return cls(equipment.on, equipment.opened)

    async def show(self, visit: AccountVisit) -> Mapping[str, object]:
        return {**await self.glance(visit), "days": self._on.config.retention.deletion_days}

    async def glance(self, visit: AccountVisit) -> Mapping[str, object]:
        due = await self._due_at(visit)
        told = None if due is None else moment(due, self._on.clock.now(), zone_of(visit.user))
        return {"due": told, "attention": due is not None}

    async def told(self, visit: AccountVisit) -> Mapping[str, object]:
        return {"deleted_at": await self._due_at(visit)}

    async def act(self, visit: AccountVisit, name: str) -> ActDone | Reply:
        if name == "download":
            return await self._download(visit)
        there, who, now = self._on.db.at(place_of(visit.user.id)), visit.user.id, self._on.clock.now()
        due_at = now + self._on.config.retention.deletion_days * DAY
        try:
            if name == "delete":
                whose = (who, visit.signed_in.sid, due_at, self._on.letters)
                emit(await there.write(deletion.ask, *whose, visit.origin, now), visit.origin)
            else:
                emit(await there.write(deletion.stop, who, self._on.letters, visit.origin, now), visit.origin)
        except OperationRefused:
            raise ActRefused("already") from None
        return ActDone("asked" if name == "delete" else "kept")

    async def _download(self, visit: AccountVisit) -> Reply:
        event = DataTaken(user_id=visit.user.id)
        there = self._on.db.at(place_of(visit.user.id))
        await there.write(audit.record, event, visit.origin, self._on.clock.now())
        emit(event, visit.origin)
        user = visit.user
        account = {"sub": user.sub, "issuer": self._on.site.issuer, "created_at": user.created_at}
        parts = {page.name: await page.told(visit) for page in self._others if page is not self}
        body = msgspec.json.format(msgspec.json.encode({"account": account, **parts}))
        disposition = ("content-disposition", f'attachment; filename="{FILE}"')
        return Reply(200, (("content-type", "application/json"), disposition, *NO_STORE), body)

    async def _due_at(self, visit: AccountVisit) -> int | None:
        return await self._on.db.at(place_of(visit.user.id)).read(deletions.due_at, visit.user.id)
