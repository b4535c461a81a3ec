"""What was sent to the authorization endpoint, read into the request that is meant: itself, a signed or a pushed one.

What is parked afterwards is the request that is meant, so no page looks a second time for where it came from. One that
was pushed keeps its `request_uri`: its answer spends it.
"""

from dataclasses import dataclass

from gatelodge.clock import Clock
from gatelodge.keys.of_clients import keys_of
from gatelodge.keys.remote import RemoteKeys
from gatelodge.ops.authorization import RefusedRequest
from gatelodge.protocol import rules
from gatelodge.protocol.authorize import find_recipient, read_client_id
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError, UnsafeRequest
from gatelodge.protocol.params import Params
from gatelodge.protocol.pushed import URN, PushPolicy, check_plain
from gatelodge.protocol.request_object import ALGORITHMS, check_beside, check_unsigned, read_request_object, take_apart
from gatelodge.sessions.pushed import PushedRequests
from gatelodge.stores.registry import Registry

_WRAPPED = ("request", "request_uri")


@dataclass(frozen=True, slots=True)
class SentRequests:
    """Finds the request that is meant by what a browser brought, or a client pushed."""

    issuer: str
    registry: Registry
    pushed: PushedRequests
    remote: RemoteKeys
    policy: PushPolicy
    clock: Clock

    async def meant(self, sent: Params) -> Params:
        """Return the request that is meant by what a browser brought.

        Raises `UnsafeRequest` while nobody is known whom an answer may go to, and `RefusedRequest` if what was sent
        beside says so.
        """
        client = await self.registry.client(read_client_id(sent))
        if client is None:
            return sent  # whoever reads it says so
        try:
            return await self._meant(sent, client)
        except OAuthError as error:
            if "redirect_uri" not in sent and any(name in sent for name in _WRAPPED):
                raise UnsafeRequest(error.description, error.rule or rules.REQUEST_ONE, error.code) from error
            raise RefusedRequest(find_recipient(sent, client, self.issuer), error) from error

    async def meant_by_push(self, sent: Params, client: Client) -> Params:
        """Return the request that a client pushed, which it may have signed. Raises `OAuthError`."""
        request = sent.get("request")
        if request is not None:
            return await self._signed(sent, request, client)
        check_unsigned(client)
        return sent

    async def check_again(self, params: Params) -> None:
        """Check that a request which is begun anew may be: a pushed one was not answered. Raises `UnsafeRequest`."""
        request_uri = params.get("request_uri")
        if request_uri is not None and not await self.pushed.waits(request_uri):
            raise UnsafeRequest("this request was pushed for one sign-in, which was answered", rules.INTERACTION)

    async def _meant(self, sent: Params, client: Client) -> Params:
        request, request_uri = (sent.get(name) for name in _WRAPPED)
        if request_uri is None:
            check_plain(client, self.policy)
            return await self.meant_by_push(sent, client)
        if request is not None:
            raise OAuthError("invalid_request", "request and request_uri do not go together", rules.REQUEST_ONE)
        return await self._named(request_uri, client)

    async def _named(self, request_uri: str, client: Client) -> Params:
        """Return the request that was pushed under this name."""
        if not request_uri.startswith(URN):
            raise OAuthError("request_uri_not_supported", "request_uri is not one of ours", rules.PUSHED_OURS)
        found = await self.pushed.find(request_uri)
        if found is None or found.get("client_id") != client.id:
            said = "request_uri is unknown, has expired, was used, or is another client's"
            raise OAuthError("invalid_request_uri", said, rules.PUSHED_KNOWN)
        return Params.of([*found, ("request_uri", request_uri)])

    async def _signed(self, sent: Params, request: str, client: Client) -> Params:
        """Return what this client signed, and nothing of what stands beside it."""
        parts = take_apart(request)
        keys = await keys_of(client, parts, ALGORITHMS, self.remote)
        meant = read_request_object(parts, client, keys, self.issuer, self.clock.now())
        check_beside(sent, meant)
        return meant
