"""Setting up an authenticator app: it is theirs after one right code, and recovery codes come with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import segno

from gatelodge.authn import factor_acts
from gatelodge.authn.enrolment import Enrolled, Enrolment, EnrolmentRefused, EnrolVisit, Holding
from gatelodge.authn.factor_acts import Occasion
from gatelodge.authn.totp_seeds import TotpSeeds
from gatelodge.authn.visit import TEMPLATES, KnownPerson
from gatelodge.clock import Entropy
from gatelodge.config.policies import LooksPolicy
from gatelodge.database.places import place_of
from gatelodge.foundation.contract import Foundation
from gatelodge.protocol import recovery_code, totp
from gatelodge.protocol.proof import Proof
from gatelodge.stores import authenticators, recovery_codes, users
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Origin

CODE_BYTES = 15

Proves = Callable[[KnownPerson, int], Proof]


class TotpEnrolment(Enrolment):
    """Shows a seed as a picture and as text, and takes the first code, which `proves` who it is."""

    title = "Set up an authenticator app"
    words = "Set up an authenticator app"
    template = "totp_setup"
    templates = TEMPLATES

    def __init__(self, on: Foundation, seeds: TotpSeeds, proves: Proves) -> None:
        self._on = on
        self._seeds = seeds
        self._called = _called(on.config.looks.name, on.site.issuer)
        self._proves = proves

    async def offer(self, visit: EnrolVisit) -> Mapping[str, object]:
        """Return a new seed, or the one that the form carried, so that what was scanned stays good."""
        who, now = visit.person.user_id, self._on.clock.now()
        seed = self._seeds.carried(who, visit.form.get("seed") or "", now) or self._seeds.new()
        user = await self._on.db.read(users.find, who)
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
        who, now = visit.person, self._on.clock.now()
        seed = self._seeds.carried(who.user_id, visit.form.get("seed") or "", now)
        step = seed and totp.step_shown(seed, visit.form.get("code") or "", now)
        if not seed or not step:
            raise EnrolmentRefused("wrong" if seed else "late")
        there = self._on.db.at(place_of(who.user_id))
        left, _ = await there.read(recovery_codes.left, who.user_id)
        codes = () if left else new_codes(self._on.entropy)
        digests = [recovery_code.digest(who.user_id, code) for code in codes]
        sealed = self._seeds.seal(who.user_id, seed)
        on = replace(self._occasion(visit.origin), endings=visit.endings)
        try:
            events = await there.write(factor_acts.add_authenticator, who.user_id, sealed, step, digests, on)
        except factor_acts.FactorRefused:
            raise EnrolmentRefused("there") from None
        for event in events:
            emit(event, visit.origin)
        return Enrolled(self._proves(who, now), "recovery_codes_made" if codes else "", {"codes": codes})

    async def holdings(self, user_id: int) -> Sequence[Holding]:
        found = await self._on.db.read(authenticators.find, user_id)
        if found is None:
            return ()
        return (Holding("", "", found.created_at, found.used_at, ("closed",) if found.closed_at else ()),)

    async def remove(self, person: KnownPerson, holding: str, origin: Origin) -> None:
        del holding
        there = self._on.db.at(place_of(person.user_id))
        try:
            events = await there.write(factor_acts.remove_authenticator, person.user_id, self._occasion(origin))
        except factor_acts.FactorRefused:
            raise EnrolmentRefused from None
        for event in events:
            emit(event, origin)

    def _occasion(self, origin: Origin) -> Occasion:
        return Occasion(self._on.letters, origin, self._on.clock.now())


def new_codes(entropy: Entropy) -> tuple[str, ...]:
    """Return a new set of recovery codes, as a person keeps them."""
    return tuple(recovery_code.write(entropy.bytes(CODE_BYTES)) for _ in range(recovery_code.COUNT))


def _called(name: str, issuer: str) -> str:
    """Return what the app shows this server as."""
    return name if name != LooksPolicy().name else urlsplit(issuer).netloc
