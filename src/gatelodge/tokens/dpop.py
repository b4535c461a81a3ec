"""DPoP at this server: the proof of a request is checked and spent once, whatever the request is for (RFC 9449).

Grants and endpoints get what came of it and never see the header.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.dpop import HEADER, NONCE_HEADER, DpopNonces, DpopProof, ProvenRequest, check
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.jose import BadToken
from gatelodge.protocol.reply import Headers
from gatelodge.protocol.rules import Rule
from gatelodge.stores import seen

SEEN = "DPoP proof"
PURPOSE = "DPoP nonces"


@dataclass(frozen=True, slots=True)
class DpopProofs:
    """Checks and spends the proofs of requests to this server. `issuer` is its address, whatever a request says.

    Every way raises `OAuthError`: invalid_dpop_proof, or use_dpop_nonce with the nonce to repeat; and `Unavailable` if
    the database cannot say whether a proof is new.
    """

    issuer: str
    db: Database
    clock: Clock
    nonces: DpopNonces

    async def of_request(self, headers: Mapping[str, str], path: str, client: Client) -> DpopProof | None:
        """Return the proof that a client sent with a form; `None` without one. `path` is below the issuer."""
        if HEADER not in headers:
            return None
        return await self._spent(headers, client, ProvenRequest("POST", self.issuer + path))

    async def of_token_request(self, headers: Mapping[str, str], path: str, client: Client) -> DpopProof | None:
        """Return the proof to which tokens are bound; `None` without one, if the client may do without (5)."""
        if client.dpop_bound and HEADER not in headers:
            raise _refused(rules.DPOP_REQUIRED)
        return await self.of_request(headers, path, client)

    async def of_call(
        self, headers: Mapping[str, str], method: str, path: str, client: Client, access_token: str
    ) -> DpopProof:
        """Return the proof that came with an access token of `client` (7.1)."""
        return await self._spent(headers, client, ProvenRequest(method, self.issuer + path, access_token))

    def next_nonce(self, proof: DpopProof | None, client: Client) -> Headers:
        """Return the header with what the next proof must repeat, where that is no more what this one did (8.2)."""
        if proof is None or not client.dpop_nonce_required:
            return ()
        current = self.nonces.current(self.clock.now())
        return () if proof.nonce == current else ((NONCE_HEADER, current),)

    async def _spent(self, headers: Mapping[str, str], client: Client, request: ProvenRequest) -> DpopProof:
        """Check everything about a proof that needs no database, then spend it, so that no other request can."""
        header, now = headers.get(HEADER), self.clock.now()
        if header is None:
            raise _refused(rules.DPOP_REQUIRED)
        if "," in header:  # of two headers, as they are joined
            raise _refused(rules.DPOP_ONE)
        try:
            proof = check(header, request, now, self.nonces.good(now) if client.dpop_nonce_required else None)
        except BadToken as bad:
            raise (self._asked_for_nonce(now) if bad.rule is rules.DPOP_NONCE else _refused(bad.rule)) from None
        if not await self.db.write(seen.once, SEEN, proof.name, proof.forget_at):
            raise _refused(rules.DPOP_ONCE)
        return proof

    def _asked_for_nonce(self, now: int) -> OAuthError:
        said = "the DPoP proof must repeat the nonce of the header DPoP-Nonce"
        return OAuthError("use_dpop_nonce", said, rules.DPOP_NONCE, ((NONCE_HEADER, self.nonces.current(now)),))


def _refused(rule: Rule) -> OAuthError:
    return OAuthError("invalid_dpop_proof", f"the DPoP proof is missing or no good: {rule.sentence}", rule)
