"""The ways to sign in of one server together: what each person can prove with them, and what is next in a sign-in."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from gatelodge.authn.contract import Way
from gatelodge.clock import Clock
from gatelodge.database.tx import Database, Tx
from gatelodge.protocol import assurance
from gatelodge.protocol.assurance import Abilities, Ask, Done, Factor, FactorPolicy, Levels, NextProof
from gatelodge.protocol.proof import LEVELS, AuthnEvent, Proof, conclude
from gatelodge.stores import factor_dues, users

ALONE = Levels()


def _needs_scripts(way: Way) -> bool:
    """Whether a browser may be unable to set this way up: what any can do comes first."""
    return way.enrolment is not None and way.enrolment.scripts


def _is_better(best: Factor, has: Factor | None) -> bool:
    """Whether somebody who `has` this of a way gains something by setting it up."""
    return has is None or LEVELS.index(has.level) < LEVELS.index(best.level)


class Ways:
    """Asks the policy of `protocol/assurance.py`, with what it must know of a person: often nothing.

    Raises `ValueError` if two ways have one name or one page.
    """

    def __init__(self, ways: Sequence[Way], db: Database, clock: Clock, policy: FactorPolicy) -> None:
        served = [way for way in ways if way.begins or policy.second_factor != "off"]
        if len({way.name for way in served}) < len(served) or len({way.path for way in served}) < len(served):
            raise ValueError("two ways to sign in have one name or one page")
        self.listed = tuple(served)
        self._factors = tuple(way.factor for way in served)
        enrols = [way for way in served if way.factor.enrols]
        self._enrolling = tuple(way.factor for way in sorted(enrols, key=_needs_scripts))
        self.acrs = assurance.reachable(Abilities(self._factors))
        self._db = db
        self._clock = clock
        self._policy = policy

    def named(self, kind: str) -> Way:
        """Return one way."""
        return next(way for way in self.listed if way.name == kind)

    async def reachable(self, wanted: Levels, user_id: int | None) -> frozenset[str]:
        """Return the levels this person can reach: with what they may set up only where one is demanded.

        Nobody is made to set anything up for a wish. Where no level is wanted nobody asks, and it costs no statement.
        """
        if user_id is None or not (wanted.are_demanded or wanted.wished):
            return self.acrs
        abilities = await self._abilities(user_id)
        return assurance.reachable(abilities if wanted.are_demanded else replace(abilities, enrol=()))

    async def first(self, wanted: Levels, user_id: int | None) -> Ask:
        """Return how a sign-in begins; `user_id` is who is signed in here before it, `None` if nobody is."""
        if user_id is None or not (wanted.are_demanded or wanted.wished or wanted.of_owner):
            return assurance.first_proof(wanted, self._factors, None)
        return assurance.first_proof(wanted, self._factors, (await self._abilities(user_id)).enrolled)

    async def entrance(self, wanted: Levels, user_id: int | None) -> str:
        """Return the path of the page that a sign-in begins at."""
        return self.named((await self.first(wanted, user_id)).kinds[0]).path

    async def after(self, proofs: Sequence[Proof], wanted: Levels, *, trusted: bool = False) -> NextProof:
        """Return what is next in a sign-in after these proofs of one person, in a browser that may be `trusted`."""
        abilities = replace(await self._abilities(proofs[-1].user_id), trusted=trusted)
        return assurance.next_proof(wanted, self._policy, abilities, proofs, self._clock.now())

    async def are_of_owner(self, user_id: int, amr: Collection[str]) -> bool:
        """Whether a sign-in by these methods was as strong as this person has it, so they may change their account."""
        return assurance.is_of_owner(self._policy, await self._abilities(user_id), amr)

    async def held(self, user_id: int) -> tuple[Factor, ...]:
        """Return what this person can prove here."""
        return tuple((await self._abilities(user_id)).enrolled)

    async def alone(self, proof: Proof) -> AuthnEvent | None:
        """Return what one proof comes to where there is no page for another; `None` if another is needed."""
        return conclude((proof,)) if isinstance(await self.after((proof,), ALONE), Done) else None

    async def _abilities(self, user_id: int) -> Abilities:
        return await self._db.read(self._find_abilities, user_id)

    async def _find_abilities(self, tx: Tx, user_id: int) -> Abilities:
        user, due = await users.find(tx, user_id), await factor_dues.find(tx, user_id)
        has = {way.name: await way.enrolled(tx, user_id) for way in self.listed}
        may = tuple(factor for factor in self._enrolling if _is_better(factor, has[factor.kind]))
        return Abilities(
            tuple(factor for factor in has.values() if factor), may, admin=user is not None and user.admin, due=due
        )

    async def put_off(self, user_id: int, due: int) -> None:
        """Keep until when this person may put off a second factor, since they are told now."""
        await self._db.write(factor_dues.say, user_id, due)
