"""The one door for reading JSON Web Tokens: whatever kind comes in, it comes in through `read` (RFC 7519, RFC 8725).

What a kind of token must look like is an `Expected`. Algorithms are allow-listed per kind, keys are found by `kid`
among keys the caller already trusts, bytes are limited before they are decoded, no header can point to a key, and a
header that brings one proves no more than that whoever made the token has it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from gatelodge.protocol import base64url, rules
from gatelodge.protocol.jwks import ASYMMETRIC, MAX_KID, KeySource
from gatelodge.protocol.rules import Rule
from gatelodge.protocol.strict_json import BadJson, read_object

MAX_TOKEN = 16_384  # characters
MAX_HEADER = 2_048  # bytes
HEADERS = 64  # remembered at most
LEEWAY = 60  # seconds two honest clocks may differ
LAST_SECOND = 1 << 42  # no time we believe lies beyond

# A header member that says where a key is, or that changes what was signed, is refused whatever it says.
_FORBIDDEN = frozenset({"crit", "b64", "jku", "x5u", "x5c", "zip", "enc"})


class BadToken(Exception):
    """A token that was refused; `rule` is the check that refused it. The message echoes nothing of the token."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule.sentence)
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What one kind of token must look like.

    `types` are the `typ` values it may carry, in lower case; `""` allows none at all. `issuer` and `audience` are
    `None` if the caller judges `iss` and `aud` itself; `sole_audience` demands the string itself, not a list.
    `max_ahead` is how many seconds `exp` may lie ahead, `grace` how many seconds after `exp` it is still taken. Other
    servers may write parts of a second (RFC 7519 2), if not `whole_seconds`. `brings_key` is for a kind that has the
    key it was signed with in its header (`jwk`, RFC 9449 4.2); any other is refused for having it.
    """

    issuer: str | None
    audience: str | None
    types: frozenset[str]
    algorithms: frozenset[str] = ASYMMETRIC
    sole_audience: bool = False
    max_ahead: int | None = None
    grace: int = LEEWAY
    whole_seconds: bool = True
    max_bytes: int = MAX_TOKEN
    brings_key: bool = False


class TokenParts(NamedTuple):
    """A compact token taken apart; nothing of it is proven."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @property
    def kid(self) -> str | None:
        """The name of the key it says it was signed with."""
        return self.header.get("kid")


HeaderReader = Callable[[bytes], Mapping[str, Any]]


def read(token: str, keys: KeySource, expected: Expected, now: int) -> Mapping[str, Any]:
    """Return the claims of a token that is all `expected` says. Raises `BadToken`."""
    parts = take_apart(token, expected.max_bytes)
    prove(parts, keys, expected)
    check_claims(parts.claims, expected, now)
    return parts.claims


def take_apart(token: str, max_bytes: int = MAX_TOKEN, reader: HeaderReader | None = None) -> TokenParts:
    """Return the parts of a compact JWS, proving nothing: to learn who claims to speak. Raises `BadToken`.

    `reader` reads the header in place of `read_header`, for a kind whose headers are remembered elsewhere.
    """
    if len(token) > max_bytes or token.count(".") != 2 or not token.isascii():
        raise BadToken(rules.JWT_COMPACT)
    signed, _, signature = token.encode("ascii").rpartition(b".")
    header, _, payload = signed.partition(b".")
    raw, proof = _decoded(payload), _decoded(signature)
    return TokenParts((reader or read_header)(header), _object(raw, max_bytes), signed, proof)


@lru_cache(maxsize=HEADERS)
def read_header(segment: bytes) -> Mapping[str, Any]:
    """Return a header as `unproven_header` does. It is read once, since all tokens of one key begin with the same."""
    return unproven_header(segment)


def unproven_header(segment: bytes) -> Mapping[str, Any]:
    """Return a header in which nothing is forbidden, proving nothing. Raises `BadToken`.

    What a kind of token wants of it is checked later, and each time.
    """
    header = _object(_decoded(segment), MAX_HEADER)
    if not _FORBIDDEN.isdisjoint(header):
        raise BadToken(rules.JWT_HEADER)
    kid: Any = header.get("kid", "")
    if not isinstance(kid, str) or len(kid) > MAX_KID:
        raise BadToken(rules.JWT_KEY)
    return MappingProxyType(header)


def prove(parts: TokenParts, keys: KeySource, expected: Expected) -> None:
    """Check the header and the signature. Raises `BadToken`."""
    check_signature(parts, keys, check_header(parts, expected))


def check_signature(parts: TokenParts, keys: KeySource, alg: str) -> None:
    """Check that the key a token names signed it with `alg`, which its header may name. Raises `BadToken`."""
    key = keys.find(parts.kid, alg)
    if key is None:
        raise BadToken(rules.JWT_KEY)
    if not key.proofs[alg](parts.signed, parts.signature):
        raise BadToken(rules.JWT_SIGNATURE)


def check_header(parts: TokenParts, expected: Expected) -> str:
    """Return the algorithm a token says it is signed with, if it may be and its type is right. Raises `BadToken`."""
    if ("jwk" in parts.header) is not expected.brings_key:
        raise BadToken(rules.JWT_HEADER)
    alg: Any = parts.header.get("alg")
    if not isinstance(alg, str) or alg not in expected.algorithms:
        raise BadToken(rules.JWT_ALG)
    check_type(parts, expected)
    return alg


def check_type(parts: TokenParts, expected: Expected) -> None:
    """Check that a token says which kind it is (RFC 8725 3.11). Raises `BadToken`.

    `application/` may be left out (RFC 7515 4.1.9).
    """
    typ: Any = parts.header.get("typ", "")
    name = typ.lower().removeprefix("application/") if isinstance(typ, str) else None
    if name not in expected.types:
        raise BadToken(rules.JWT_TYP)


def check_claims(claims: Mapping[str, Any], expected: Expected, now: int) -> None:
    """Check who made the token, for whom, and when. Raises `BadToken`."""
    if expected.issuer is not None and claims.get("iss") != expected.issuer:
        raise BadToken(rules.JWT_ISS)
    _check_audience(claims.get("aud"), expected)
    _check_times(claims, expected, now)


def _decoded(segment: bytes) -> bytes:
    try:
        return base64url.decoded(segment)
    except ValueError as error:
        raise BadToken(rules.JWT_COMPACT) from error


def _object(raw: bytes, max_bytes: int) -> dict[str, Any]:
    try:
        return read_object(raw, max_bytes)
    except BadJson as error:
        raise BadToken(rules.JWT_JSON) from error


def _check_audience(aud: object, expected: Expected) -> None:
    if expected.audience is None or aud == expected.audience:
        return
    if expected.sole_audience or not isinstance(aud, list) or expected.audience not in aud:
        raise BadToken(rules.JWT_AUD)


def _check_times(claims: Mapping[str, Any], expected: Expected, now: int) -> None:
    """`exp` is demanded; `nbf` and `iat` are believed only if they do not lie ahead (RFC 7519 4.1)."""
    exp = _second(claims, "exp", expected)
    if exp is None or exp <= now - expected.grace:
        raise BadToken(rules.JWT_EXP)
    if expected.max_ahead is not None and exp > now + expected.max_ahead + LEEWAY:
        raise BadToken(rules.JWT_EXP)
    for name in ("nbf", "iat"):
        if name in claims and (_second(claims, name, expected) or 0) > now + LEEWAY:
            raise BadToken(rules.JWT_NOT_YET)


def _second(claims: Mapping[str, Any], name: str, expected: Expected) -> int | None:
    """Return a time claim in whole seconds, `None` if absent. Raises `BadToken` for anything else (JWT-10)."""
    value: Any = claims.get(name)
    if value is None and name not in claims:
        return None
    if type(value) is float and not expected.whole_seconds:
        value = math.floor(value)
    if type(value) is not int or not 0 <= value < LAST_SECOND:
        raise BadToken(rules.JWT_TIME)
    return value
