"""Signing a request, so that nobody on its way through the browser changes what is asked for (RFC 9101)."""

import json
from collections.abc import Sequence

from gatelodge.client.messages.registration import Moment, PrivateKeyJwt, signed_jwt
from gatelodge.protocol.request_object import TYPE

LIFETIME = 300  # seconds in which the browser must have brought it

_NUMBERS = frozenset({"max_age"})
_STRUCTURES = frozenset({"claims", "authorization_details"})  # JSON in a form, and here by itself (4)


def signed_parameters(
    asked: Sequence[tuple[str, str]], client_id: str, key: PrivateKeyJwt, issuer: str, moment: Moment
) -> list[tuple[str, str]]:
    """Return what is sent in place of these parameters: who asks, and a signature over all of them, for one server.

    Raises `ValueError` for `claims` that are no JSON.
    """
    now = moment.now()
    claims: dict[str, object] = {
        "iss": client_id,
        "aud": issuer,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "jti": moment.token(),
    }
    resource = [value for name, value in asked if name == "resource"]
    claims |= {name: _said(name, value) for name, value in asked if name != "resource"}
    if resource:
        claims["resource"] = resource[0] if len(resource) == 1 else resource
    return [("client_id", client_id), ("request", signed_jwt(claims, TYPE, key))]


def _said(name: str, value: str) -> object:
    if name in _NUMBERS:
        return int(value)
    return json.loads(value) if name in _STRUCTURES else value
