"""A client asks that the person be signed out (OpenID Connect RP-Initiated Logout 1.0)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from gatelodge.protocol import jose, rules
from gatelodge.protocol.authorize_params import read_ui_locales
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import UnsafeRequest
from gatelodge.protocol.jose import BadToken, Expected
from gatelodge.protocol.jwks import KeySource
from gatelodge.protocol.params import Params

_OURS = frozenset({"RS256", "ES256"})


@dataclass(frozen=True, slots=True)
class Hint:
    """What an ID token of ours, perhaps long expired, says: whose it is, whom it was made for, in which session."""

    sub: str
    client_id: str
    sid: str | None


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A request to sign out; nothing is done for it yet. `client_id` is who asks, `None` if nobody says.

    `hint_unread` says that a hint came and could not be verified: it is none, and the person is asked. `logout_hint` is
    whom the client means, in whatever words; `ui_locales` are the languages it asks for.
    """

    client_id: str | None
    hint: Hint | None
    post_logout_redirect_uri: str | None
    state: str | None
    hint_unread: bool = False
    logout_hint: str | None = None
    ui_locales: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """Where the browser goes afterwards; made only by `find_return`, which checked it."""

    uri: str
    state: str | None

    @property
    def location(self) -> str:
        """The address with `state`, if there was one, appended to its query."""
        if self.state is None:
            return self.uri
        return f"{self.uri}{'&' if '?' in self.uri else '?'}state={quote(self.state, safe='')}"


def read_request(params: Params, issuer: str, keys: KeySource, now: int) -> LogoutRequest:
    """Read a logout request. Raises `UnsafeRequest` if the hint was issued to another client than asks."""
    token = params.get("id_token_hint")
    hint = read_hint(token, issuer, keys, now) if token else None
    client_id = params.get("client_id")
    if hint is not None and client_id not in (None, hint.client_id):
        raise UnsafeRequest("client_id is not whom id_token_hint was issued to", rules.LOGOUT_CLIENT)
    asked_by = hint.client_id if hint else client_id
    hint_unread = token is not None and hint is None
    return LogoutRequest(
        asked_by,
        hint,
        params.get("post_logout_redirect_uri"),
        params.get("state"),
        hint_unread,
        params.get("logout_hint"),
        read_ui_locales(params),
    )


def read_hint(token: str, issuer: str, keys: KeySource, now: int) -> Hint | None:
    """Return what an ID token of ours says; its expiry does not matter, its kind does. What cannot be verified is no
    hint, so the answer is `None`."""
    expected = Expected(
        issuer=issuer, audience=None, types=frozenset({"jwt"}), algorithms=_OURS, grace=jose.LAST_SECOND
    )
    try:
        claims = jose.read(token, keys, expected, now)
    except BadToken:
        return None
    sub: Any = claims.get("sub")
    audience: Any = claims.get("aud")
    if not isinstance(sub, str) or not isinstance(audience, str):
        return None
    sid: Any = claims.get("sid")
    return Hint(sub, audience, sid if isinstance(sid, str) else None)


def find_return(request: LogoutRequest, client: Client | None) -> ReturnAddress | None:
    """Return where the browser may go afterwards, `None` if nothing was asked. Raises `UnsafeRequest`.

    Only a value the client registered, equal in every character, is ever gone to: to none if only a hint that could not
    be verified would have said whose client it is.
    """
    uri = request.post_logout_redirect_uri
    if uri is None or (request.client_id is None and request.hint_unread):
        return None
    if client is None or not client.enabled or uri not in client.post_logout_redirect_uris:
        raise UnsafeRequest("post_logout_redirect_uri is not a registered value", rules.LOGOUT_REDIRECT)
    return ReturnAddress(uri, request.state)


def must_ask(request: LogoutRequest, sub: str, sid: str) -> bool:
    """Whether the person signed in as `sub` in session `sid` has to confirm: yes, unless a hint proves that session.

    Without that an image on a foreign page could sign people out. Where a `logout_hint` says whom the client means,
    `names` has to say that it is this person.
    """
    return request.hint is None or request.hint.sub != sub or request.hint.sid not in (None, sid)


def names(logout_hint: str | None, sid: str, *called: str | None) -> bool:
    """Whether a hint is of this session, or one of what its person is `called`; none means anybody."""
    if logout_hint is None or logout_hint == sid:
        return True
    return logout_hint.casefold() in {name.casefold() for name in called if name}


def frame_url(client: Client, issuer: str, sid: str) -> str | None:
    """Return what the signed-out page loads in a frame for a client, `None` if nothing (Front-Channel Logout 1.0 2)."""
    uri = client.frontchannel_logout_uri
    return uri and f"{uri}{'&' if '?' in uri else '?'}{urlencode({'iss': issuer, 'sid': sid})}"
