"""Keeps the key ring of one process: opens it, notices changes, makes keys, and rotates them exactly once everywhere.

A change is planned from rows of one revision of the instance and kept only if that revision is still the latest. Of two
that plan at once one is kept; the other plans again and finds that nothing is left to do.
"""

import asyncio
from collections.abc import Sequence

import structlog

from gatelodge.clock import Clock
from gatelodge.database.tx import Database, RunAgain, Tx
from gatelodge.keys.keyring import KeyRing, NewKey, Opened, make_key, open_keys, state
from gatelodge.keys.schedule import (
    Change,
    Schedule,
    active,
    is_due,
    missing,
    plan_first,
    plan_retire,
    plan_rotation,
    plan_succession,
)
from gatelodge.keys.vault import Vault
from gatelodge.protocol.client import SigningAlg
from gatelodge.stores import audit, instance, signing_keys
from gatelodge.stores.signing_keys import SigningKey
from gatelodge.telemetry import metrics
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import FirstKeyMade, KeyRetired, KeyRotated, KeySucceeded, KeysUnreadable, Origin

_log = structlog.stdlib.get_logger()

POLL = 2.0  # seconds between looks at the rows: how long a retired key may go on signing in another process


BY_ITSELF = Origin("keys")


class SigningKeys:
    """The signing keys as this process has them. `start` first; `ring` is then always there."""

    def __init__(self, db: Database, vault: Vault, clock: Clock, schedule: Schedule) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._schedule = schedule
        self._rows: Sequence[SigningKey] = ()
        self._opened = Opened(KeyRing(()))

    @property
    def ring(self) -> KeyRing:
        """Every key that is not removed and can be read."""
        return self._opened.ring

    async def start(self) -> None:
        """Open the ring, after making the first keys of an algorithm that never had any.

        Raises `WrongSecretKey` if a key does not open; keys are never made in place of ones that exist.
        """
        await self.refresh()
        self._opened.whole()
        for alg in missing(self._rows):
            first, following = await self._made(alg), await self._made(alg)
            await self._db.write(_begin, first, following, self._clock.now(), self._schedule)
        await self.refresh()

    async def refresh(self) -> None:
        """Read the rows and open the ring again if they changed. A row that cannot be read is told of, and skipped."""
        rows = await self._db.read(signing_keys.list_all)
        if rows != self._rows:
            before, now = self._opened, self._clock.now()
            self._opened = await asyncio.to_thread(
                open_keys, rows, self._vault, now, before.ring, self._schedule.remember
            )
            self._rows = rows
            self._tell_of_gaps(before)

    async def tend(self, origin: Origin = BY_ITSELF) -> list[KeySucceeded]:
        """Publish a new next key wherever the last one has taken over, and return what this process did of that."""
        done: list[KeySucceeded] = []
        for alg in ("RS256", "ES256"):
            if is_due(self._rows, alg, self._clock.now()):
                following = await self._made(alg)
                event = await self._db.write(_succeed, alg, following, self._clock.now(), self._schedule, origin)
                done += [] if event is None else [event]
                await self.refresh()
        return done

    async def look(self) -> None:
        """Refresh and tend, as every process does every `POLL` seconds."""
        await self.refresh()
        for event in await self.tend():
            emit(event, BY_ITSELF)
        self._tell_age()

    async def rotate(self, alg: SigningAlg, origin: Origin) -> None:
        """Let the next key take over as soon as it was published long enough, and make another next one."""
        await self._db.write(_rotate, alg, self._clock.now(), self._schedule, origin)
        await self.refresh()
        await self.tend(origin)

    async def retire(self, kid: str, origin: Origin, *, compromised: bool = False) -> None:
        """Stop signing with a key at once; a `compromised` one is not published any more. Raises `LookupError`."""
        await self._db.write(_retire, kid, self._clock.now(), self._schedule, origin, compromised)
        await self.refresh()
        await self.tend(origin)

    def rows(self) -> Sequence[SigningKey]:
        """Return every key there ever was, oldest first."""
        return self._rows

    def _tell_of_gaps(self, before: Opened) -> None:
        for kid in self._opened.unknown:
            if kid not in before.unknown:
                _log.warning("unknown_signing_key", kid=kid)
        if self._opened.locked and not before.locked:
            emit(KeysUnreadable(), Origin())

    def _tell_age(self) -> None:
        now = self._clock.now()
        for row in self._rows:  # of several active ones the last in the list signs
            if state(row, now) == "active":
                metrics.KEY_AGE.labels(row.alg).set(now - row.activates_at)

    async def _made(self, alg: SigningAlg) -> NewKey:
        return await asyncio.to_thread(make_key, alg, self._vault)


async def tell_of_first(tx: Tx, change: Change, origin: Origin, now: int) -> None:
    """Record that an algorithm got its first keys."""
    for key in change.added:
        await audit.record(tx, FirstKeyMade(kid=key.kid, alg=key.alg), origin, now)


async def _begin(tx: Tx, first: NewKey, following: NewKey, now: int, schedule: Schedule) -> None:
    seen, rows = await _rows(tx)
    if first.alg in missing(rows):
        change = plan_first(first, following, now, schedule)
        await _keep(tx, seen, change)
        await tell_of_first(tx, change, BY_ITSELF, now)


async def _succeed(
    tx: Tx, alg: SigningAlg, following: NewKey, now: int, schedule: Schedule, origin: Origin
) -> KeySucceeded | None:
    """Keep a new next key and return what to tell of it; `None` if another process was first."""
    seen, rows = await _rows(tx)
    change = plan_succession(rows, alg, following, now, schedule)
    await _keep(tx, seen, change)
    if not change:
        return None
    signing = active(rows, alg, now)
    event = KeySucceeded(kid=following.kid, alg=alg, signing="" if signing is None else signing.kid)
    await audit.record(tx, event, origin, now)
    return event


async def _rotate(tx: Tx, alg: SigningAlg, now: int, schedule: Schedule, origin: Origin) -> None:
    seen, rows = await _rows(tx)
    change = plan_rotation(rows, alg, now, schedule)
    await _keep(tx, seen, change)
    if change:
        await audit.record(tx, KeyRotated(kid=change.changed[0].kid, alg=alg), origin, now)


async def _retire(tx: Tx, kid: str, now: int, schedule: Schedule, origin: Origin, compromised: bool) -> None:
    seen, rows = await _rows(tx)
    await _keep(tx, seen, plan_retire(rows, kid, now, schedule, compromised=compromised))
    await audit.record(tx, KeyRetired(kid=kid), origin, now)


async def _rows(tx: Tx) -> tuple[int, list[SigningKey]]:
    """Return the revision and the rows; the revision is read first, so that it is never newer than the rows."""
    seen = await instance.revision(tx)
    return seen, await signing_keys.list_all(tx)


async def _keep(tx: Tx, seen: int, change: Change) -> None:
    if change and not await instance.claim_revision(tx, seen):
        raise RunAgain
    for row in change.added:
        await signing_keys.add(tx, row)
    for row in change.changed:
        await signing_keys.reschedule(tx, row)
