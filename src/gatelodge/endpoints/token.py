"""The token endpoint (RFC 6749 3.2): the steps every grant shares, in the order they are taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gatelodge.client_auth import ClientProofs
from gatelodge.database.tx import Database
from gatelodge.endpoints.direct import body_params
from gatelodge.endpoints.request import Request
from gatelodge.grants.context import GrantContexts
from gatelodge.grants.contract import Grant
from gatelodge.keys.keys import SigningKeys
from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.reply import Reply
from gatelodge.protocol.token import token_reply
from gatelodge.tokens.dpop import DpopProofs
from gatelodge.tokens.serve import serve


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Exchanges what a client presents for tokens. `grants` are the ones that are switched on."""

    grants: Sequence[Grant[Any]]
    proofs: ClientProofs
    contexts: GrantContexts
    db: Database
    keys: SigningKeys
    dpop: DpopProofs

    async def handle(self, request: Request) -> Reply:
        """Answer `POST /token`."""
        params = body_params(request)
        grant_type = params.need("grant_type")
        proven = await self.proofs.prove(params, request.headers, request.origin)
        grant = self._grant(grant_type, proven.client)
        proof = await self.dpop.of_token_request(request.headers, request.path, proven.client)
        context = await self.contexts.open(proven.client, request.origin, request.headers, proof)
        reply = token_reply(await serve(grant, params, context, self.db, self.keys.ring))
        return reply if proof is None else reply.with_headers(*self.dpop.next_nonce(proof, proven.client))

    def _grant(self, grant_type: str, client: Client) -> Grant[Any]:
        for grant in self.grants:
            if grant.grant_type == grant_type:
                break
        else:
            raise OAuthError("unsupported_grant_type", "grant_type is not one this server has", rules.GRANT_KNOWN)
        if grant_type not in client.grants or (client.is_public and not grant.for_public_clients):
            raise OAuthError("unauthorized_client", "the client may not use this grant", rules.GRANT_ALLOWED)
        return grant
