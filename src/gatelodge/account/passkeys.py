"""The passkeys of a person: which there are and when they were used, another one, a better name, one less."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import ClassVar, NamedTuple, Self

from gatelodge.account.contract import AccountAct, AccountEquipment, AccountPage, AccountVisit, ActDone, ActRefused
from gatelodge.account.moments import ToldTime, moment, zone_of
from gatelodge.authn.challenges import ENROL, PATH
from gatelodge.authn.passkey_acts import LastWay, NoSuchPasskey
from gatelodge.authn.passkey_ceremonies import PasskeyCeremonies
from gatelodge.clock import Clock
from gatelodge.ops.refusals import NotThere
from gatelodge.protocol.passkey import MAX_NAME, MOST, Passkey, PasskeyRefused, problem_of
from gatelodge.protocol.reply import Reply, json_reply


class ShownPasskey(NamedTuple):
    """One passkey as the page shows it. `synced` if it may be on other devices, too; `suspect` if it may be a copy."""

    id: int
    name: str
    synced: bool
    suspect: bool
    created: ToldTime
    used: ToldTime | None


class PasskeysPage(AccountPage):
    """Lists the passkeys of a person, adds one, and renames or removes one."""

    name = "passkeys"
    title = "Passkeys"
    icon = "passkey"
    template = "account/passkeys"
    tile = "account/passkeys_tile"
    in_api = True
    scripts = True
    acts: ClassVar[Mapping[str, AccountAct]] = {
        "begin": AccountAct(for_programs=True),
        "add": AccountAct("Add this passkey", guarded=True),
        "rename": AccountAct(),
        "remove": AccountAct("Remove this passkey", guarded=True),
    }

    def __init__(self, ceremonies: PasskeyCeremonies | None, clock: Clock) -> None:
        self._ceremonies = ceremonies
        self._clock = clock

    @classmethod
    def open(cls, equipment: AccountEquipment) -> Self:
        return cls(equipment.authn.passkeys, equipment.on.clock)

    async def show(self, visit: AccountVisit) -> Mapping[str, object]:
        ceremonies, now, zone = self._ceremonies, self._clock.now(), zone_of(visit.user)
        if ceremonies is None:
            return {"passkeys": (), "signal": None, "options": None}
        known = await ceremonies.known(visit.user.id)
        may_add = visit.proved_lately and len(known.passkeys) < MOST
        return {
            "passkeys": tuple(_shown(one, now, zone) for one in known.passkeys),
            "signal": ceremonies.signal(known, visit.user.username, visit.user.name),
            "options": await ceremonies.creation(visit.user.id) if may_add else None,
            "challenge": PATH,
            "full": len(known.passkeys) >= MOST,
            "longest": MAX_NAME,
        }

    async def glance(self, visit: AccountVisit) -> Mapping[str, object]:
        theirs = () if self._ceremonies is None else (await self._ceremonies.known(visit.user.id)).passkeys
        return {"count": len(theirs), "attention": any(one.suspect for one in theirs)}

    async def told(self, visit: AccountVisit) -> Mapping[str, object]:
        theirs = () if self._ceremonies is None else (await self._ceremonies.known(visit.user.id)).passkeys
        return {"passkeys": [_told(one) for one in theirs]}

    async def act(self, visit: AccountVisit, name: str) -> ActDone | Reply:
        ceremonies, who = self._ceremonies, visit.user.id
        if ceremonies is None:
            raise NotThere("act", name)
        try:
            if name == "begin":
                return await self._begin(ceremonies, visit)
            if name == "add":
                made = visit.form.get("passkey") or ""
                await ceremonies.add(made, visit.browser, who, visit.origin, endings=visit.endings)
                return ActDone("added")
            number = _number(visit.form.get("id") or "")
            if name == "rename":
                await ceremonies.rename(who, number, visit.form.get("name") or "", visit.origin)
                return ActDone("renamed")
            await ceremonies.remove(who, number, visit.origin)
        except PasskeyRefused as refused:
            raise ActRefused(problem_of(refused.rule)) from None
        except NoSuchPasskey:
            raise NotThere("passkey", "of that number") from None
        except LastWay:
            raise ActRefused("last") from None
        except ValueError:
            raise ActRefused("nameless") from None
        return ActDone("removed")

    async def _begin(self, ceremonies: PasskeyCeremonies, visit: AccountVisit) -> Reply:
        """Tell a program what an authenticator must be asked, and what its answer must sign, within ten minutes."""
        options = await ceremonies.creation(visit.user.id)
        if options is None:
            raise NotThere("act", "begin")
        return json_reply({"options": {**options, "challenge": await ceremonies.challenge(ENROL, visit.browser)}})


def _shown(one: Passkey, now: int, zone: tzinfo) -> ShownPasskey:
    used = None if one.used_at is None else moment(one.used_at, now, zone)
    created = moment(one.created_at, now, zone)
    return ShownPasskey(one.id, one.name, one.backup_eligible, one.suspect, created, used)


def _told(one: Passkey) -> Mapping[str, object]:
    return {
        "id": str(one.id),
        "name": one.name,
        "aaguid": one.aaguid,
        "synced": one.backup_eligible,
        "suspect": one.suspect,
        "created_at": one.created_at,
        "used_at": one.used_at,
    }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
