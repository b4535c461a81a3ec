"""Several accounts in one browser: one is signed in, and up to five others wait beside it to be chosen again.

Each that waits is a session of its own, named by a value in one cookie. That value signs nobody in: it proves another
kind of digest, and the session gets a new secret whenever it changes places, so no old cookie is worth anything
(ASVS 7.2.4). A session that waits is not in use, so it ends by itself as soon as any other that nobody uses.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gatelodge.clock import Clock, Entropy
from gatelodge.config.policies import SessionPolicy
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database, Tx
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES
from gatelodge.protocol.reply import Cookie
from gatelodge.sessions import cookies
from gatelodge.sessions.cookies import Incoming
from gatelodge.stores import audit, endings, sessions
from gatelodge.stores.sessions import SessionRow
from gatelodge.stores.visits import SessionVisit
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Origin, SignedOut

MOST = 5  # accounts that wait beside the one that is signed in


class NamedSession(NamedTuple):
    """What a value of a cookie names: a row, and the digest that row must have."""

    row_id: int
    digest: bytes


class Reminted(NamedTuple):
    """A session's new value for a cookie, and the digest of it that is kept."""

    value: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class WaitingAccount:
    """An account that waits in this browser: its session, and the `value` its cookie names it by."""

    session: SessionRow
    value: str


class Several:
    """Looks after the accounts that wait. `mint` is the instance's."""

    def __init__(self, db: Database, mint: Mint, clock: Clock, entropy: Entropy, policy: SessionPolicy) -> None:
        self._db = db
        self._mint = mint
        self._clock = clock
        self._entropy = entropy
        self._policy = policy

    def values(self, request: Incoming) -> tuple[str, ...]:
        """Return what the cookie names, the one that waits the shortest first; most browsers have none."""
        return tuple(dict.fromkeys(request.cookies.get(cookies.OTHERS, "").split(".")))[:MOST]

    def presented(self, kind: str, value: str) -> NamedSession | None:
        """Return what a value of this kind of cookie names, `None` if it was never one of ours."""
        found = self._mint.take_apart(value)
        return found and NamedSession(found.row_id, self._mint.digest(kind, found.secret))

    def remint(self, kind: str, row_id: int) -> Reminted:
        """Return a new value for a session, good in this kind of cookie."""
        secret = self._entropy.bytes(SECRET_BYTES)
        return Reminted(self._mint.compose(row_id, secret), self._mint.digest(kind, secret))

    async def waiting(self, request: Incoming) -> tuple[WaitingAccount, ...]:
        """Return the accounts that wait in this browser and whose sessions have not ended."""
        found = [await self._find(value) for value in self.values(request)]
        return tuple(one for one in found if one is not None)

    async def switch(self, request: Incoming, sid: str) -> tuple[Cookie, ...]:
        """Sign in the account that waits with this session, and have the one that is signed in wait.

        Returns the cookies to set: none if there is no such account, and then nothing changed.
        """
        chosen = next((one for one in await self.waiting(request) if one.session.sid == sid), None)
        named = self.presented(cookies.OTHERS, chosen.value) if chosen else None
        if chosen is None or named is None:
            return ()
        comes = self.remint(cookies.SESSION, named.row_id)
        current = self.presented(cookies.SESSION, request.cookies.get(cookies.SESSION, ""))
        goes = self.remint(cookies.OTHERS, current.row_id) if current else None
        waits = await self._db.write(_swap, named, comes, current, goes, self._clock.now())
        if waits is None:
            return ()
        left = [value for value in self.values(request) if value != chosen.value]
        return (
            cookies.session(comes.value, self._policy.lifetime),
            self.cookie([goes.value, *left] if waits and goes else left),
        )

    async def end(self, request: Incoming, sids: Sequence[str]) -> tuple[Cookie, tuple[SessionVisit, ...]]:
        """End the sessions of these accounts that wait; return the cookie to set and who had been told of them."""
        ending = [one for one in await self.waiting(request) if one.session.sid in sids]
        visits: list[SessionVisit] = []
        for one in ending:
            visits += await self._end(one, request)
        gone = {one.value for one in ending}
        return self.cookie([value for value in self.values(request) if value not in gone]), tuple(visits)

    async def keep(self, request: Incoming, values: Sequence[str]) -> Cookie:
        """Return the cookie that names these, and end the sessions of those that are too many."""
        for value in values[MOST:]:
            if (one := await self._find(value)) is not None:
                await self._end(one, request)
        return self.cookie(values)

    async def switch_to(self, request: Incoming, is_meant: Callable[[str], bool]) -> tuple[Cookie, ...]:
        """Do the same as `switch` for whoever is meant by their `sub`, if they wait here."""
        meant = next((one for one in await self.waiting(request) if is_meant(one.session.sub)), None)
        return () if meant is None else await self.switch(request, meant.session.sid)

    def cookie(self, values: Sequence[str]) -> Cookie:
        """Return the cookie that names these, and no more than there may be."""
        kept = [value for value in values if value][:MOST]
        return cookies.others(".".join(kept), self._policy.lifetime if kept else 0)

    async def _end(self, one: WaitingAccount, request: Incoming) -> Sequence[SessionVisit]:
        there = self._db.at(place_of(one.session.id))
        visits = await there.write(_end, one.session, request.origin, self._clock.now())
        emit(SignedOut(user_id=one.session.user_id), request.origin)
        return visits

    async def _find(self, value: str) -> WaitingAccount | None:
        named = self.presented(cookies.OTHERS, value)
        if named is None:
            return None
        there = self._db.at(place_of(named.row_id))
        row = await there.read(sessions.find, named.row_id, named.digest, self._clock.now())
        return None if row is None else WaitingAccount(row, value)


async def _swap(
    tx: Tx, chosen: NamedSession, comes: Reminted, current: NamedSession | None, goes: Reminted | None, now: int
) -> bool | None:
    """Let one session be signed in and another one wait; return whether it does, `None` if the first has ended."""
    if not await sessions.rename(tx, chosen.row_id, chosen.digest, comes.digest, now):
        return None
    if current is None or goes is None:
        return False
    return await sessions.rename(tx, current.row_id, current.digest, goes.digest, now)


async def _end(tx: Tx, row: SessionRow, origin: Origin, now: int) -> Sequence[SessionVisit]:
    ended = await endings.end_sessions(tx, row.user_id, lambda sid: sid == row.sid, now)
    if ended.sids:
        await audit.record(tx, SignedOut(user_id=row.user_id), origin, now)
    return ended.visits
