"""Signing out: we tell the server (RP-Initiated Logout 1.0), or the server tells us (Back-Channel Logout 1.0)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from gatelodge.client.errors import LogoutTokenRejected
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.registration import ClientConfig
from gatelodge.protocol import jose
from gatelodge.protocol.jose import ASYMMETRIC, BadToken, Expected, TokenParts
from gatelodge.protocol.jwks import KeySource
from gatelodge.protocol.logout_token import EVENT

MAX_AHEAD = 3_600  # seconds `exp` may lie ahead; two minutes are usual (2.4)

# Its own type is recommended only; what else tells it apart is the event, and that it has no nonce.
_TYPES = frozenset({"logout+jwt", "jwt", ""})


@dataclass(frozen=True, slots=True)
class LogoutToken:
    """Whose sessions end: that of `sid` if it is given, else all of `sub`. `jti` may be used once until `forget_at`."""

    sub: str | None
    sid: str | None
    jti: str
    forget_at: int


def logout_url(metadata: ServerMetadata, client: ClientConfig, id_token: str | None, state: str | None = None) -> str:
    """Return where to send the browser to end the session at the server. Raises `NotSupported`."""
    endpoint = metadata.endpoint("end_session_endpoint")
    said = {
        "id_token_hint": id_token,
        "client_id": client.client_id,
        "post_logout_redirect_uri": client.post_logout_redirect_uri,
        "state": state if client.post_logout_redirect_uri else None,
    }
    query = urlencode({name: value for name, value in said.items() if value}, quote_via=quote)
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"


def read_logout_header(token: str) -> TokenParts:
    """Return the unproven parts of a logout token, to find the key with. Raises `LogoutTokenRejected`."""
    try:
        parts = jose.take_apart(token)
    except BadToken as error:
        raise LogoutTokenRejected(error.rule.sentence) from None
    if parts.header.get("alg") not in ASYMMETRIC:
        raise LogoutTokenRejected("its algorithm is one we accept")
    return parts


def validate_logout_token(token: str, keys: KeySource, client: ClientConfig, now: int) -> LogoutToken:
    """Return whose sessions end. Raises `LogoutTokenRejected` (Back-Channel Logout 2.6)."""
    expected = Expected(issuer=client.issuer, audience=client.client_id, types=_TYPES, max_ahead=MAX_AHEAD)
    try:
        claims = jose.read(token, keys, expected, now)
    except BadToken as error:
        raise LogoutTokenRejected(error.rule.sentence) from None
    events: Any = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):  # pyright: ignore[reportUnknownMemberType]
        raise LogoutTokenRejected("it says that it is about signing out")
    if "nonce" in claims:
        raise LogoutTokenRejected("it has no nonce: an ID token signs nobody out")
    if type(claims.get("iat")) is not int:
        raise LogoutTokenRejected("iat says when it was made")
    sub, sid, jti = (_text(claims.get(name)) for name in ("sub", "sid", "jti"))
    if jti is None or (sub is None and sid is None):
        raise LogoutTokenRejected("it says who or which session is signed out, and has a jti")
    return LogoutToken(sub, sid, jti, claims["exp"] + jose.LEEWAY)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 255 else None
