"""Who signed in: an ID token believed only after every check (OpenID Connect Core 2, 3.1.3.7, 12.2)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from gatelodge.client.errors import IdTokenRejected, shown
from gatelodge.protocol import jose
from gatelodge.protocol.id_token import half_hash
from gatelodge.protocol.jose import ASYMMETRIC, BadToken, Expected, TokenParts
from gatelodge.protocol.jwks import KeySource

MAX_SUB = 255  # characters
_TYPES = frozenset({"", "jwt"})  # an access token says at+jwt, a logout token logout+jwt


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedIdToken:
    """What an ID token must fit.

    `nonce` is what was sent, `None` if none was. `access_token` and `code` are what came with it. `max_age` is in
    seconds, `None` if it was not asked for. `subject` is who it must be about: set when a token is renewed.
    """

    issuer: str
    client_id: str
    nonce: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    max_age: int | None = None
    subject: str | None = None
    algorithms: frozenset[str] = ASYMMETRIC


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as one issuer says: `sub` means nothing without `issuer`. `claims` is the whole ID token."""

    issuer: str
    sub: str
    claims: Mapping[str, Any] = field(repr=False)


def read_header(token: str, expected: ExpectedIdToken) -> TokenParts:
    """Return the unproven parts of an ID token, to find the key with. Raises `IdTokenRejected`."""
    try:
        parts = jose.take_apart(token)
    except BadToken as error:
        raise IdTokenRejected(error.rule.sentence) from None
    alg = parts.header.get("alg")
    if alg not in expected.algorithms:
        raise IdTokenRejected("its algorithm is one we accept", ", ".join(sorted(expected.algorithms)), shown(alg))
    return parts


def validate_id_token(token: str, keys: KeySource, expected: ExpectedIdToken, now: int) -> Person:
    """Return who an ID token is about. Raises `IdTokenRejected`."""
    parts = read_header(token, expected)
    _compare("iss", expected.issuer, parts.claims.get("iss"))
    _check_audience(parts.claims, expected.client_id)
    kind = Expected(issuer=expected.issuer, audience=None, types=_TYPES, algorithms=expected.algorithms)
    try:
        jose.prove(parts, keys, kind)
        jose.check_claims(parts.claims, kind, now)
    except BadToken as error:
        raise IdTokenRejected(error.rule.sentence) from None
    _check_nonce(parts.claims, expected)
    _check_hash(parts.claims, "at_hash", expected.access_token)
    _check_hash(parts.claims, "c_hash", expected.code)
    _check_sign_in(parts.claims, expected, now)
    return Person(expected.issuer, _subject(parts.claims, expected), parts.claims)


def _compare(name: str, expected: str, came: object) -> None:
    if came != expected:
        raise IdTokenRejected(f"{name} is the one expected", shown(expected), shown(came))


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    """It is for us; among several audiences it must have been made for us (3.1.3.7, 3 to 5)."""
    aud: object = claims.get("aud")
    audience = cast("list[object]", aud) if isinstance(aud, list) else [aud]
    if client_id not in audience:
        raise IdTokenRejected("aud names this client", shown(client_id), shown(audience))
    if "azp" in claims or len(audience) > 1:
        _compare("azp", client_id, claims.get("azp"))


def _check_nonce(claims: Mapping[str, Any], expected: ExpectedIdToken) -> None:
    """A nonce that was sent must come back; a renewed token need not have one, and nobody keeps the first (12.2)."""
    came: Any = claims.get("nonce")
    if expected.nonce is None and (came is None or expected.subject is not None):
        return
    if not isinstance(came, str) or not hmac.compare_digest(came.encode(), (expected.nonce or "").encode()):
        raise IdTokenRejected("nonce is the one this sign-in began with")


def _check_hash(claims: Mapping[str, Any], name: str, value: str | None) -> None:
    """A token that says which access token or code it came with is believed beside that one only (3.1.3.8)."""
    came: Any = claims.get(name)
    if came is None or value is None:
        return
    if not isinstance(came, str) or not hmac.compare_digest(came.encode(), (half_hash(value) or "").encode()):
        raise IdTokenRejected(f"{name} fits what came with the token")


def _check_sign_in(claims: Mapping[str, Any], expected: ExpectedIdToken, now: int) -> None:
    """`iat` must be there; with `max_age` also `auth_time`, recent enough (3.1.2.1, 3.1.3.7)."""
    if type(claims.get("iat")) is not int:
        raise IdTokenRejected("iat says when it was made")
    if expected.max_age is None:
        return
    auth_time: Any = claims.get("auth_time")
    if type(auth_time) is not int or auth_time + expected.max_age + jose.LEEWAY < now:
        raise IdTokenRejected("the person signed in recently enough", f"within {expected.max_age} seconds", "earlier")


def _subject(claims: Mapping[str, Any], expected: ExpectedIdToken) -> str:
    sub: Any = claims.get("sub")
    if not isinstance(sub, str) or not 0 < len(sub) <= MAX_SUB:
        raise IdTokenRejected("sub says who it is about")
    if expected.subject is not None and sub != expected.subject:
        raise IdTokenRejected("it is about the same person as before")
    return sub
