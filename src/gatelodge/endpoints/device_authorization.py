"""The device authorization endpoint (RFC 8628 3.1): a device gets a code to show, and one to ask with."""

from dataclasses import dataclass, field

from gatelodge.client_auth import ClientProofs
from gatelodge.clock import Clock
from gatelodge.endpoints.direct import body_params
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.ops.devices import Devices
from gatelodge.protocol import rules
from gatelodge.protocol.device import GRANT_TYPE, device_reply, read_device_request
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.reply import Reply
from gatelodge.sessions.arrivals import Arrivals
from gatelodge.stores.registry import Registry


@dataclass(frozen=True, slots=True)
class DeviceAuthorizationEndpoint:
    """Begins a sign-in that goes on in a browser elsewhere."""

    proofs: ClientProofs
    devices: Devices
    registry: Registry
    clock: Clock
    arrivals: Arrivals = field(default_factory=Arrivals)

    async def handle(self, request: Request) -> Reply:
        """Answer `POST /device_authorization`. Whoever has no secret could be any number: their rows are bounded."""
        params = body_params(request)
        proven = await self.proofs.prove(params, request.headers, request.origin)
        client = proven.client
        if GRANT_TYPE not in client.grants:
            raise OAuthError("unauthorized_client", "the client may not use the device grant", rules.GRANT_ALLOWED)
        asked = read_device_request(params, client, await self.registry.apis())
        wait = self.arrivals.admit(request.origin.address, self.clock.monotonic()) if client.is_public else 0
        if wait:
            said = "too many devices begin at this address"
            raise HttpRefusal(429, said, "temporarily_unavailable", (("retry-after", str(wait)),))
        return device_reply(await self.devices.begin(client, asked, request.origin))
