"""Making a passkey where one is demanded: within the sign-in that demands it, in a dialogue of the person's own.

What was proven before in the sign-in vouches for whose it is. That it verified its person proves nothing yet, so it
counts as something they hold (WebAuthn L3 6.3.4, `uvInitialized`).
"""

from collections.abc import Callable, Mapping, Sequence

from gatelodge.authn.challenges import PATH
from gatelodge.authn.enrolment import Enrolled, Enrolment, EnrolmentRefused, EnrolVisit, Holding
from gatelodge.authn.passkey_acts import LastWay, NoSuchPasskey
from gatelodge.authn.passkey_ceremonies import PasskeyCeremonies
from gatelodge.authn.visit import TEMPLATES, KnownPerson
from gatelodge.protocol.passkey import MOST, NewPasskey, PasskeyRefused, problem_of
from gatelodge.protocol.proof import Proof
from gatelodge.telemetry.events import Origin

Proves = Callable[[KnownPerson, NewPasskey], Proof]


class PasskeyEnrolment(Enrolment):
    """Has somebody make a passkey, which `proves` who they are."""

    title = "Add a passkey"
    words = "Add a passkey"
    template = "passkey_setup"
    templates = TEMPLATES
    most = MOST
    scripts = True

    def __init__(self, ceremonies: PasskeyCeremonies, proves: Proves) -> None:
        self._ceremonies = ceremonies
        self._proves = proves

    async def offer(self, visit: EnrolVisit) -> Mapping[str, object]:
        return {"options": await self._ceremonies.creation(visit.person.user_id), "challenge": PATH}

    async def enrol(self, visit: EnrolVisit) -> Enrolled:
        said, who = visit.form.get("passkey") or "", visit.person
        try:
            made = await self._ceremonies.add(said, visit.browser, who.user_id, visit.origin, endings=visit.endings)
        except PasskeyRefused as refused:
            raise EnrolmentRefused(problem_of(refused.rule)) from None
        return Enrolled(self._proves(who, made))

    async def holdings(self, user_id: int) -> Sequence[Holding]:
        theirs = (await self._ceremonies.known(user_id)).passkeys
        return [
            Holding(str(one.id), one.name, one.created_at, one.used_at, ("synced",) if one.backup_eligible else ())
            for one in theirs
        ]

    async def remove(self, person: KnownPerson, holding: str, origin: Origin) -> None:
        number = int(holding) if holding.isascii() and holding.isdecimal() and len(holding) < 19 else 0
        try:
            await self._ceremonies.remove(person.user_id, number, origin)
        except (NoSuchPasskey, LastWay):
            raise EnrolmentRefused from None
