"""The password: changed by whoever knows the one there is, or given by whoever has just proved who they are."""

from collections.abc import Mapping
from typing import ClassVar, Self

from gatelodge.account.contract import AccountAct, AccountEquipment, AccountPage, AccountVisit, ActDone, ActRefused
from gatelodge.authn.contract import SignInRefused, Throttled
from gatelodge.authn.password_judge import look_at, rules_of
from gatelodge.authn.room import Authn
from gatelodge.config.policies import SignInPolicy
from gatelodge.database.places import place_of
from gatelodge.foundation.contract import Foundation
from gatelodge.ops import passwords
from gatelodge.ops.refusals import OperationRefused
from gatelodge.protocol.password_rules import context_words
from gatelodge.stores import credentials
from gatelodge.telemetry.emit import emit


class PasswordPage(AccountPage):
    """Changes the password of a person; with it every other session of theirs ends."""

    name = "password"
    title = "Password"
    icon = "key"
    template = "account/password"
    tile = "account/password_tile"
    in_api = True
    acts: ClassVar[Mapping[str, AccountAct]] = {"change": AccountAct()}

    def __init__(self, on: Foundation, authn: Authn) -> None:
        self._on = on
        self._authn = authn
        self._policy: SignInPolicy = on.config.sign_in

    @classmethod
    def open(cls, equipment: AccountEquipment) -> Self:
        return cls(equipment.on, equipment.authn)

    async def is_guarded(self, visit: AccountVisit) -> bool:
        held = await self._authn.ways.held(visit.user.id)
        if any(factor.guards for factor in held):
            return True  # a password alone is not what they are asked for
        # The present one is a proof by itself. Who can prove nothing at all cannot be asked to.
        return bool(held) and await self._hash(visit) is None

    async def show(self, visit: AccountVisit) -> Mapping[str, object]:
        return {"has_one": await self._hash(visit) is not None, "least": rules_of(self._policy).least}

    async def glance(self, visit: AccountVisit) -> Mapping[str, object]:
        return {"has_one": await self._hash(visit) is not None}

    async def told(self, visit: AccountVisit) -> Mapping[str, object]:
        return {"has_one": await self._hash(visit) is not None}

    async def act(self, visit: AccountVisit, name: str) -> ActDone:
        new = visit.form.get("new_password") or ""
        if new != (visit.form.get("again") or ""):
            raise ActRefused("differs")
        known = context_words(visit.user.username, visit.user.email, visit.user.name, self._on.site.issuer)
        problem = await look_at(new, self._policy, known)
        if problem is not None:
            raise ActRefused(problem)
        before = await self._proved(visit)
        try:
            after = await self._authn.passwords.hash(new)
        except ValueError:
            raise ActRefused("long") from None
        who, here, now = visit.user.id, visit.signed_in.sid, self._on.clock.now()
        there = self._on.db.at(place_of(who))
        try:
            whole = (who, before, after, here, self._on.letters, visit.origin, now)
            event = await there.write(passwords.change, *whole, endings=visit.endings)
        except OperationRefused:
            raise ActRefused("wrong") from None
        emit(event, visit.origin)
        return ActDone("changed")

    async def _proved(self, visit: AccountVisit) -> str | None:
        """Return the hash of the password that was proved. It is counted as every guess is: a session may be stolen."""
        if await self._hash(visit) is None:
            return None
        current = visit.form.get("password") or ""
        try:
            proof = await self._authn.password.authenticate(visit.user.username, current, visit.origin, visit.known)
        except Throttled:
            raise ActRefused("throttled") from None
        except SignInRefused:
            raise ActRefused("wrong") from None
        return proof.password_hash

    async def _hash(self, visit: AccountVisit) -> str | None:
        return await self._on.db.at(place_of(visit.user.id)).read(credentials.password, visit.user.id)
