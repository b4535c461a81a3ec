"""Refreshing without tripping over oneself: many at once become one, and a straggler gets what the first one got.

A rotated refresh token works once. Two threads that both present it look like a thief to a strict server, and the
person is signed out. So within one process the same token is presented once: those who come while the answer is awaited
share it, and those who come shortly after get the same answer again. Between processes, a `TokenStore` sees to it.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from weakref import WeakValueDictionary

from gatelodge.client.errors import ServerUnavailable
from gatelodge.client.forks import ForkedLock
from gatelodge.client.messages.tokens import Narrowed, Tokens
from gatelodge.client.sending.flight import Flight
from gatelodge.clock import Clock

REMEMBERED = 30.0  # seconds the answer for a token that was replaced is kept for stragglers
ROOM = 1_000  # such answers

Key = tuple[bytes, Narrowed]


@dataclass(frozen=True, slots=True)
class _Answer:
    tokens: Tokens
    until: float


class Renewals:
    """The refreshes under way in this process, and those just done. Tokens are found by their digest."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = ForkedLock()
        self._under_way: WeakValueDictionary[Key, Flight[Tokens]] = WeakValueDictionary()
        self._done: OrderedDict[Key, _Answer] = OrderedDict()

    def run(self, refresh_token: str, narrowed: Narrowed, fetch: Callable[[], Tokens]) -> Tokens:
        """Return what `fetch` brings for this refresh token, fetching once for everybody."""
        key = _key(refresh_token, narrowed)

        def once() -> Tokens:
            return self._just_done(key) or self._keep(key, refresh_token, retried(fetch))

        return self._flight(key).run(once)

    async def run_async(self, refresh_token: str, narrowed: Narrowed, fetch: Callable[[], Awaitable[Tokens]]) -> Tokens:
        """Do the same from a task."""
        key = _key(refresh_token, narrowed)

        async def once() -> Tokens:
            return self._just_done(key) or self._keep(key, refresh_token, await retried_async(fetch))

        return await self._flight(key).run_async(once)

    def _flight(self, key: Key) -> Flight[Tokens]:
        with self._lock:
            return self._under_way.setdefault(key, Flight[Tokens]())

    def _just_done(self, key: Key) -> Tokens | None:
        with self._lock:
            answer = self._done.get(key)
        return answer.tokens if answer is not None and self._clock.monotonic() < answer.until else None

    def _keep(self, key: Key, refresh_token: str, tokens: Tokens) -> Tokens:
        """Remember the answer only if it replaced the token: one that stays may be presented again."""
        if tokens.refresh_token is None or tokens.refresh_token == refresh_token:
            return tokens
        now = self._clock.monotonic()
        with self._lock:
            self._done[key] = _Answer(tokens, now + REMEMBERED)
            while len(self._done) > ROOM or next(iter(self._done.values())).until <= now:
                self._done.popitem(last=False)
        return tokens


def retried(fetch: Callable[[], Tokens]) -> Tokens:
    """Fetch; once more if the answer was lost.

    The one token request that may be sent twice: had the server replaced the token, presenting it again at once is the
    only way to learn what replaced it, and nothing is lost that was not lost already.
    """
    try:
        return fetch()
    except ServerUnavailable as failure:
        if failure.retry_after is not None:
            raise
        return fetch()


async def retried_async(fetch: Callable[[], Awaitable[Tokens]]) -> Tokens:
    """Do the same from a task."""
    try:
        return await fetch()
    except ServerUnavailable as failure:
        if failure.retry_after is not None:
            raise
        return await fetch()


def _key(refresh_token: str, narrowed: Narrowed) -> Key:
    return sha256(refresh_token.encode()).digest(), narrowed
