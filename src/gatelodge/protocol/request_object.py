"""Signed requests: what a client signed is asked for, and nothing that the browser brings beside it (RFC 9101)."""

from collections.abc import Iterator, Mapping
from json import dumps
from typing import Any, cast, get_args

from gatelodge.protocol import jose, rules
from gatelodge.protocol.client import Client, RequestAlg
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.jose import BadToken, Expected, TokenParts
from gatelodge.protocol.jwks import KeySource
from gatelodge.protocol.params import MAX_FIELDS, MAX_NAME, MAX_VALUE, Params

TYPE = "oauth-authz-req+jwt"
ALGORITHMS: frozenset[str] = frozenset(get_args(RequestAlg))
MAX_AHEAD = 3_600  # seconds `exp` may lie ahead
MAX_JTI = 255  # characters

_TYPES = frozenset({TYPE, "jwt", ""})  # its own is recommended only (10.8)
_ABOUT_ITSELF = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti", "sub"})
_FIRST_PRINTABLE, _DELETE = " ", "\x7f"


def take_apart(token: str) -> TokenParts:
    """Return the parts of a signed request, proving nothing. Raises `OAuthError`, also for one that is encrypted."""
    try:
        return jose.take_apart(token, MAX_VALUE)
    except BadToken as bad:
        raise _refusal(bad.rule) from None


def read_request_object(parts: TokenParts, client: Client, keys: KeySource, issuer: str, now: int) -> Params:
    """Return what this client signed for the authorization server `issuer`. Raises `OAuthError` (6).

    Without `exp` it would be good for ever, and without `aud` at every server; so both are demanded, and `iss`.
    """
    algorithms = ALGORITHMS if client.request_object_alg is None else frozenset({client.request_object_alg})
    expected = Expected(
        issuer=client.id, audience=issuer, types=_TYPES, algorithms=algorithms, max_ahead=MAX_AHEAD, max_bytes=MAX_VALUE
    )
    try:
        jose.prove(parts, keys, expected)
        jose.check_claims(parts.claims, expected, now)
    except BadToken as bad:
        raise _refusal(bad.rule) from None
    _check_client(parts.claims, client)
    if not {"request", "request_uri"}.isdisjoint(parts.claims):
        raise OAuthError("invalid_request", "request holds another request", rules.REQUEST_ONE)
    return _params(parts.claims)


def check_beside(sent: Params, meant: Params) -> None:
    """Check that what stands beside a signed request is no other one; the rest of it is not read (OIDC Core 6.1).

    Raises `OAuthError`.
    """
    outside = sent.get("response_type")
    if outside is not None and outside != meant.get("response_type"):
        raise OAuthError("invalid_request", "response_type is another one in request", rules.REQUEST_BESIDE)


def check_unsigned(client: Client) -> None:
    """Check that a client may ask without a signature (10.5). Raises `OAuthError`."""
    if client.require_signed:
        raise OAuthError("invalid_request", "the request must be signed", rules.REQUEST_SIGNED)


def _check_client(claims: Mapping[str, Any], client: Client) -> None:
    """What is taken for a request is nothing that proves a client, and the other way round (10.8)."""
    jti: Any = claims.get("jti", "-")
    named = claims.get("client_id") == client.id and claims.get("sub") != client.id
    if not named or not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise _refusal(rules.REQUEST_CLIENT)


def _params(claims: Mapping[str, Any]) -> Params:
    pairs = [pair for name, value in claims.items() if name not in _ABOUT_ITSELF for pair in _pairs(name, value)]
    if len(pairs) > MAX_FIELDS or any(len(name) > MAX_NAME or len(value) > MAX_VALUE for name, value in pairs):
        raise _refusal(rules.REQUEST_FORM)
    if not all(map(_is_printable, (text for pair in pairs for text in pair))):
        raise _refusal(rules.REQUEST_FORM)
    return Params.of(pairs)


def _pairs(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield a member as a form would say it: a number in digits, a structure as JSON (4), `resource` once for each."""
    match value:
        case str():
            yield name, value
        case list() if name == "resource":
            for one in cast("list[object]", value):
                yield name, one if isinstance(one, str) else dumps(one)
        case None:
            pass
        case _:
            yield name, dumps(value)


def _is_printable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character
        return False
    return all(character >= _FIRST_PRINTABLE and character != _DELETE for character in text)


def _refusal(rule: rules.Rule) -> OAuthError:
    return OAuthError("invalid_request_object", f"request is refused: {rule.sentence}", rule)
