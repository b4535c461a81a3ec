"""The pushed authorization request endpoint (RFC 9126): a client leaves its request here and gets a name for it."""

from dataclasses import dataclass

from gatelodge.client_auth import ClientProofs
from gatelodge.clock import Clock
from gatelodge.endpoints.direct import body_params
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.ops.authorization import Authorizations, RefusedRequest
from gatelodge.ops.sent_requests import SentRequests
from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError, UnsafeRequest
from gatelodge.protocol.params import Params
from gatelodge.protocol.pushed import bound, pushed_reply, pushed_request
from gatelodge.protocol.reply import Reply
from gatelodge.sessions.arrivals import Arrivals
from gatelodge.sessions.pushed import PushedRequests
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import RequestPushed
from gatelodge.telemetry.origin import continues
from gatelodge.tokens.dpop import DpopProofs

MAX_PUSHED = 16_000  # characters of a request, as it is kept: with its name beside it, it can still be parked


@dataclass(frozen=True, slots=True)
class PushEndpoint:
    """Keeps an authorization request that a client pushes, and gives it a name for the browser to bring."""

    proofs: ClientProofs
    sent: SentRequests
    authorizations: Authorizations
    pushed: PushedRequests
    arrivals: Arrivals
    clock: Clock
    dpop: DpopProofs

    async def handle(self, request: Request) -> Reply:
        """Answer `POST /par`. A request that /authorize would refuse is refused here, and the client is told so."""
        sent = body_params(request)
        client = (await self.proofs.prove(sent, request.headers, request.origin)).client
        params = await self.sent.meant_by_push(pushed_request(sent, client), client)
        continues(request.origin, params)
        await self._check(params)
        self._admit(client, request)
        proof = await self.dpop.of_request(request.headers, request.path, client)
        request_uri = await self.pushed.push(bound(params, proof))
        emit(RequestPushed(client_id=client.id), request.origin)
        reply = pushed_reply(request_uri, self.pushed.lifetime)
        return reply.with_headers(*self.dpop.next_nonce(proof, client))

    async def _check(self, params: Params) -> None:
        try:
            await self.authorizations.understand(params)
        except UnsafeRequest as unsafe:
            raise OAuthError(unsafe.code, unsafe.description, unsafe.rule) from unsafe
        except RefusedRequest as refused:
            raise refused.error from refused
        if len(params.encoded()) > MAX_PUSHED:
            raise OAuthError("invalid_request", "the request is too long", rules.BOUNDED)

    def _admit(self, client: Client, request: Request) -> None:
        """A public client proved nothing: whoever pushes for it is a stranger, and each request is a row."""
        wait = self.arrivals.admit(request.origin.address, self.clock.monotonic()) if client.is_public else 0
        if wait:
            said = "too many sign-ins begin at this address"
            raise HttpRefusal(429, said, "temporarily_unavailable", (("retry-after", str(wait)),))
