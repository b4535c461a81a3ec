"""Setting up an authenticator app: it is theirs after one right code, and recovery codes come with it."""

from collections.abc import Callable, Mapping, Sequence

import segno

from gatelodge.authn import factor_acts
from gatelodge.authn.enrolment import Enrolled, Enrolment, EnrolmentRefused, EnrolVisit, Holding
from gatelodge.authn.totp_seeds import TotpSeeds
from gatelodge.authn.visit import TEMPLATES, KnownPerson
from gatelodge.clock import Clock, Entropy
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.protocol import recovery_code, totp
from gatelodge.protocol.proof import Proof
from gatelodge.stores import authenticators, recovery_codes, users
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Origin

CODE_BYTES = 15

Proves = Callable[[KnownPerson, int], Proof]


class TotpEnrolment(Enrolment):
    """Shows a seed as a picture and as text, and takes the first code, which `proves` who it is.

    `called` is what the app shows this server as.
    """

    title = "Set up an authenticator app"
    words = "Set up an authenticator app"
    template = "totp_setup"
    templates = TEMPLATES

    def __init__(
        self, db: Database, clock: Clock, entropy: Entropy, seeds: TotpSeeds, called: str, proves: Proves
    ) -> None:
        self._db = db
        self._clock = clock
        self._entropy = entropy
        self._seeds = seeds
        self._called = called
        self._proves = proves

    async def offer(self, visit: EnrolVisit) -> Mapping[str, object]:
        """Return a new seed, or the one that the form carried, so that what was scanned stays good."""
        who, now = visit.person.user_id, self._clock.now()
        seed = self._seeds.carried(who, visit.form.get("seed") or "", now) or self._seeds.new()
        user = await self._db.read(users.find, who)
        address = totp.address(seed, self._called, user.email or user.username if user else "")
        picture = segno.make(address, micro=False, error="m").svg_inline(
            border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
        )
        return {
            "seed": self._seeds.carry(who, seed, now),
            "picture": picture,
            "address": address,
            "text": totp.shown_seed(seed),
        }

    async def enrol(self, visit: EnrolVisit) -> Enrolled:
        who, now = visit.person, self._clock.now()
        seed = self._seeds.carried(who.user_id, visit.form.get("seed") or "", now)
        step = seed and totp.step_shown(seed, visit.form.get("code") or "", now)
        if not seed or not step:
            raise EnrolmentRefused("wrong" if seed else "late")
        there = self._db.at(place_of(who.user_id))
        left, _ = await there.read(recovery_codes.left, who.user_id)
        codes = () if left else new_codes(self._entropy)
        digests = [recovery_code.digest(who.user_id, code) for code in codes]
        sealed = self._seeds.seal(who.user_id, seed)
        try:
            events = await there.write(
                factor_acts.add_authenticator, who.user_id, sealed, step, digests, visit.origin, now
            )
        except factor_acts.FactorRefused:
            raise EnrolmentRefused("there") from None
        for event in events:
            emit(event, visit.origin)
        return Enrolled(self._proves(who, now), "recovery_codes_made" if codes else "", {"codes": codes})

    async def holdings(self, user_id: int) -> Sequence[Holding]:
        found = await self._db.read(authenticators.find, user_id)
        if found is None:
            return ()
        return (Holding("", "", found.created_at, found.used_at, ("closed",) if found.closed_at else ()),)

    async def remove(self, person: KnownPerson, holding: str, origin: Origin) -> None:
        del holding
        there, now = self._db.at(place_of(person.user_id)), self._clock.now()
        try:
            events = await there.write(factor_acts.remove_authenticator, person.user_id, origin, now)
        except factor_acts.FactorRefused:
            raise EnrolmentRefused from None
        for event in events:
            emit(event, origin)


def new_codes(entropy: Entropy) -> tuple[str, ...]:
    """Return a new set of recovery codes, as a person keeps them."""
    return tuple(recovery_code.write(entropy.bytes(CODE_BYTES)) for _ in range(recovery_code.COUNT))
