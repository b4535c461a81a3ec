"""What an API is told about a token (RFC 7662 2.2)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gatelodge.protocol.reply import Reply, json_reply

INACTIVE: Mapping[str, Any] = MappingProxyType({"active": False})

# What RFC 7662 2.2, RFC 9449 6.2, RFC 9470 6.2 and RFC 8693 4 name, of what our access tokens say.
_SAID = (
    *("iss", "sub", "aud", "client_id", "scope", "iat", "exp", "jti", "auth_time", "acr", "amr"),
    *("act", "may_act", "cnf"),
)


def active(claims: Mapping[str, Any], username: str | None = None) -> dict[str, Any]:
    """Return the document of a token that works; `claims` are those of the access token, `username` the person's."""
    document: dict[str, Any] = {"active": True, "token_type": "DPoP" if "cnf" in claims else "Bearer"}
    document |= {name: claims[name] for name in _SAID if name in claims}
    if username is not None:
        document["username"] = username
    return document


def introspection_reply(document: Mapping[str, Any]) -> Reply:
    """Answer with an active document or with `INACTIVE`, which is the same for every reason there is."""
    return json_reply(document)
