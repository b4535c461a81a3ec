"""private_key_jwt: a JWT the client signed, good for one request (RFC 7523, OpenID Connect Core 9)."""

from gatelodge.client_auth.assertions import is_of_workload, taken_apart
from gatelodge.client_auth.contract import Means, Method, NotProven, PresentedProof
from gatelodge.client_auth.decoys import decoys
from gatelodge.keys.of_clients import keys_of
from gatelodge.protocol import rules
from gatelodge.protocol.assertion import ALGORITHMS, ASSERTION_TYPE, Assertion, check, claimed_client
from gatelodge.protocol.client import Client
from gatelodge.protocol.jose import BadToken, TokenParts
from gatelodge.protocol.params import Params
from gatelodge.stores import seen

SEEN = "client assertion"


class PrivateKeyJwtMethod(Method[TokenParts]):
    """A signed assertion among the parameters."""

    name = "private_key_jwt"

    def read(self, params: Params, authorization: str | None) -> PresentedProof[TokenParts] | None:
        token = params.get("client_assertion")
        kind = params.get("client_assertion_type")
        if token is None and kind is None:
            return None
        if token is None or kind != ASSERTION_TYPE:
            raise NotProven(rules.ASSERTION_TYPE)
        try:
            parts = taken_apart(token)
            if is_of_workload(parts) and params.get("client_id") is not None:
                return None
            return PresentedProof(claimed_client(parts), parts)
        except BadToken as error:
            raise NotProven(error.rule) from None

    async def check(self, presented: PresentedProof[TokenParts], client: Client | None, means: Means) -> None:
        keys = decoys() if client is None else await keys_of(client, presented.proof, ALGORITHMS, means.remote)
        try:
            assertion = check(presented.proof, presented.client_id, keys, means.issuer, means.clock.now())
        except BadToken as error:
            raise NotProven(error.rule) from None
        if client is None or not await _is_first_use(assertion, means):
            raise NotProven(rules.ASSERTION_ONCE)


async def _is_first_use(assertion: Assertion, means: Means) -> bool:
    """Spend the assertion: of any number of requests that carry it, in any process, one goes on (RFC 7523 3)."""
    return await means.db.write(seen.once, SEEN, f"{assertion.client_id}\0{assertion.jti}", assertion.forget_at)
