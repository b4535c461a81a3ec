"""A server's metadata: asked for once by the first who needs it, kept, and asked for again now and then."""

from collections.abc import Generator
from contextlib import contextmanager, suppress

from gatelodge.client.errors import OAuthClientError, ServerUnavailable
from gatelodge.client.messages.discovery import ServerMetadata, discovery_requests, read_discovery_response
from gatelodge.client.sending.flight import Flight
from gatelodge.client.sending.http import AsyncSend, HttpRequest, HttpResponse, Send
from gatelodge.clock import Clock, SystemClock

FRESH = 3_600.0  # seconds metadata is used without looking whether it changed
PAUSE = 60.0  # seconds what was had is used when it cannot be had again
RETRY = 5.0  # seconds until a server that was never found is looked for again


class Metadata:
    """One server's metadata, for threads and tasks alike. `known` is metadata written by hand: then nobody is asked.

    While one is asking again, nobody else waits: what is there will do.
    """

    def __init__(
        self,
        issuer: str,
        *,
        known: ServerMetadata | None = None,
        allow_private: bool = False,
        clock: Clock | None = None,
    ) -> None:
        if known is not None and known.issuer != issuer:
            raise ValueError("the metadata is of another issuer")
        self._issuer = issuer
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
                self._keep(_first_found(send, discovery_requests(self._issuer)))

    async def _ask_async(self, send: AsyncSend) -> None:
        if self._is_due():
            with self._asking():
                self._keep(await _first_found_async(send, discovery_requests(self._issuer)))

    @contextmanager
    def _asking(self) -> Generator[None]:
        """Note what went wrong, and when to ask again."""
        try:
            yield
        except OAuthClientError as failure:
            self._failure = failure
            self._until = self._clock.monotonic() + (PAUSE if self._known else RETRY)
            raise

    def _keep(self, response: HttpResponse) -> None:
        self._known = read_discovery_response(self._issuer, response, allow_private=self._allow_private)
        self._until = self._clock.monotonic() + FRESH

    def _last_good(self) -> ServerMetadata:
        if self._known is None:
            raise self._failure.with_traceback(None)  # else every raise would lengthen it
        return self._known


def _first_found(send: Send, requests: tuple[HttpRequest, ...]) -> HttpResponse:
    """Return the first answer that is not "nothing here", or the last."""
    for request in requests[:-1]:
        response = send(request)
        if not _is_missing(response):
            return response
    return send(requests[-1])


async def _first_found_async(send: AsyncSend, requests: tuple[HttpRequest, ...]) -> HttpResponse:
    for request in requests[:-1]:
        response = await send(request)
        if not _is_missing(response):
            return response
    return await send(requests[-1])


def _is_missing(response: HttpResponse) -> bool:
    return response.status in (400, 403, 404, 405, 410)
