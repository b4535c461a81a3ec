"""workload_jwt: a JWT that a trusted issuer made about the workload it runs, in place of a secret (RFC 7523 2.2, 3).

It names no client, so `client_id` goes with it; which workloads a client is, its registration says.
"""

from gatelodge.client_auth.assertions import is_of_workload, taken_apart
from gatelodge.client_auth.contract import Means, Method, NotProven, PresentedProof
from gatelodge.client_auth.decoys import decoys
from gatelodge.keys.workloads import SEEN
from gatelodge.protocol import rules
from gatelodge.protocol.assertion import ASSERTION_TYPE
from gatelodge.protocol.client import Client
from gatelodge.protocol.jose import BadToken, TokenParts
from gatelodge.protocol.params import Params
from gatelodge.protocol.workload import ProvenWorkload, TrustedIssuer, check
from gatelodge.stores import seen


class WorkloadJwt(Method[TokenParts]):
    """A JWT of a trusted issuer about the workload that the client is, beside its `client_id`."""

    name = "workload_jwt"

    def read(self, params: Params, authorization: str | None) -> PresentedProof[TokenParts] | None:
        token, client_id = params.get("client_assertion"), params.get("client_id")
        if token is None or client_id is None or params.get("client_assertion_type") != ASSERTION_TYPE:
            return None
        try:
            parts = taken_apart(token)
        except BadToken:
            return None  # private_key_jwt says why
        return PresentedProof(client_id, parts) if is_of_workload(parts) else None

    async def check(self, presented: PresentedProof[TokenParts], client: Client | None, means: Means) -> None:
        parts = presented.proof
        trusted = None if client is None else await means.workloads.trusted(client.workloads, parts)
        try:
            keys = decoys() if trusted is None else await means.workloads.keys_of(trusted, parts)
            proven = check(parts, keys, trusted or _NOBODY, means.issuer, means.clock.now())
        except BadToken as error:
            raise NotProven(rules.WORKLOAD_FITS if trusted is None else error.rule) from None
        if trusted is None or (trusted.once and not await _is_first_use(trusted, proven, means)):
            raise NotProven(rules.ASSERTION_ONCE)


_NOBODY = TrustedIssuer(name="", kind="other", issuer="", jwks_uri="")


async def _is_first_use(trusted: TrustedIssuer, proven: ProvenWorkload, means: Means) -> bool:
    """Spend it: of any number of requests that carry it, in any process, one goes on."""
    return await means.db.write(seen.once, SEEN, f"{trusted.name}\0{proven.jti}", proven.forget_at)
