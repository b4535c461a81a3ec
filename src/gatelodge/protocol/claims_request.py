"""The `claims` parameter: claims asked for one by one (OpenID Connect Core 5.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from gatelodge.protocol import rules
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.strict_json import BadJson, read_object

MAX_BYTES = 8_192
MAX_CLAIMS = 100  # of one member
MAX_ACR_VALUES = 20

Requests = Mapping[str, Mapping[str, Any]]  # claim -> what is said of it, `{}` for null


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """What `claims` asks for: names of claims in UserInfo and in the ID token, and what it demands of two of them.

    `sub` is the one person it may be. `essential_acr` are the values one of which must be reached, `acr_values` those
    that would be nice.
    """

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    sub: str | None = None
    acr_values: tuple[str, ...] = ()
    essential_acr: tuple[str, ...] = ()


def read_claims(text: str | None) -> ClaimsRequest:
    """Return what the parameter asks for; nothing if it is `None`.

    Raises `OAuthError` (invalid_request) if it is too large, too deep, ambiguous or not of the specified form.
    """
    if text is None:
        return ClaimsRequest()
    try:
        document = read_object(text.encode(), MAX_BYTES)
    except BadJson:
        raise _malformed("claims is not a small JSON object") from None
    userinfo, id_token = _requests(document.get("userinfo", {})), _requests(document.get("id_token", {}))
    acr = id_token.get("acr", {})
    values = _values(acr)
    essential = acr.get("essential") is True
    return ClaimsRequest(
        tuple(userinfo),
        tuple(id_token),
        _sub(userinfo, id_token),
        acr_values=() if essential else values,
        essential_acr=values if essential else (),
    )


def _requests(member: object) -> Requests:
    if not isinstance(member, dict):
        raise _malformed("userinfo and id_token in claims are objects")
    requests = cast("dict[str, Any]", member)
    if len(requests) > MAX_CLAIMS:
        raise _malformed("claims asks for too much")
    return {name: _request(member) for name, member in requests.items()}


def _request(member: object) -> Mapping[str, Any]:
    if member is None:
        return {}
    if not isinstance(member, dict):
        raise _malformed("a claim in claims is null or an object")
    request = cast("dict[str, Any]", member)
    if not isinstance(request.get("essential", False), bool) or not isinstance(request.get("values", []), list):
        raise _malformed("essential is true or false and values is a list in claims")
    return request


def _values(request: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the strings one of which is asked for."""
    values: list[Any] = [request["value"]] if "value" in request else request.get("values", [])
    if len(values) > MAX_ACR_VALUES or not all(isinstance(value, str) for value in values):
        raise _malformed("value and values of sub and acr are strings in claims")
    return tuple(values)


def _sub(userinfo: Requests, id_token: Requests) -> str | None:
    """Return the one `sub` that is asked for (5.5.1)."""
    asked = {*_values(userinfo.get("sub", {})), *_values(id_token.get("sub", {}))}
    if len(asked) > 1:
        raise _malformed("claims asks for more than one sub")
    return asked.pop() if asked else None


def _malformed(description: str) -> OAuthError:
    return OAuthError("invalid_request", description, rules.CLAIMS)
