"""A server's metadata: asked for once by the first who needs it, kept, and asked for again now and then."""

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager, suppress
from functools import partial

from gatelodge.client.errors import OAuthClientError, ServerUnavailable
from gatelodge.client.messages.discovery import WANTED, ServerMetadata, search
from gatelodge.client.sending.flight import Flight
from gatelodge.client.sending.http import AsyncSend, HttpRequest, HttpResponse, Send
from gatelodge.clock import Clock, SystemClock

FRESH = 3_600.0  # seconds metadata is used without looking whether it changed
PAUSE = 60.0  # seconds what was had is used when it cannot be had again
RETRY = 5.0  # seconds until a server that was never found is looked for again

Search = Generator[HttpRequest, HttpResponse, ServerMetadata]


class Metadata:
    """One server's metadata, for threads and tasks alike. `known` is metadata written by hand: then nobody is asked.

    `wanted` are the endpoints that are looked for in another document if they are missing in one.

    While one is asking again, nobody else waits: what is there will do.
    """

    def __init__(
        self,
        issuer: str,
        *,
        known: ServerMetadata | None = None,
        wanted: Collection[str] = WANTED,
        allow_private: bool = False,
        clock: Clock | None = None,
    ) -> None:
        if known is not None and known.issuer != issuer:
            raise ValueError("the metadata is of another issuer")
        self._issuer = issuer
        self._wanted = wanted
        self._allow_private = allow_private
        self._clock = clock or SystemClock()
        self._known = known
        self._until = float("inf") if known else float("-inf")  # monotonic seconds
        self._failure: OAuthClientError = ServerUnavailable(issuer, "it was never found", sent=False)
        self._flight = Flight[None]()

    @property
    def known(self) -> ServerMetadata | None:
        """What is there without asking."""
        return self._known

    def get(self, send: Send) -> ServerMetadata:
        """Return the metadata. Raises `DiscoveryFailed`, `ServerUnavailable`, `AddressRefused`."""
        if self._is_wanting():
            with suppress(OAuthClientError):
                self._flight.run(lambda: self._ask(send))
        return self._last_good()

    async def get_async(self, send: AsyncSend) -> ServerMetadata:
        """Do the same from a task."""
        if self._is_wanting():
            with suppress(OAuthClientError):
                await self._flight.run_async(lambda: self._ask_async(send))
        return self._last_good()

    def _is_wanting(self) -> bool:
        if self._flight.is_under_way:
            return self._known is None
        return self._is_due()

    def _is_due(self) -> bool:
        return self._clock.monotonic() >= self._until

    def _ask(self, send: Send) -> None:
        if self._is_due():
            with self._asking():
                self._keep(_found(self._search(), send))

    async def _ask_async(self, send: AsyncSend) -> None:
        if self._is_due():
            with self._asking():
                self._keep(await found_async(self._search(), send))

    @contextmanager
    def _asking(self) -> Generator[None]:
        """Note what went wrong, and when to ask again."""
        try:
            yield
        except OAuthClientError as failure:
            self._failure = failure
            self._until = self._clock.monotonic() + (PAUSE if self._known else RETRY)
            raise

    def _search(self) -> Search:
        return search(self._issuer, self._wanted, allow_private=self._allow_private)

    def _keep(self, metadata: ServerMetadata) -> None:
        self._known = metadata
        self._until = self._clock.monotonic() + FRESH

    def _last_good(self) -> ServerMetadata:
        if self._known is None:
            raise self._failure.with_traceback(None)  # else every raise would lengthen it
        return self._known


def _found(search: Search, send: Send) -> ServerMetadata:
    """Carry every question of a search, and return what is found."""
    step: Callable[[], HttpRequest] = partial(next, search)
    while True:
        try:
            request = step()
        except StopIteration as end:
            return end.value
        try:
            step = partial(search.send, send(request))
        except OAuthClientError as failure:
            step = partial(search.throw, failure)


async def found_async(search: Search, send: AsyncSend) -> ServerMetadata:
    """Carry every question of a search, and return what is found. Raises as `search` does."""
    step: Callable[[], HttpRequest] = partial(next, search)
    while True:
        try:
            request = step()
        except StopIteration as end:
            return end.value
        try:
            step = partial(search.send, await send(request))
        except OAuthClientError as failure:
            step = partial(search.throw, failure)
