"""Signing in with a code of an authenticator app (RFC 6238): a second factor, good once, guessed at twenty times a day.

The code of this half minute and that of the one before are right, each once: one statement spends a step with all
before it. Whoever guesses too often in a day finds the app closed, until another factor opens it.
"""

from collections.abc import Mapping
from typing import NamedTuple, Self

from gatelodge.authn.contract import TEMPLATES, Equipment, SignInRefused, SignInVisit, Throttled, Way
from gatelodge.authn.factor_acts import TOTP, Occasion, close_authenticator
from gatelodge.authn.factor_guesses import FactorGuesses
from gatelodge.authn.totp_enrolment import TotpEnrolment
from gatelodge.authn.totp_seeds import TotpSeeds, seeds_of
from gatelodge.authn.visit import KnownPerson
from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.foundation.contract import Foundation
from gatelodge.protocol.assurance import Factor
from gatelodge.protocol.proof import HELD, Proof
from gatelodge.protocol.totp import step_shown
from gatelodge.stores import audit, authenticators
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Event, Origin, SignInFailed

AMR = ("otp",)  # RFC 8176


class Tried(NamedTuple):
    """What became of a code: whether it was `right`, how long to wait if it was not looked at, what to tell."""

    right: bool
    wait: int = 0
    events: tuple[Event, ...] = ()


class TotpSignIn(Way):
    """Checks codes of authenticator apps."""

    name = TOTP
    shows = HELD
    begins = False
    guards = True
    path = "/login/code"
    entry = "Use a code of your authenticator app"
    template = "totp"
    templates = TEMPLATES

    def __init__(self, on: Foundation, seeds: TotpSeeds, guesses: FactorGuesses, enrol: TotpEnrolment) -> None:
        self._db = on.db
        self._clock = on.clock
        self._letters = on.letters
        self._seeds = seeds
        self._guesses = guesses
        self._enrolment = enrol

    @classmethod
    def open(cls, equipment: Equipment) -> tuple[Self]:
        on = equipment.on
        seeds = seeds_of(on)
        guesses = FactorGuesses(on.vault.derive("factor guesses"), on.config.sign_in)
        return (cls(on, seeds, guesses, TotpEnrolment(on, seeds, _proof)),)

    @property
    def enrolment(self) -> TotpEnrolment:
        return self._enrolment

    async def show(self, visit: SignInVisit) -> Mapping[str, object]:
        found = visit.person and await self._db.read(authenticators.find, visit.person.user_id)
        return {"closed": found is not None and found.closed_at is not None, "sub": visit.person and visit.person.sub}

    async def prove(self, visit: SignInVisit) -> Proof:
        if visit.person is None:
            raise SignInRefused
        who, code = visit.person, visit.form.get("code") or ""
        tried = await self._db.at(place_of(who.user_id)).write(self._try, who.user_id, code, visit.origin)
        for event in tried.events:
            emit(event, visit.origin)
        if tried.wait:
            raise Throttled(tried.wait)
        if not tried.right:
            raise SignInRefused
        return _proof(who, self._clock.now())

    async def enrolled(self, tx: Tx, user_id: int) -> Factor | None:
        return None if await authenticators.find(tx, user_id) is None else self.factor

    async def _try(self, tx: Tx, user_id: int, code: str, origin: Origin) -> Tried:
        """Count the guess, then look at it. Of any number at once that bring the same code, one spends its step."""
        now, found = self._clock.now(), await authenticators.find(tx, user_id)
        if found is None or found.closed_at is not None:
            return Tried(right=False)
        full = await self._guesses.admit(tx, self.name, user_id, now)
        if full is not None and full.span == "day":
            return await self._close(tx, user_id, origin, now)
        if full is not None:
            return Tried(right=False, wait=full.retry_after)
        step = step_shown(self._seeds.unseal(user_id, found.sealed), code, now)
        if step is None or not await authenticators.spend(tx, user_id, found.sealed, step, now):
            event = SignInFailed(user_id=user_id, reason="wrong code")
            await audit.record(tx, event, origin, now)
            return Tried(right=False, events=(event,))
        await self._guesses.forgive(tx, self.name, user_id)
        return Tried(right=True)

    async def _close(self, tx: Tx, user_id: int, origin: Origin, now: int) -> Tried:
        await self._guesses.forget(tx, self.name, user_id)
        occasion = Occasion(self._letters, origin, now)
        return Tried(right=False, events=await close_authenticator(tx, user_id, occasion))


def _proof(who: KnownPerson, at: int) -> Proof:
    return Proof(who.user_id, who.sub, TOTP, at, AMR, HELD)
