"""Access tokens that are JWTs, verified here with the server's keys (RFC 9068 4); the server is not asked.

A signature that was verified is remembered with the key set it was verified with, since the same token comes again and
again. Nothing else is: who issued it, for whom and until when is looked at every time, and with another key set the
signature, too.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gatelodge.protocol import jose
from gatelodge.protocol.jose import Expected, TokenParts
from gatelodge.protocol.jwks import PublicKeys
from gatelodge.resource.cache import Remembered, digest
from gatelodge.resource.issuer import Issuer
from gatelodge.resource.issuers import Issuers
from gatelodge.resource.principal import Principal, read_principal
from gatelodge.resource.profiles.contract import Profile
from gatelodge.resource.terms import Terms

ROOM = 10_000  # tokens remembered: about 20 MB at most


class VerifiedSignature(NamedTuple):
    """A signature that was verified with `keys`, and whom the token speaks of."""

    claims: Mapping[str, Any]
    principal: Principal
    keys: PublicKeys
    kid: str | None
    alg: str


class SeenToken(NamedTuple):
    """A token whose claims are all right if its signature is. `earlier` is what was proven of it before."""

    digest: bytes
    issuer: Issuer
    kid: str | None
    alg: str
    earlier: VerifiedSignature | None = None
    parts: TokenParts | None = None


class LocalTokens:
    """Verifies the JWT access tokens of some issuers for one API."""

    def __init__(self, issuers: Issuers, terms: Terms, algorithms: frozenset[str], *, room: int = ROOM) -> None:
        self._issuers = issuers
        self._terms = terms
        self._expected = Expected(
            issuer=None, audience=None, types=terms.profile.types, algorithms=algorithms, whole_seconds=False
        )
        self._proofs = Remembered[VerifiedSignature](room)

    @property
    def profile(self) -> Profile:
        """How the tokens are written."""
        return self._terms.profile

    def issuer_of(self, token: str) -> Issuer:
        """Return who says to have issued a token of the right kind, proving nothing. Raises `BadToken`."""
        parts = jose.take_apart(token)
        jose.check_type(parts, self._expected)
        issuer = self._issuers.find(parts.claims.get("iss"))
        self._terms.profile.check(parts.header, parts.claims)
        return issuer

    def look(self, token: str, now: int) -> SeenToken:
        """Check all that needs no key, so that only a token worth it makes anybody look for one. Raises `BadToken`."""
        name = digest(token)
        proof = self._proofs.get(name)
        if proof is not None:
            return SeenToken(name, self._checked(proof.claims, now), proof.kid, proof.alg, earlier=proof)
        parts = jose.take_apart(token)
        alg = jose.check_header(parts, self._expected)
        issuer = self._checked(parts.claims, now)
        self._terms.profile.check(parts.header, parts.claims)
        return SeenToken(name, issuer, parts.kid, alg, parts=parts)

    def _checked(self, claims: Mapping[str, Any], now: int) -> Issuer:
        """Return who issued a token that is for this API, and now. Raises `BadToken`."""
        issuer = self._issuers.find(claims.get("iss"))
        self._terms.check_audience(claims)
        jose.check_claims(claims, self._expected, now)
        return issuer

    def prove(self, token: str, seen: SeenToken, keys: PublicKeys) -> Principal:
        """Check the signature, unless these very keys verified it before. Raises `BadToken`."""
        if seen.earlier is not None and seen.earlier.keys is keys:
            return seen.earlier.principal
        parts = seen.parts or jose.take_apart(token)
        jose.check_signature(parts, keys, seen.alg)
        principal = read_principal(parts.claims, seen.issuer.name, self._terms.profile)
        self._proofs.put(seen.digest, VerifiedSignature(parts.claims, principal, keys, seen.kid, seen.alg))
        return principal


def looks_like_jwt(token: str) -> bool:
    """Whether a token is a compact JWS by its form; any other is a matter between the server and itself."""
    return token.startswith("eyJ") and token.count(".") == 2
