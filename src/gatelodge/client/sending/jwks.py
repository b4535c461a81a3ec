"""A server's public keys: fetched rarely, kept when they cannot be fetched again.

Whoever sends tokens with made-up key names causes at most one fetch per `COOLDOWN` (OpenID Connect Core 10.1.1). While
one is fetching, whoever needs a key that is already known does not wait.
"""

from collections.abc import Generator
from contextlib import contextmanager, suppress

from gatelodge.client.errors import OAuthClientError, ServerUnavailable, UnexpectedAnswer, place
from gatelodge.client.sending.flight import Flight
from gatelodge.client.sending.http import AsyncSend, HttpRequest, HttpResponse, Send, refuse_outage
from gatelodge.clock import Clock, SystemClock
from gatelodge.protocol.jwks import BadKeys, PublicKeys, read_published

COOLDOWN = 30.0  # seconds between two fetches
RETRY = 2.0  # seconds between two fetches while nothing is known at all
FRESH = 300.0  # seconds a set is used without looking whether it changed
LAST_GOOD = 86_400.0  # seconds a set is used although it cannot be fetched any more

_NONE = PublicKeys()


def jwks_request(uri: str) -> HttpRequest:
    """Ask for a server's keys."""
    return HttpRequest("GET", uri, {"accept": "application/jwk-set+json, application/json"})


def read_jwks_response(uri: str, response: HttpResponse) -> PublicKeys:
    """Return the keys in an answer. Raises `UnexpectedAnswer`, `ServerUnavailable`."""
    refuse_outage(response, uri)
    if response.status != 200:
        raise UnexpectedAnswer(f"keys at {place(uri)}", "200 and a JWK set", str(response.status))
    try:
        return read_published(response.body)
    except BadKeys as error:
        raise UnexpectedAnswer(f"keys at {place(uri)}", "a JWK set to verify with", str(error)) from None


class JwksCache:
    """One server's keys, for threads. `send` may be any `Send`."""

    def __init__(self, uri: str, send: Send, clock: Clock | None = None) -> None:
        self._held = _HeldKeys(uri, clock or SystemClock())
        self._send = send
        self._flight = Flight[None]()

    @property
    def uri(self) -> str:
        """Where the keys are."""
        return self._held.uri

    def keys_for(self, kid: str | None, alg: str) -> PublicKeys:
        """Return the keys to verify with, looking again if this one is unknown and the last look is long ago.

        Raises `OAuthClientError` if nothing can be decided: there are no keys at all, or this one is unknown and could
        not be looked for.
        """
        if not self._held.suffices(kid, alg, under_way=self._flight.is_under_way):
            with suppress(OAuthClientError):
                self._flight.run(self._look)
        return self._held.last_good(kid, alg)

    def _look(self) -> None:
        if self._held.may_look():
            with self._held.looking():
                self._held.keep(self._send(jwks_request(self._held.uri)))


class AsyncJwksCache:
    """One server's keys, for tasks; otherwise like `JwksCache`. `retry` is in seconds, while nothing is known."""

    def __init__(self, uri: str, send: AsyncSend, clock: Clock | None = None, *, retry: float = RETRY) -> None:
        self._held = _HeldKeys(uri, clock or SystemClock(), retry)
        self._send = send
        self._flight = Flight[None]()

    @property
    def uri(self) -> str:
        """Where the keys are."""
        return self._held.uri

    async def keys_for(self, kid: str | None, alg: str) -> PublicKeys:
        """Return the keys to verify with, looking again if this one is unknown and the last look is long ago.

        Raises `OAuthClientError` if nothing can be decided: there are no keys at all, or this one is unknown and could
        not be looked for.
        """
        if not self._held.suffices(kid, alg, under_way=self._flight.is_under_way):
            with suppress(OAuthClientError):
                await self._flight.run_async(self._look)
        return self._held.last_good(kid, alg)

    def is_worth_looking(self, kid: str | None, alg: str) -> bool:
        """Whether `keys_for` would ask, or wait for who does."""
        under_way = self._flight.is_under_way
        return not self._held.suffices(kid, alg, under_way=under_way) and (under_way or self._held.may_look())

    def last_good(self, kid: str | None, alg: str) -> PublicKeys:
        """Return the keys last had, without asking. Raises as `keys_for` does."""
        return self._held.last_good(kid, alg)

    def known(self, kid: str | None, alg: str) -> PublicKeys | None:
        """Return the keys if no look is needed: a question that never waits."""
        return self._held.last_good(kid, alg) if self._held.suffices(kid, alg, under_way=False) else None

    async def _look(self) -> None:
        if self._held.may_look():
            with self._held.looking():
                self._held.keep(await self._send(jwks_request(self._held.uri)))


class _HeldKeys:
    """What is known of one set, and when to look again; times are monotonic seconds."""

    def __init__(self, uri: str, clock: Clock, retry: float = RETRY) -> None:
        self.uri = uri
        self._clock = clock
        self._retry = retry
        self._keys = _NONE
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._missed = True  # whether the last look brought nothing
        self._failure: OAuthClientError = ServerUnavailable(uri, "its keys were never had", sent=False)

    def suffices(self, kid: str | None, alg: str, *, under_way: bool) -> bool:
        """Whether nothing would be gained by looking: the key is known and fresh, or somebody is looking already.

        A key that is not known by its name may have been replaced by another one without a name.
        """
        key = self._keys.find(kid, alg)
        known = key is not None and key.kid is not None and key.kid == kid
        return known and (under_way or self._clock.monotonic() < self._fetched_at + FRESH)

    def may_look(self) -> bool:
        """Whether the last look is long enough ago."""
        pause = COOLDOWN if self._keys.keys else self._retry
        return self._clock.monotonic() >= self._tried_at + pause

    @contextmanager
    def looking(self) -> Generator[None]:
        """Note when a look ended, and why it failed if it did; one that never ends keeps nobody from another."""
        try:
            yield
        except OAuthClientError as failure:
            self._failure, self._missed = failure, True
            raise
        finally:
            self._tried_at = self._clock.monotonic()

    def keep(self, response: HttpResponse) -> None:
        self._keys = read_jwks_response(self.uri, response)
        self._fetched_at = self._clock.monotonic()
        self._missed = False

    def last_good(self, kid: str | None, alg: str) -> PublicKeys:
        """Return the keys last had. Raises what went wrong if they do not tell whether the one asked for is good.

        They do not if they are too old, or if that one is not among them and the last look brought nothing.
        """
        is_usable = self._keys.keys and self._clock.monotonic() < self._fetched_at + LAST_GOOD
        if is_usable and not (self._missed and self._keys.find(kid, alg) is None):
            return self._keys
        raise self._failure.with_traceback(None)  # else every raise would lengthen it
