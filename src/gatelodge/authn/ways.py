"""The ways to sign in of one server together: what each person can prove with them, and what is next in a sign-in."""

from collections.abc import Sequence

from gatelodge.authn.contract import Way
from gatelodge.database.tx import Database, Tx
from gatelodge.protocol import assurance
from gatelodge.protocol.assurance import Ask, AuthnEvent, Done, Levels, Proof


class Ways:
    """Asks the policy of `protocol/assurance.py`, with what it must know of a person: often nothing."""

    def __init__(self, ways: Sequence[Way], db: Database) -> None:
        self.listed = tuple(ways)
        self.acrs = frozenset(way.acr for way in ways)
        self._factors = tuple(way.factor() for way in ways)
        self._db = db

    async def reachable(self, essential: Sequence[str], user_id: int | None) -> frozenset[str]:
        """Return the levels this person can reach. Where none is essential nobody asks, and it costs no statement."""
        if not essential or user_id is None:
            return self.acrs
        return assurance.reachable(self._factors, await self._enrolled(user_id))

    async def first(self, wanted: Levels, user_id: int | None) -> Ask:
        """Return how a sign-in begins; `user_id` is who is signed in here before it, `None` if nobody is."""
        enrolled = None if user_id is None or not wanted.essential else await self._enrolled(user_id)
        return assurance.first_proof(wanted, self._factors, enrolled)

    async def entrance(self, wanted: Levels, user_id: int | None) -> str:
        """Return the path of the page that a sign-in begins at."""
        return self.path_of((await self.first(wanted, user_id)).kinds[0])

    def path_of(self, kind: str) -> str:
        """Return the path of the page of one way."""
        return next(way.path for way in self.listed if way.name == kind)

    async def after(self, proof: Proof, wanted: Levels) -> Done | Ask:
        """Return what is next in a sign-in after its first proof."""
        enrolled = await self._enrolled(proof.user_id) if wanted.essential else None
        return assurance.next_proof(wanted, self._factors, enrolled, (proof,))

    def conclude(self, proof: Proof) -> AuthnEvent:
        """Return what one proof comes to where no level is wanted."""
        return assurance.conclude((proof,), self._factors)

    async def _enrolled(self, user_id: int) -> frozenset[str]:
        return await self._db.read(self._find_enrolled, user_id)

    async def _find_enrolled(self, tx: Tx, user_id: int) -> frozenset[str]:
        return frozenset([way.name for way in self.listed if await way.has_enrolled(tx, user_id)])
