"""A way to sign in as somebody might add one: whoever knows the answer is the person they say they are."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

from gatelodge.authn.contract import Equipment, SignInRefused, SignInVisit, Way
from gatelodge.clock import Clock
from gatelodge.database.tx import Database, Tx
from gatelodge.protocol.assurance import Factor
from gatelodge.protocol.proof import HELD, PHR, Proof
from gatelodge.stores import users

ANSWER = "because there is a b in both"


class Riddle(Way):
    """Asks why a raven is like a writing context; `known_to` are the people who were told."""

    name = "riddle"
    level = PHR
    shows = HELD
    path = "/login/riddle"
    entry = "Sign in with a riddle"
    template = "riddle"
    templates = Path(__file__).parent

    known_to: ClassVar[set[str]] = {"alice"}

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    @classmethod
    def open(cls, equipment: Equipment) -> tuple[Self]:
        return (cls(equipment.on.db, equipment.on.clock),)

    async def show(self, visit: SignInVisit) -> Mapping[str, object]:
        return {"username": visit.form.get("username") or visit.hint}

    async def prove(self, visit: SignInVisit) -> Proof:
        username = visit.form.get("username") or ""
        user = await self._db.read(users.find_by_login, username)
        if user is None or username not in self.known_to or visit.form.get("answer") != ANSWER:
            raise SignInRefused
        return Proof(user.id, user.sub, self.name, self._clock.now(), ("kba",), HELD, PHR)

    async def enrolled(self, tx: Tx, user_id: int) -> Factor | None:
        user = await users.find(tx, user_id)
        return self.factor if user is not None and user.username in self.known_to else None
