"""What the token endpoint answers (RFC 6749 5.1, 5.2; OpenID Connect Core 3.1.3.3)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from gatelodge.protocol.challenge import basic
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.reply import Headers, Reply, json_reply

_STATUS = {"invalid_client": 401, "server_error": 500, "temporarily_unavailable": 503}


class TokenSet(NamedTuple):
    """The tokens of one successful request.

    `expires_in` is in seconds. `issued` are the claims of the access token, for whoever wants to know what was issued
    without reading the token back; they are never part of the answer.
    """

    access_token: str
    expires_in: int
    scope: tuple[str, ...]
    token_type: str = "Bearer"
    refresh_token: str | None = None
    id_token: str | None = None
    issued: Mapping[str, Any] = MappingProxyType({})
    headers: Headers = ()
    issued_token_type: str | None = None

    def __repr__(self) -> str:
        """Show no token."""
        return f"TokenSet(scope={self.scope!r}, expires_in={self.expires_in})"


def token_reply(tokens: TokenSet) -> Reply:
    """Answer with the tokens. `scope` is always said, so nobody has to remember what was asked (3.3)."""
    reply = json_reply(token_members(tokens))
    return reply.with_headers(*tokens.headers) if tokens.headers else reply


def token_members(tokens: TokenSet) -> dict[str, object]:
    """Return the members of the answer, absent ones left out."""
    members: dict[str, object] = {
        "access_token": tokens.access_token,
        "token_type": tokens.token_type,
        "expires_in": tokens.expires_in,
        "scope": " ".join(tokens.scope),
    }
    if tokens.refresh_token is not None:
        members["refresh_token"] = tokens.refresh_token
    if tokens.issued_token_type is not None:
        members["issued_token_type"] = tokens.issued_token_type
    if tokens.id_token is not None:
        members["id_token"] = tokens.id_token
    return members


def refusal(error: OAuthError) -> Reply:
    """Answer a client's direct request with an error (5.2). A 401 names the scheme that works (RFC 9110 15.5.2)."""
    reply = json_reply({"error": error.code, "error_description": error.description}, _STATUS.get(error.code, 400))
    asked = (("www-authenticate", basic()),) if reply.status == 401 else ()
    return reply.with_headers(*asked, *error.headers)


def too_many(retry_after: int) -> Reply:
    """Answer 429: failures must stop for `retry_after` seconds (RFC 6585 4)."""
    members = {"error": "temporarily_unavailable", "error_description": "too many failed attempts"}
    return json_reply(members, 429).with_headers(("retry-after", str(retry_after)))
