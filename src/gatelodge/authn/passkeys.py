"""Signing in with a passkey: without a name, from the suggestions of the username field or by a button.

Whose it is, is in the answer alone; before it the server tells nothing of anybody. There is nothing to guess, so
nothing is counted: strangers cannot keep the owner of a passkey out (ASVS 6.1.1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Self

from gatelodge.authn.assertions import UsedPasskey
from gatelodge.authn.challenges import PATH, PURPOSES, SIGN_IN
from gatelodge.authn.contract import Equipment, SignInRefused, SignInVisit, Way
from gatelodge.authn.enrolment import Enrolment
from gatelodge.authn.own_routes import OwnRoute, WayRequest
from gatelodge.authn.passkey_ceremonies import PasskeyCeremonies, ceremonies_of
from gatelodge.authn.passkey_enrolment import PasskeyEnrolment
from gatelodge.authn.visit import KnownPerson
from gatelodge.clock import Clock
from gatelodge.database.tx import Tx
from gatelodge.keys.secrets import b64
from gatelodge.protocol.assurance import Factor
from gatelodge.protocol.passkey import NewPasskey, PasskeyRefused, methods
from gatelodge.protocol.proof import BOTH, HELD, PHR, PHRH, Proof
from gatelodge.protocol.reply import Cookie, Reply, json_reply
from gatelodge.stores import passkeys

AFTER = "/login/passkey/after"  # the page `web/passkey_after.py`
ABILITIES = "gatelodge-passkeys"  # a cookie: what this browser can do with passkeys, so that nothing else is offered
LATER = "gatelodge-no-passkey"  # a cookie: whoever is here wanted none for now


class PasskeySignIn(Way):
    """Signs people in with passkeys, which `ceremonies` makes and judges."""

    name = "passkey"
    shows = BOTH
    level = PHR
    path = "/login/passkey"
    entry = "Use a passkey"
    template = "passkey"
    beside = "passkey_form"
    scripts = True

    def __init__(self, ceremonies: PasskeyCeremonies, clock: Clock) -> None:
        self.ceremonies = ceremonies
        self.level = PHRH if ceremonies.demands.device_bound else PHR
        self._clock = clock
        self._enrolment = PasskeyEnrolment(ceremonies, self._made)

    @classmethod
    def open(cls, equipment: Equipment) -> Sequence[Self]:
        ceremonies = ceremonies_of(equipment.on)
        return () if ceremonies is None else (cls(ceremonies, equipment.on.clock),)

    @property
    def enrolment(self) -> Enrolment:
        return self._enrolment

    @property
    def routes(self) -> Sequence[OwnRoute]:
        return (OwnRoute("passkey_challenge", PATH, {"POST": self._challenge}),)

    async def show(self, visit: SignInVisit) -> Mapping[str, object]:
        existing = () if visit.person is None else (await self.ceremonies.known(visit.person.user_id)).passkeys
        sent = visit.form.get("passkey") or ""
        wrong, unknown = await self.ceremonies.why_not(sent) if sent else ("", None)
        told = {"rpId": self.ceremonies.party.rp_id, "unknown": b64(unknown)} if unknown else None
        return {"options": self.ceremonies.request(existing), "challenge": PATH, "wrong": wrong, "signal": told}

    async def prove(self, visit: SignInVisit) -> Proof:
        person = None if visit.person is None else visit.person.user_id
        try:
            used = await self.ceremonies.use(visit.form.get("passkey") or "", visit.browser, visit.origin, person)
        except PasskeyRefused:
            raise SignInRefused from None
        return self._proof(used)

    async def enrolled(self, tx: Tx, user_id: int) -> Factor | None:
        theirs, demands = await passkeys.list_of_user(tx, user_id), self.ceremonies.demands
        if not theirs:
            return None
        shows = BOTH if demands.uv_is_a_factor and any(one.uv_seen for one in theirs) else HELD
        bound = demands.device_bound and not all(one.backup_eligible for one in theirs)
        return Factor(self.name, self.begins, shows, PHRH if bound else PHR, self.guards)

    async def afterwards(self, user_id: int, cookies: Mapping[str, str]) -> str:
        able = cookies.get(ABILITIES, "").split(".")
        if able == [""]:
            return ""
        if (await self.ceremonies.known(user_id)).passkeys:
            return AFTER if "signal" in able else ""
        return AFTER if "offer" in able and LATER not in cookies else ""

    def _proof(self, used: UsedPasskey) -> Proof:
        who = KnownPerson(used.holder.user_id, used.holder.sub)
        return replace(self._made(who, used.passkey), shows=BOTH if used.two_factors else HELD)

    def _made(self, who: KnownPerson, passkey: NewPasskey) -> Proof:
        """Return what a passkey proves that its person has just made: they hold it."""
        bound = self.ceremonies.demands.device_bound and not passkey.backup_eligible
        return Proof(
            user_id=who.user_id,
            sub=who.sub,
            kind=self.name,
            at=self._clock.now(),
            amr=methods(passkey),
            shows=HELD,
            level=PHRH if bound else PHR,
        )

    async def _challenge(self, call: WayRequest) -> Reply:
        """Gives a page of ours what its passkey must sign, good for ten minutes; a page that stays open asks again."""
        purpose = call.form.get("purpose") or SIGN_IN
        if not call.is_ours or purpose not in PURPOSES:
            return json_reply({"error": "invalid_request"}, 400)
        challenge = await self.ceremonies.challenge(purpose, call.browser)
        able = set((call.form.get("able") or "").split()) & {"offer", "signal"}
        reply = json_reply({"challenge": challenge})
        return reply.with_cookies(Cookie(ABILITIES, ".".join(sorted(able)), None)) if able else reply
