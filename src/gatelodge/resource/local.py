"""Access tokens that are JWTs, verified here with the server's keys (RFC 9068 4); the server is not asked.

A signature that was verified is remembered with the key set it was verified with, since the same token comes again and
again. Nothing else is: who issued it, for whom and until when is looked at every time, and with another key set the
signature, too.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gatelodge.protocol import jose
from gatelodge.protocol.access_token import TYPE
from gatelodge.protocol.jose import Expected, Parts
from gatelodge.protocol.jwks import PublicKeys
from gatelodge.resource.cache import Remembered, digest
from gatelodge.resource.principal import Principal, read_principal

ROOM = 10_000  # tokens remembered: about 20 MB at most


class Proof(NamedTuple):
    """A signature that was verified with `keys`, and whom the token speaks of."""

    claims: Mapping[str, Any]
    principal: Principal
    keys: PublicKeys
    kid: str | None
    alg: str


class Seen(NamedTuple):
    """A token whose claims are all right if its signature is. `earlier` is what was proven of it before."""

    digest: bytes
    kid: str | None
    alg: str
    earlier: Proof | None = None
    parts: Parts | None = None


class LocalTokens:
    """Verifies the JWT access tokens of one issuer for one API."""

    def __init__(self, issuer: str, audience: str, algorithms: frozenset[str], *, room: int = ROOM) -> None:
        self._expected = Expected(issuer=issuer, audience=audience, types=frozenset({TYPE}), algorithms=algorithms)
        self._proofs = Remembered[Proof](room)

    def look(self, token: str, now: int) -> Seen:
        """Check all that needs no key, so that only a token worth it makes anybody look for one. Raises `BadToken`."""
        name = digest(token)
        proof = self._proofs.get(name)
        if proof is not None:
            jose.check_claims(proof.claims, self._expected, now)
            return Seen(name, proof.kid, proof.alg, earlier=proof)
        parts = jose.take_apart(token)
        alg = jose.check_header(parts, self._expected)
        jose.check_claims(parts.claims, self._expected, now)
        return Seen(name, parts.kid, alg, parts=parts)

    def prove(self, token: str, seen: Seen, keys: PublicKeys) -> Principal:
        """Check the signature, unless these very keys verified it before. Raises `BadToken`."""
        if seen.earlier is not None and seen.earlier.keys is keys:
            return seen.earlier.principal
        parts = seen.parts or jose.take_apart(token)
        jose.prove(parts, keys, self._expected)
        principal = read_principal(parts.claims, self._expected.issuer)
        self._proofs.put(seen.digest, Proof(parts.claims, principal, keys, seen.kid, seen.alg))
        return principal


def looks_like_jwt(token: str) -> bool:
    """Whether a token is a compact JWS by its form; any other is a matter between the server and itself."""
    return token.startswith("eyJ") and token.count(".") == 2
