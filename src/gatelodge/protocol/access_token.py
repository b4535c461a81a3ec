"""What a JWT access token says (RFC 9068 2.2)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

TYPE = "at+jwt"


class AccessToken(NamedTuple):
    """What was authorized, ready to be said in an access token.

    `subject` is the person, or the client itself when no person is behind it. `lifetime` is in seconds. `grant_id`
    names the family of tokens it belongs to; it, `auth_time`, `acr` and `amr` are absent for a machine. `act` says who
    acts for the person, and for whom these do, `may_act` who alone may come to (RFC 8693 4.1, 4.4). `jkt` is the
    thumbprint of the key it is bound to (RFC 9449 6.1).
    """

    issuer: str
    audience: tuple[str, ...]
    client_id: str
    subject: str
    scope: tuple[str, ...]
    jti: str
    lifetime: int
    auth_time: int | None = None
    acr: str | None = None
    amr: tuple[str, ...] = ()
    grant_id: str | None = None
    act: Mapping[str, Any] | None = None
    may_act: Mapping[str, Any] | None = None
    jkt: str | None = None


def access_token_claims(token: AccessToken, now: int) -> dict[str, Any]:
    """Return the claims of an access token issued at `now`."""
    claims: dict[str, Any] = {
        "iss": token.issuer,
        "sub": token.subject,
        "aud": token.audience[0] if len(token.audience) == 1 else list(token.audience),
        "client_id": token.client_id,
        "iat": now,
        "exp": now + token.lifetime,
        "jti": token.jti,
    }
    if token.scope:
        claims["scope"] = " ".join(token.scope)
    if token.jkt is not None:
        claims["cnf"] = {"jkt": token.jkt}
    if token.auth_time is not None:
        claims |= _sign_in(token)
    return claims


def _sign_in(token: AccessToken) -> dict[str, Any]:
    """RFC 9068 2.2.1: how the person signed in, so an API can ask for better (RFC 9470)."""
    facts: dict[str, Any] = {"auth_time": token.auth_time}
    if token.acr is not None:
        facts["acr"] = token.acr
    if token.amr:
        facts["amr"] = list(token.amr)
    if token.grant_id is not None:
        facts["grant_id"] = token.grant_id
    if token.act is not None:
        facts["act"] = token.act
    if token.may_act is not None:
        facts["may_act"] = token.may_act
    return facts
