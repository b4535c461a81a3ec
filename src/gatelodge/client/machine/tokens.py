"""The access token of a program that acts for itself: fetched when needed, kept until shortly before it ends.

However many threads and tasks want it, one fetches. How early it is renewed differs from process to process, so that a
fleet started together does not renew together.
"""

from gatelodge.client.forks import ForkedLock
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.dpop import asks_for_nonce, learn_nonce
from gatelodge.client.messages.registration import ClientConfig, Moment
from gatelodge.client.messages.tokens import (
    EVERYTHING,
    Narrowed,
    Tokens,
    client_credentials_request,
    read_token_response,
)
from gatelodge.client.sending.flight import Flight
from gatelodge.client.sending.http import AsyncSend, HttpRequest, HttpResponse, Send
from gatelodge.client.sending.metadata import Metadata
from gatelodge.client.sending.route import NetworkRoute
from gatelodge.client.sending.sender import AsyncSender, Sender

EARLY = 60  # seconds before its end a token is renewed, at most
EARLIER = 30  # seconds more, at most, drawn for each token
UNSAID = 300  # seconds a token is used whose end the server did not say
PAUSE = 10  # seconds between two tokens that an API refuses: whoever refuses every token causes no flood of requests


class MachineTokens:
    """Tokens by client credentials (RFC 6749 4.4), for threads and tasks alike.

    `route` says which way requests go: to a server inside your own network, through a proxy. `dpop` is the key that the
    tokens are bound to, `None` if they are bearer tokens.
    """

    def __init__(
        self,
        config: ClientConfig,
        narrowed: Narrowed = EVERYTHING,
        *,
        send: Send | None = None,
        async_send: AsyncSend | None = None,
        metadata: ServerMetadata | None = None,
        moment: Moment | None = None,
        route: NetworkRoute | None = None,
    ) -> None:
        self._config = config
        self.dpop = config.dpop
        self._narrowed = narrowed
        route = route or NetworkRoute()
        self._send = send or Sender(route)
        self._async_send = async_send or AsyncSender(route)
        self._moment = moment or Moment()
        clock = self._moment.clock
        wanted = ("token_endpoint",)
        self._metadata = Metadata(
            config.issuer, known=metadata, wanted=wanted, allow_private=route.allow_private, clock=clock
        )
        self._flight = Flight[str]()
        self._lock = ForkedLock()
        self._held: Tokens | None = None
        self._renew_at = 0
        self._refused_at = float("-inf")

    def token(self) -> str:
        """Return an access token that is good for a while. Raises `TokenRefused`, `ServerUnavailable`."""
        return self._good() or self._flight.run(self._fetched)

    async def token_async(self) -> str:
        """Do the same from a task."""
        return self._good() or await self._flight.run_async(self._fetched_async)

    def refuse(self, token: str) -> bool:
        """Forget a token that an API refused, and return whether another one is to be had.

        It is not if the one before was refused within `PAUSE`: then the token is not what is wrong.
        """
        now = self._moment.clock.monotonic()
        with self._lock:
            if self._held is None or self._held.access_token != token:
                return True
            if now < self._refused_at + PAUSE:
                return False
            self._held, self._refused_at = None, now
            return True

    def _good(self) -> str | None:
        held = self._held
        return held.access_token if held is not None and self._moment.now() < self._renew_at else None

    def _fetched(self) -> str:
        """Fetch; a request that may have reached the server is never sent again."""
        if (good := self._good()) is not None:
            return good
        metadata = self._metadata.get(self._send)
        request = self._request(metadata)
        response = self._send(request)
        if asks_for_nonce(self.dpop, request, response):
            response = self._send(self._request(metadata))
            learn_nonce(self.dpop, request, response)
        return self._keep(metadata, response)

    async def _fetched_async(self) -> str:
        if (good := self._good()) is not None:
            return good
        metadata = await self._metadata.get_async(self._async_send)
        request = self._request(metadata)
        response = await self._async_send(request)
        if asks_for_nonce(self.dpop, request, response):
            response = await self._async_send(self._request(metadata))
            learn_nonce(self.dpop, request, response)
        return self._keep(metadata, response)

    def _request(self, metadata: ServerMetadata) -> HttpRequest:
        return client_credentials_request(metadata, self._config, self._moment, self._narrowed)

    def _keep(self, metadata: ServerMetadata, response: HttpResponse) -> str:
        now = self._moment.now()
        tokens = read_token_response(metadata, response, now, bound=self.dpop is not None)
        lifetime = UNSAID if tokens.expires_at is None else tokens.expires_at - now
        with self._lock:
            self._held, self._renew_at = tokens, now + lifetime - self._early(lifetime)
        return tokens.access_token

    def _early(self, lifetime: int) -> int:
        """Return how many seconds before its end a token is renewed: never more than half of its life."""
        drawn = int.from_bytes(self._moment.entropy.bytes(2)) * EARLIER // 0xFFFF
        return min(EARLY + drawn, lifetime // 2)
