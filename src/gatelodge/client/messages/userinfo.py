"""Further claims about the person who signed in (OpenID Connect Core 5.3)."""

import re
from collections.abc import Mapping
from typing import Any

from gatelodge.client.errors import UnexpectedAnswer, UserInfoRefused
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.dpop import DpopKey
from gatelodge.client.sending.http import HttpRequest, HttpResponse, content_type, json_object, refuse_outage

_WHAT = "answer of UserInfo"
_ERROR = re.compile(r'(?:^|[\s,])error="?([\x21\x23-\x5B\x5D-\x7E]{1,64})"?')


def userinfo_request(metadata: ServerMetadata, access_token: str, key: DpopKey | None = None) -> HttpRequest:
    """Ask about the person, with a token that is bound to `key` if there is one. Raises `NotSupported`."""
    url = metadata.endpoint("userinfo_endpoint")
    bearing = {"authorization": f"Bearer {access_token}"} if key is None else key.headers("GET", url, access_token)
    return HttpRequest("GET", url, bearing)


def read_userinfo_response(metadata: ServerMetadata, response: HttpResponse, sub: str) -> Mapping[str, Any]:
    """Return the claims about the person whom the ID token calls `sub`; about nobody else (5.3.2).

    Raises `UserInfoRefused`, `ServerUnavailable`, `UnexpectedAnswer`.
    """
    refuse_outage(response, metadata.endpoint("userinfo_endpoint"))
    if response.status != 200:
        raise UserInfoRefused(_error_of(response), None, response.status)
    if content_type(response) == "application/jwt":
        raise UnexpectedAnswer(_WHAT, "JSON", "a signed token, which this client did not register for")
    claims = json_object(response, _WHAT)
    if claims.get("sub") != sub:
        raise UnexpectedAnswer(_WHAT, "the person of the ID token", "somebody else")
    return claims


def _error_of(response: HttpResponse) -> str:
    """Return the error code of a challenge, which is where it stands (RFC 6750 3.1)."""
    found = _ERROR.search(response.headers.get("www-authenticate", ""))
    return found[1] if found else f"status {response.status}"
