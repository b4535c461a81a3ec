"""A client proves itself with a JWT it signed: private_key_jwt (RFC 7523 3, OpenID Connect Core 9)."""

from dataclasses import dataclass
from typing import Any

from gatelodge.protocol import jose, rules
from gatelodge.protocol.jose import BadToken, Expected, TokenParts
from gatelodge.protocol.jwks import KeySource

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = frozenset({"ES256", "RS256", "PS256"})
MAX_AHEAD = 3_600  # seconds `exp` may lie ahead (Authlib asks for an hour): so long a used `jti` is remembered
MAX_ASSERTION = 8_192  # characters
MAX_JTI = 255  # characters

# RFC 7523 gave it no name of its own; its successor calls it client-authentication+jwt. Never one of our kinds.
_TYPES = frozenset({"", "jwt", "client-authentication+jwt"})


@dataclass(frozen=True, slots=True)
class Assertion:
    """A proven assertion, still to be spent: `jti` may be used once until `forget_at` (seconds since 1970)."""

    client_id: str
    jti: str
    forget_at: int


def claimed_client(parts: TokenParts) -> str:
    """Return who an unproven assertion says signed it: `iss` and `sub`, which are equal. Raises `BadToken`."""
    subject: Any = parts.claims.get("sub")
    if not isinstance(subject, str) or not subject or parts.claims.get("iss") != subject:
        raise BadToken(rules.ASSERTION_SUBJECT)
    return subject


def check(parts: TokenParts, client_id: str, keys: KeySource, issuer: str, now: int) -> Assertion:
    """Check an assertion of `client_id` made for the authorization server `issuer`. Raises `BadToken`.

    `aud` is the issuer string itself, no list and no endpoint, so it is worth nothing at another server.
    """
    expected = Expected(
        issuer=client_id,
        audience=issuer,
        sole_audience=True,
        types=_TYPES,
        algorithms=ALGORITHMS,
        max_ahead=MAX_AHEAD,
    )
    if claimed_client(parts) != client_id:
        raise BadToken(rules.ASSERTION_SUBJECT)
    jose.prove(parts, keys, expected)
    jose.check_claims(parts.claims, expected, now)
    return Assertion(client_id, _jti(parts), parts.claims["exp"] + jose.LEEWAY)


def _jti(parts: TokenParts) -> str:
    jti: Any = parts.claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise BadToken(rules.ASSERTION_ONCE)
    return jti
