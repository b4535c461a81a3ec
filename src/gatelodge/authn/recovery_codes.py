"""Signing in with a recovery code in place of a second factor: ten of them, each good once."""

from collections.abc import Mapping
from typing import NamedTuple, Self

from gatelodge.authn.contract import Equipment, SignInRefused, SignInVisit, Throttled, Way
from gatelodge.authn.factor_acts import Occasion, use_code
from gatelodge.authn.factor_guesses import FactorGuesses
from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.foundation.contract import Foundation
from gatelodge.protocol import recovery_code
from gatelodge.protocol.assurance import Factor
from gatelodge.protocol.proof import HELD, Proof
from gatelodge.stores import audit, recovery_codes
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Event, Origin, SignInFailed

AMR = ("otp",)  # RFC 8176


class Spent(NamedTuple):
    """What became of a code: whether it was one, how long to wait if it was not looked at, what to tell."""

    right: bool
    wait: int = 0
    events: tuple[Event, ...] = ()


class RecoveryCodes(Way):
    """Checks recovery codes. Who has them is not asked for more because of it: they stand for another factor."""

    name = "recovery_codes"
    shows = HELD
    begins = False
    path = "/login/recovery"
    entry = "Use a recovery code"
    template = "recovery"

    def __init__(self, on: Foundation, guesses: FactorGuesses) -> None:
        self._db = on.db
        self._clock = on.clock
        self._letters = on.letters
        self._guesses = guesses

    @classmethod
    def open(cls, equipment: Equipment) -> tuple[Self]:
        on = equipment.on
        return (cls(on, FactorGuesses(on.vault.derive("factor guesses"), on.config.sign_in)),)

    async def show(self, visit: SignInVisit) -> Mapping[str, object]:
        del visit
        return {}

    async def prove(self, visit: SignInVisit) -> Proof:
        if visit.person is None:
            raise SignInRefused
        who, code = visit.person, visit.form.get("code") or ""
        spent = await self._db.at(place_of(who.user_id)).write(self._spend, who.user_id, code, visit.origin)
        for event in spent.events:
            emit(event, visit.origin)
        if spent.wait:
            raise Throttled(spent.wait)
        if not spent.right:
            raise SignInRefused
        return Proof(who.user_id, who.sub, self.name, self._clock.now(), AMR, HELD)

    async def enrolled(self, tx: Tx, user_id: int) -> Factor | None:
        left, _ = await recovery_codes.left(tx, user_id)
        return self.factor if left else None

    async def _spend(self, tx: Tx, user_id: int, code: str, origin: Origin) -> Spent:
        now = self._clock.now()
        full = await self._guesses.admit(tx, self.name, user_id, now)
        if full is not None:
            return Spent(right=False, wait=full.retry_after)
        occasion = Occasion(self._letters, origin, now)
        events = await use_code(tx, user_id, recovery_code.digest(user_id, code), occasion)
        if not events:
            event = SignInFailed(user_id=user_id, reason="wrong code")
            await audit.record(tx, event, origin, now)
            return Spent(right=False, events=(event,))
        await self._guesses.forgive(tx, self.name, user_id)
        return Spent(right=True, events=events)
