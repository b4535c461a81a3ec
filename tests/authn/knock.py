"""A second factor as somebody might add one: no sign-in begins with it, and whoever has it is asked for it."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

from gatelodge.authn.contract import Equipment, SignInRefused, SignInVisit, Way
from gatelodge.clock import Clock
from gatelodge.database.tx import Tx
from gatelodge.protocol.assurance import Factor
from gatelodge.protocol.proof import HELD, Proof
from gatelodge.stores import users


class Knock(Way):
    """Waits for the secret knock."""

    name = "knock"
    shows = HELD
    begins = False
    guards = True
    path = "/login/knock"
    entry = "Knock"
    template = "knock"
    templates = Path(__file__).parent

    known_to: ClassVar[set[str]] = {"alice"}

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @classmethod
    def open(cls, equipment: Equipment) -> tuple[Self]:
        return (cls(equipment.on.clock),)

    async def show(self, visit: SignInVisit) -> Mapping[str, object]:
        return {}

    async def prove(self, visit: SignInVisit) -> Proof:
        if visit.person is None or visit.form.get("knock") != "tap tap":
            raise SignInRefused
        return Proof(visit.person.user_id, visit.person.sub, self.name, self._clock.now(), ("hwk",), HELD)

    async def enrolled(self, tx: Tx, user_id: int) -> Factor | None:
        user = await users.find(tx, user_id)
        return self.factor if user is not None and user.username in self.known_to else None
