"""What was sent to the authorization endpoint, read into the request that is meant: itself, or one that was pushed.

What is parked afterwards is the request that is meant, so no page looks a second time for where it came from. One that
was pushed keeps its `request_uri`: its answer spends it.
"""

from dataclasses import dataclass

from gatelodge.ops.authorization import RefusedRequest
from gatelodge.protocol import rules
from gatelodge.protocol.authorize import find_recipient, read_client_id
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError, UnsafeRequest
from gatelodge.protocol.params import Params
from gatelodge.protocol.pushed import URN, PushPolicy, check_plain
from gatelodge.sessions.pushed import PushedRequests
from gatelodge.stores.registry import Registry


@dataclass(frozen=True, slots=True)
class SentRequests:
    """Finds the request that is meant by what a browser brought."""

    issuer: str
    registry: Registry
    pushed: PushedRequests
    policy: PushPolicy

    async def meant(self, sent: Params) -> Params:
        """Return the request that is meant.

        Raises `UnsafeRequest` while nobody is known whom an answer may go to, and `RefusedRequest` if what was sent
        beside says so.
        """
        client = await self.registry.client(read_client_id(sent))
        if client is None:
            return sent  # whoever reads it says so
        try:
            return await self._meant(sent, client)
        except OAuthError as error:
            if "request_uri" in sent and "redirect_uri" not in sent:
                raise UnsafeRequest(error.description, error.rule or rules.PUSHED_KNOWN, error.code) from error
            raise RefusedRequest(find_recipient(sent, client, self.issuer), error) from error

    async def check_again(self, params: Params) -> None:
        """Check that a request which is begun anew may be: a pushed one was not answered. Raises `UnsafeRequest`."""
        request_uri = params.get("request_uri")
        if request_uri is not None and not await self.pushed.waits(request_uri):
            raise UnsafeRequest("this request was pushed for one sign-in, which was answered", rules.INTERACTION)

    async def _meant(self, sent: Params, client: Client) -> Params:
        request_uri = sent.get("request_uri")
        if request_uri is None:
            check_plain(client, self.policy)
            return sent
        if not request_uri.startswith(URN):
            raise OAuthError("request_uri_not_supported", "request_uri is not one of ours", rules.PUSHED_OURS)
        found = await self.pushed.find(request_uri)
        if found is None or found.get("client_id") != client.id:
            said = "request_uri is unknown, has expired, was used, or is another client's"
            raise OAuthError("invalid_request_uri", said, rules.PUSHED_KNOWN)
        return Params.of([*found, ("request_uri", request_uri)])
