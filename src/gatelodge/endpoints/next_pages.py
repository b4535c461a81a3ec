"""The page that a step of an authorization request is taken on, and what its address says besides the request."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gatelodge.authn.enrolment import PATH
from gatelodge.authn.ways import Ways
from gatelodge.protocol.assurance import Ask, Enrol, Levels
from gatelodge.protocol.decide import AskConsent, SelectAccount, Step, StepUp
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.protocol.proof import of_session
from gatelodge.sessions.interactions import Interaction
from gatelodge.sessions.sign_ins import PARAMETER, SignIns, purpose_of


@dataclass(frozen=True, slots=True)
class NextPage:
    """One page: `path` is below the issuer's path."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class NextPages:
    """Finds the page of a step."""

    ways: Ways
    sign_ins: SignIns

    async def of(
        self,
        step: Step,
        wanted: Levels,
        waiting: Interaction,
        person: SignedInPerson | None,
    ) -> NextPage:
        """Return where the `waiting` request goes on; `person` is who is signed in."""
        match step:
            case AskConsent():
                return NextPage("/consent")
            case SelectAccount():
                return NextPage("/select-account")
            case StepUp(acr) if person is not None:
                more = Levels(acr, (), wanted.minimum)
                return await self._step_up(more, waiting, person) or await self._entrance(more, person)
            case _:
                return await self._entrance(wanted, person)

    async def _entrance(self, wanted: Levels, person: SignedInPerson | None) -> NextPage:
        return NextPage(await self.ways.entrance(wanted, None if person is None else person.user_id))

    async def _step_up(self, wanted: Levels, waiting: Interaction, person: SignedInPerson) -> NextPage | None:
        """Begin a sign-in that adds to what was proven when the session began; `None` if nothing can be added."""
        amr = tuple(person.amr.split())
        proof = of_session(person.user_id, person.sub, person.session_id, person.auth_time, amr, person.acr)
        match await self.ways.after((proof,), wanted):
            case Ask(kinds):
                path = self.ways.named(kinds[0]).path
            case Enrol(kinds):
                path = f"{PATH}/{kinds[0]}"
            case _:
                return None
        half = await self.sign_ins.begin(waiting.browser, purpose_of(waiting.handle), wanted, proof)
        return half and NextPage(path, {PARAMETER: half.handle})
