"""Logging people in, for any framework: what to answer at /login, /callback, /logout and /backchannel-logout.

PKCE, `state`, `nonce` and the check of `iss` are always on. The browser holds two random ids and nothing else: one of
its session, new at each sign-in, and one that sign-ins which are under way are bound to.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NotRequired, TypedDict, Unpack
from urllib.parse import quote

from gatelodge.client.client import OAuthClient
from gatelodge.client.errors import (
    AddressRefused,
    CallbackRejected,
    LogoutTokenRejected,
    NotSupported,
    OAuthClientError,
)
from gatelodge.client.keeping.events import Tell
from gatelodge.client.keeping.memory import memory_store
from gatelodge.client.keeping.renewer import Renewer
from gatelodge.client.keeping.sealed import TokenStore
from gatelodge.client.login import pages
from gatelodge.client.login.pending import TOLD_APART, Pendings
from gatelodge.client.login.sessions import Session, Sessions, User
from gatelodge.client.login.visit import Visit, local_path, split
from gatelodge.client.messages.authorization import Wanted
from gatelodge.client.messages.registration import ClientAuth, ClientConfig, Moment, secret_auth
from gatelodge.client.messages.tokens import Tokens
from gatelodge.client.sending.sender import Sender, private_route
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.redirect_uri import url_defect
from gatelodge.protocol.reply import Cookie, Reply, redirect

ACTIONS = ("login", "callback", "logout", "backchannel-logout")
MAX_BODY = 65_536  # bytes of a logout token in its form
BROWSER = 43  # characters of the secret that sign-ins are bound to

LOG = logging.getLogger("gatelodge.login")


class Options(TypedDict):
    """What a `Login` may be told beyond issuer, client id and secret.

    `base_url` is scheme, host and port of the application as browsers see it; without it, what the framework says is
    believed. `store` is needed by more than one process, and to keep people signed in across a restart. `lifetime` of a
    session is in seconds. After signing out at the server the browser is sent to `post_logout_redirect_uri`, which
    must be registered. `allow_private` lets the issuer be inside your own network. `cookie` names the session's cookie:
    give each `Login` of a site its own. `tell` hears what becomes of tokens.
    """

    auth: NotRequired[ClientAuth]
    scope: NotRequired[str]
    resource: NotRequired[tuple[str, ...]]
    max_age: NotRequired[int]
    base_url: NotRequired[str]
    store: NotRequired[TokenStore]
    lifetime: NotRequired[int]
    after_login: NotRequired[str]
    after_logout: NotRequired[str]
    post_logout_redirect_uri: NotRequired[str]
    allow_private: NotRequired[bool]
    cookie: NotRequired[str]
    tell: NotRequired[Tell]
    client: NotRequired[OAuthClient]
    moment: NotRequired[Moment]


class Login:
    """Logs people in at one issuer. Any thread may use it; make one and keep it.

    `renewer` holds the tokens of who is signed in and renews them when they are asked for; in a `with login.renewer:`
    also in the background. Raises `ValueError` for a scope without `openid`.
    """

    def __init__(
        self, issuer: str, client_id: str, client_secret: str | None = None, **options: Unpack[Options]
    ) -> None:
        config = ClientConfig(
            issuer=issuer,
            client_id=client_id,
            auth=options.get("auth") or secret_auth(client_secret),
            post_logout_redirect_uri=options.get("post_logout_redirect_uri"),
        )
        moment, store = options.get("moment") or Moment(), options.get("store") or memory_store()
        self._options = options
        self._scope = options.get("scope", "openid profile email")
        self._cookie = options.get("cookie", "gatelodge")
        self._lifetime = options.get("lifetime", 12 * 3_600)
        self._moment = moment
        self.client = options.get("client") or _client(config, moment, options.get("allow_private", False))
        self.renewer = Renewer(self.client, store, options.get("tell"), moment=moment)
        self._sessions = Sessions(store, config, moment, self._lifetime)
        self._pendings = Pendings(store, moment)
        if "openid" not in Wanted(scope=self._scope).scopes:
            raise ValueError("scope needs openid: without it nobody is said to have signed in")

    def user_of(self, visit: Visit) -> User | None:
        """Return who is signed in, `None` if nobody is. Raises `StoreUnavailable`."""
        session = self._session_of(visit)
        return session.user if session else None

    def access_token_of(self, visit: Visit) -> str | None:
        """Return an access token of who is signed in, renewed if need be, `None` if nobody is.

        Raises `TokenExpired` if the person has to sign in again, `ServerUnavailable`, `StoreUnavailable`.
        """
        session = self._session_of(visit)
        return self.renewer.access_token(session.name) if session else None

    def login_path(self, visit: Visit, prefix: str) -> str:
        """Return where to send whoever has to sign in to be let in where they went."""
        query = f"?{visit.query}" if visit.query else ""
        return f"{prefix}/login?next={quote(local_path(visit.path + query), safe='/')}"

    def respond(self, action: str, visit: Visit) -> Reply:
        """Answer a request to one of our paths."""
        handlers = {"login": self._begin, "callback": self._finish, "logout": self._leave}
        try:
            if action == "backchannel-logout":
                return self._hear(visit)
            if visit.method not in (("GET", "POST") if action == "logout" else ("GET",)):
                return pages.plain(405, "method not allowed", ("allow", "GET"))
            return handlers[action](visit)
        except OAuthClientError as error:
            LOG.warning("%s: %s: %s", action, type(error).__name__, error)
            return pages.failure(error, f"{visit.prefix}/login")

    def _begin(self, visit: Visit) -> Reply:
        """Send the browser to the server, and remember what for."""
        wanted = Wanted(
            scope=self._scope,
            resource=self._options.get("resource", ()),
            max_age=self._options.get("max_age"),
            redirect_uri=self._callback_url(visit),
        )
        browser = self._browser(visit) or self._moment.token()
        begun = self.client.begin(wanted)
        next_path = local_path(_parameter(visit.query, "next"), self._options.get("after_login", "/"))
        self._pendings.begin(begun.transaction, browser, visit, next_path)
        return redirect(begun.url, self._set_cookie(visit, "signin", browser, TOLD_APART))

    def _finish(self, visit: Visit) -> Reply:
        """End the sign-in that was begun in this browser, and no other."""
        begun = self._pendings.end(_state(visit.query), self._browser(visit), visit)
        tokens = self.client.finish(begun.transaction, f"{self._callback_url(visit)}?{visit.query}")
        user = self._user(tokens)
        self._end(self._session_of(visit))
        secret, session = self._sessions.begin(user, tokens.id_token)
        self.renewer.keep(session.name, tokens, session.expires_at)
        return redirect(begun.next, self._set_cookie(visit, "session", secret, self._lifetime))

    def _leave(self, visit: Visit) -> Reply:
        """Sign out here, then send the browser to sign out at the server."""
        if not visit.is_of_this_site(self._origin(visit)):
            return pages.ask_to_leave(visit.path)
        session = self._session_of(visit)
        self._end(session)
        target = self._options.get("after_logout", "/")
        with suppress(NotSupported):
            target = self.client.logout_url(session.id_token) if session else target
        return redirect(target, self._set_cookie(visit, "session", "", 0))

    def _hear(self, visit: Visit) -> Reply:
        """Sign out whom the server says (Back-Channel Logout 2.5 to 2.8)."""
        if visit.method != "POST" or len(visit.body) > MAX_BODY:
            return pages.plain(405, "method not allowed", ("allow", "POST"))
        try:
            token = self.client.read_logout_token(_parameter(visit.body.decode("ascii"), "logout_token") or "")
            if not self._sessions.has_heard(token):
                for name in self._sessions.end_of(token):
                    self.renewer.forget(name)
                self._sessions.remember(token)
        except (LogoutTokenRejected, UnicodeDecodeError) as error:
            LOG.warning("a logout token was refused: %s", error)
            return pages.plain(400, "the logout token is refused")
        except OAuthClientError as error:
            LOG.warning("a logout token could not be judged: %s", error)
            return pages.plain(503, "the logout token could not be judged")
        return pages.plain(200, "")

    def _user(self, tokens: Tokens) -> User:
        """Return who signed in: the ID token has the last word, UserInfo says more."""
        person = tokens.person
        if person is None:  # cannot be: openid was asked for
            raise CallbackRejected("code_missing", "the server does not say who signed in")
        more: Mapping[str, Any] = {}
        with suppress(NotSupported):
            more = self.client.userinfo(tokens.access_token, person)
        return User(person.issuer, person.sub, {**more, **person.claims})

    def _end(self, session: Session | None) -> None:
        """End a session, and give its refresh token back."""
        if session is None:
            return
        self._sessions.end(session)
        grant = self.renewer.forget(session.name)
        if grant is not None and grant.tokens.refresh_token is not None:
            try:
                self.client.revoke(grant.tokens.refresh_token, "refresh_token")
            except OAuthClientError as error:
                LOG.info("a refresh token could not be given back: %s", error)

    def _session_of(self, visit: Visit) -> Session | None:
        return self._sessions.find(self._read_cookie(visit, "session"))

    def _browser(self, visit: Visit) -> str | None:
        """Return the secret of a browser that is signing in, in as many tabs as it likes."""
        secret = self._read_cookie(visit, "signin")
        return secret if secret is not None and len(secret) == BROWSER else None

    def _origin(self, visit: Visit) -> str:
        return self._options.get("base_url", visit.origin).rstrip("/")

    def _callback_url(self, visit: Visit) -> str:
        """Return where the server is to send the browser back to. Raises `AddressRefused`."""
        url = f"{self._origin(visit)}{visit.prefix}/callback"
        if url_defect(url) is not None:
            raise AddressRefused(url, "https, or http on loopback; behind a proxy that speaks https, set base_url")
        return url

    def _cookie_name(self, visit: Visit, purpose: str) -> str:
        prefix = "__Host-" if split(self._origin(visit)).scheme == "https" else ""
        return f"{prefix}{self._cookie}-{purpose}"

    def _read_cookie(self, visit: Visit, purpose: str) -> str | None:
        return visit.cookies.get(self._cookie_name(visit, purpose)) or None

    def _set_cookie(self, visit: Visit, purpose: str, value: str, max_age: int) -> Cookie:
        return Cookie(self._cookie_name(visit, purpose), value, max_age)


def _client(config: ClientConfig, moment: Moment, allow_private: bool) -> OAuthClient:
    send = Sender(private_route("Login", allow_private))
    return OAuthClient(config, send=send, moment=moment, allow_private=allow_private)


def cookie_header(cookie: Cookie) -> str:
    """Return a cookie as a header: for this host alone, not for scripts, not sent by other sites' forms."""
    secure = "; Secure" if cookie.name.startswith("__Host-") else ""
    return f"{cookie.name}={cookie.value}; Path=/; Max-Age={cookie.max_age}; HttpOnly; SameSite=Lax{secure}"


def _state(query: str) -> str:
    """Return the state of an answer. Raises `CallbackRejected`."""
    try:
        state = Params.parse(query.encode()).get("state")
    except OAuthError as error:
        raise CallbackRejected("unreadable", f"the answer cannot be read: {error.description}") from None
    if state is None:
        raise CallbackRejected("state_missing", "the answer has no state, so it cannot be told whose it is")
    return state


def _parameter(query: str, name: str) -> str | None:
    """Return one parameter; `None` if it is not there or cannot be read."""
    try:
        return Params.parse(query.encode()).get(name)
    except OAuthError:
        return None
