"""The keys clients publish at their `jwks_uri`: an `AsyncJwksCache` for each of them, as many as there is room for.

Whoever sends assertions with made-up key names causes at most one fetch per client and `COOLDOWN` (OpenID Connect Core
10.1.1), also while nothing was ever had: the address is a client's choice.
"""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

from gatelodge.client.errors import OAuthClientError, ServerUnavailable
from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.client.sending.jwks import COOLDOWN as COOLDOWN
from gatelodge.client.sending.jwks import FRESH as FRESH
from gatelodge.client.sending.jwks import LAST_GOOD as LAST_GOOD
from gatelodge.client.sending.jwks import AsyncJwksCache
from gatelodge.clock import Clock
from gatelodge.outbound import FetchFailed, Outbound
from gatelodge.protocol.jwks import MAX_JWKS, VerificationKey

ROOM = 1_000  # sets kept at most
MAX_WAITING = 16  # requests that wait for one fetch; more are refused at once


@dataclass(slots=True)
class _Held:
    """One set, and how many wait for it."""

    cache: AsyncJwksCache
    waiting: int = 0


class RemoteKeys:
    """The published keys of clients."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound = outbound
        self._clock = clock
        self._held: OrderedDict[str, _Held] = OrderedDict()

    async def find(self, uri: str, kid: str | None, alg: str) -> VerificationKey | None:
        """Return the key of that name, looking again if it is unknown and the last look was long enough ago."""
        held = self._of(uri)
        with suppress(OAuthClientError):  # nothing can be decided: then no key is good
            if held.cache.is_worth_looking(kid, alg) and held.waiting < MAX_WAITING:
                await self._look(held, kid, alg)
            return held.cache.last_good(kid, alg).find(kid, alg)
        return None

    @staticmethod
    async def _look(held: _Held, kid: str | None, alg: str) -> None:
        """Fetch once for everyone who waits."""
        held.waiting += 1
        try:
            await held.cache.keys_for(kid, alg)
        finally:
            held.waiting -= 1

    async def _send(self, request: HttpRequest) -> HttpResponse:
        """Fetch by the only door out."""
        try:
            answer = await self._outbound.get(request.url, MAX_JWKS)
        except FetchFailed as failed:
            raise ServerUnavailable(request.url, failed.reason, sent=False) from None
        return HttpResponse(answer.status, {"content-type": answer.content_type}, answer.body)

    def _of(self, uri: str) -> _Held:
        held = self._held.get(uri)
        if held is None:
            held = self._held[uri] = _Held(AsyncJwksCache(uri, self._send, self._clock, retry=COOLDOWN))
        self._held.move_to_end(uri)
        if len(self._held) > ROOM:
            self._held.popitem(last=False)
        return held
