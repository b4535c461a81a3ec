"""The revocation endpoint (RFC 7009): a client ends a token it holds."""

from dataclasses import dataclass

from gatelodge.client_auth import ClientProofs
from gatelodge.endpoints.direct import body_params
from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply, json_reply
from gatelodge.tokens.revoke import Revocation


@dataclass(frozen=True, slots=True)
class RevokeEndpoint:
    """Ends a token. Answers 200 whatever the token was, so nothing is learnt by asking (RFC 7009 2.2)."""

    proofs: ClientProofs
    revocation: Revocation

    async def handle(self, request: Request) -> Reply:
        """Answer `POST /revoke`. The body is an empty JSON object: some clients choke on an empty one."""
        params = body_params(request)
        proven = await self.proofs.prove(params, request.headers, request.origin)
        await self.revocation.revoke(params.need("token"), proven.client, request.origin)
        return json_reply({})
