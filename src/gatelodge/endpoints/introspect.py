"""The introspection endpoint (RFC 7662): an API asks whether a token works, and what it says."""

from dataclasses import dataclass

from gatelodge.client_auth import ClientProofs
from gatelodge.endpoints.direct import body_params
from gatelodge.endpoints.request import Request
from gatelodge.protocol import rules
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.introspection import introspection_reply
from gatelodge.protocol.reply import Reply
from gatelodge.tokens.introspect import Introspector


@dataclass(frozen=True, slots=True)
class IntrospectEndpoint:
    """Tells confidential clients about tokens that are theirs, or for an API they introspect for."""

    proofs: ClientProofs
    introspection: Introspector

    async def handle(self, request: Request) -> Reply:
        """Answer `POST /introspect`. `token_type_hint` is not needed: a token shows what it is."""
        params = body_params(request)
        proven = await self.proofs.prove(params, request.headers, request.origin)
        if proven.client.is_public:
            raise OAuthError("invalid_client", "introspection needs client authentication", rules.CLIENT_PROVEN)
        return introspection_reply(await self.introspection.describe(params.need("token"), proven.client))
