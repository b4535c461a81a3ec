"""The keys a client publishes at its `jwks_uri`: fetched rarely, kept when they cannot be fetched again.

Whoever sends assertions with made-up key names causes at most one fetch per client and `COOLDOWN` (OpenID Connect Core
10.1.1).
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from gatelodge.clock import Clock
from gatelodge.outbound import FetchFailed, Outbound
from gatelodge.protocol.jwks import MAX_JWKS, BadKeys, PublicKeys, VerificationKey, read_jwks

COOLDOWN = 30.0  # seconds between two fetches of one set
FRESH = 600.0  # seconds a set is used without looking whether it changed
LAST_GOOD = 86_400.0  # seconds a set is used although it cannot be fetched any more
ROOM = 1_000  # sets kept at most
MAX_WAITING = 16  # requests that wait for one fetch; more are refused at once

_NONE = PublicKeys()


@dataclass(slots=True)
class _Held:
    """What is known of one set; times are monotonic seconds."""

    keys: PublicKeys = _NONE
    fetched_at: float = float("-inf")
    tried_at: float = float("-inf")
    waiting: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class RemoteKeys:
    """The published keys of clients."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound = outbound
        self._clock = clock
        self._held: OrderedDict[str, _Held] = OrderedDict()

    async def find(self, uri: str, kid: str | None, alg: str) -> VerificationKey | None:
        """Return the key of that name, looking again if it is unknown and the last look was long enough ago."""
        held = self._of(uri)
        key = self._usable(held).find(kid, alg)
        if key is not None and self._clock.monotonic() < held.fetched_at + FRESH:
            return key
        await self._look(uri, held)
        return self._usable(held).find(kid, alg)

    async def _look(self, uri: str, held: _Held) -> None:
        """Fetch once for everyone who waits; whoever comes within the cooldown gets what is there."""
        in_flight = held.lock.locked()
        if (self._is_cooling(held) and not in_flight) or held.waiting >= MAX_WAITING:
            return
        held.waiting += 1
        try:
            async with held.lock:
                if not self._is_cooling(held):
                    await self._renew(uri, held)
        finally:
            held.waiting -= 1

    async def _renew(self, uri: str, held: _Held) -> None:
        held.tried_at = self._clock.monotonic()
        keys = await self._fetched(uri)
        if keys is not None:
            held.keys, held.fetched_at = keys, self._clock.monotonic()

    async def _fetched(self, uri: str) -> PublicKeys | None:
        try:
            answer = await self._outbound.get(uri, MAX_JWKS)
            return read_jwks(answer.body) if answer.status == 200 else None
        except (FetchFailed, BadKeys):
            return None

    def _usable(self, held: _Held) -> PublicKeys:
        return held.keys if self._clock.monotonic() < held.fetched_at + LAST_GOOD else _NONE

    def _is_cooling(self, held: _Held) -> bool:
        return self._clock.monotonic() < held.tried_at + COOLDOWN

    def _of(self, uri: str) -> _Held:
        held = self._held.setdefault(uri, _Held())
        self._held.move_to_end(uri)
        if len(self._held) > ROOM:
            self._held.popitem(last=False)
        return held
