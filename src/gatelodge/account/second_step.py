"""The second step: the authenticator app of a person, their recovery codes, and the browsers that stand for them."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar, NamedTuple, Self

from gatelodge.account.contract import (
    AccountAct,
    AccountEquipment,
    AccountPage,
    AccountVisit,
    ActDone,
    ActRefused,
    ActShown,
)
from gatelodge.account.moments import ToldTime, moment, zone_of
from gatelodge.authn import factor_acts
from gatelodge.authn.enrolment import Enrolment, EnrolmentRefused, EnrolVisit
from gatelodge.authn.factor_acts import Events, Occasion
from gatelodge.authn.totp_enrolment import new_codes
from gatelodge.authn.visit import KnownPerson
from gatelodge.authn.ways import Ways
from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.foundation.contract import Foundation
from gatelodge.ops.refusals import NotThere
from gatelodge.protocol import recovery_code
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.protocol.proof import PHR, TWO, levels_of
from gatelodge.stores import authenticators, credentials, passkeys, recovery_codes, trusted_browsers
from gatelodge.stores.trusted_browsers import TrustedBrowser
from gatelodge.telemetry.emit import emit

Act = Callable[[Tx, int, Occasion], Coroutine[Any, Any, Events]]

FEW = 3  # recovery codes: below it the person is asked to make new ones


class ShownTrust(NamedTuple):
    """A trusted browser as the page shows it."""

    name: str
    browser: str
    system: str
    address: str
    since: ToldTime
    until: ToldTime


class SecondStepPage(AccountPage):
    """Sets up and removes an authenticator app, makes recovery codes, and trusts browsers no more."""

    name = "second_step"
    title = "Second step"
    icon = "shield"
    template = "account/second_step"
    tile = "account/second_step_tile"
    in_api = True
    acts: ClassVar[Mapping[str, AccountAct]] = {
        "begin": AccountAct("Set up an authenticator app", guarded=True),
        "add": AccountAct("Set up an authenticator app", guarded=True),
        "remove": AccountAct("Remove the authenticator app", guarded=True),
        "open": AccountAct("Switch codes on again", guarded=True),
        "codes": AccountAct("Make new recovery codes", guarded=True),
        "distrust": AccountAct(),
        "distrust_all": AccountAct(),
    }

    def __init__(self, on: Foundation, ways: Ways) -> None:
        self._on = on
        self._app = next((way.enrolment for way in ways.listed if way.name == factor_acts.TOTP), None)

    @classmethod
    def open(cls, equipment: AccountEquipment) -> Self:
        return cls(equipment.on, equipment.authn.ways)

    async def show(self, visit: AccountVisit) -> Mapping[str, object]:
        there, who, now = self._on.db.at(place_of(visit.user.id)), visit.user.id, self._on.clock.now()
        zone, app = zone_of(visit.user), await there.read(authenticators.find, who)
        left, made = await there.read(recovery_codes.left, who)
        trusted = await there.read(trusted_browsers.list_of_user, who, now)
        return {
            "offered": self._app is not None,
            "app": app and moment(app.created_at, now, zone),
            "used": app and moment(app.used_at, now, zone),
            "closed": app is not None and app.closed_at is not None,
            "may_open": _shown_more(visit.signed_in),
            "keys": len(await there.read(passkeys.list_of_user, who)),
            "left": left,
            "made": moment(made, now, zone) if left else None,
            "few": left < FEW,
            "trusted": [
                ShownTrust(
                    self._name(one.id),
                    one.browser,
                    one.system,
                    one.address,
                    moment(one.created_at, now, zone),
                    moment(one.expires_at, now, zone),
                )
                for one in trusted
            ],
        }

    async def glance(self, visit: AccountVisit) -> Mapping[str, object]:
        shown, there = await self.show(visit), self._on.db.at(place_of(visit.user.id))
        password = await there.read(credentials.password, visit.user.id) is not None
        return {
            **shown,
            "password": password,
            "attention": shown["closed"] or (shown["app"] is not None and shown["few"]),
        }

    async def told(self, visit: AccountVisit) -> Mapping[str, object]:
        there, who, now = self._on.db.at(place_of(visit.user.id)), visit.user.id, self._on.clock.now()
        app, (left, _) = await there.read(authenticators.find, who), await there.read(recovery_codes.left, who)
        trusted = await there.read(trusted_browsers.list_of_user, who, now)
        return {
            "authenticator_app": app is not None,
            "closed": app is not None and app.closed_at is not None,
            "recovery_codes": left,
            "trusted_browsers": [self._told(one) for one in trusted],
        }

    async def act(self, visit: AccountVisit, name: str) -> ActDone | ActShown:
        match name:
            case "begin":
                offered = await self._enrolment().offer(_enrolling(visit))
                return ActShown("account/second_step_add", offered, told=_for_programs(offered))
            case "add":
                return await self._add(visit)
            case "remove":
                return await self._remove(visit)
            case "open" if _shown_more(visit.signed_in):
                await self._do(visit, factor_acts.open_authenticator)
                return ActDone("opened")
            case "codes":
                return await self._make_codes(visit)
            case "distrust":
                return await self._distrust(visit, await self._row_of(visit, visit.form.get("browser") or ""))
            case "distrust_all":
                return await self._distrust(visit, None)
            case _:
                raise ActRefused("not_opened")

    async def _add(self, visit: AccountVisit) -> ActDone | ActShown:
        try:
            got = await self._enrolment().enrol(_enrolling(visit))
        except EnrolmentRefused as refused:
            again = await self._enrolment().offer(_enrolling(visit))
            return ActShown("account/second_step_add", again, refused.problem)
        if not got.told:
            return ActDone("added")
        return ActShown("account/second_step_codes", got.once, told={"done": "added", **got.once})

    async def _remove(self, visit: AccountVisit) -> ActDone:
        try:
            await self._enrolment().remove(_person(visit), "", visit.origin)
        except EnrolmentRefused:
            raise NotThere("authenticator app", "") from None
        return ActDone("removed")

    async def _make_codes(self, visit: AccountVisit) -> ActShown:
        codes = new_codes(self._on.entropy)
        digests = [recovery_code.digest(visit.user.id, code) for code in codes]
        await self._do(visit, lambda tx, who, on: factor_acts.make_codes(tx, who, digests, on))
        told = {"done": "made", "codes": codes}
        return ActShown("account/second_step_codes", {"codes": codes}, told=told)

    async def _row_of(self, visit: AccountVisit, named: str) -> int:
        """Return which of their trusted browsers is meant. Raises `NotThere` if it is none of theirs."""
        there, now = self._on.db.at(place_of(visit.user.id)), self._on.clock.now()
        trusted = await there.read(trusted_browsers.list_of_user, visit.user.id, now)
        found = next((one.id for one in trusted if self._name(one.id) == named), None)
        if found is None:
            raise NotThere("trusted browser", named)
        return found

    def _name(self, row_id: int) -> str:
        """Return what names a trusted browser in a form: no row id, which would tell how many there are."""
        return self._on.mint.digest("trusted browser row", row_id.to_bytes(8)).hex()[:16]

    async def _distrust(self, visit: AccountVisit, row_id: int | None) -> ActDone:
        await self._do(visit, lambda tx, who, on: factor_acts.distrust(tx, who, row_id, on))
        return ActDone("distrusted")

    async def _do(self, visit: AccountVisit, act: Act) -> None:
        there, who = self._on.db.at(place_of(visit.user.id)), visit.user.id
        occasion = Occasion(self._on.letters, visit.origin, self._on.clock.now(), visit.endings)
        try:
            events = await there.write(act, who, occasion)
        except factor_acts.FactorRefused:
            raise NotThere("second step", "") from None
        for event in events:
            emit(event, visit.origin)

    def _told(self, one: TrustedBrowser) -> Mapping[str, object]:
        device = {"system": one.system, "address": one.address}
        times = {"since": one.created_at, "until": one.expires_at}
        return {"id": self._name(one.id), "browser": one.browser, **device, **times}

    def _enrolment(self) -> Enrolment:
        if self._app is None:
            raise NotThere("authenticator app", "")
        return self._app


def _shown_more(person: SignedInPerson) -> bool:
    """Whether they signed in with more than a password: with a recovery code, or a passkey."""
    return not {TWO, PHR}.isdisjoint(levels_of(person.acr, person.amr.split()))


def _for_programs(offered: Mapping[str, object]) -> Mapping[str, object]:
    """Return what is offered without its picture: a program makes one of the address."""
    return {name: value for name, value in offered.items() if name != "picture"}


def _person(visit: AccountVisit) -> KnownPerson:
    return KnownPerson(visit.user.id, visit.user.sub)


def _enrolling(visit: AccountVisit) -> EnrolVisit:
    return EnrolVisit(visit.origin, visit.browser, _person(visit), visit.form, endings=visit.endings)
