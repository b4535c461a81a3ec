"""How people are logged in, whatever the framework: what to answer at /login, /callback and /logout, and to servers.

PKCE, `state`, `nonce` and the check of `iss` are always on. The browser holds two random ids and nothing else: one of
its session, new at each sign-in, and one that sign-ins which are under way are bound to.

Written once for threads and tasks. A task waits for the server as tasks do and for the store in a thread, so that
neither waits for the other; in a thread (`core.py`) nothing that is awaited here ever has to wait.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from gatelodge.client.errors import (
    AddressRefused,
    CallbackRejected,
    LogoutTokenRejected,
    NotSupported,
    OAuthClientError,
)
from gatelodge.client.keeping.grants import KeptGrant
from gatelodge.client.keeping.sealed import TokenStore
from gatelodge.client.login import pages
from gatelodge.client.login.callbacks import Callbacks
from gatelodge.client.login.options import Asking, CommonOptions, wanted_of
from gatelodge.client.login.pending import TOLD_APART, Pendings
from gatelodge.client.login.sessions import LoginSessions, Session, User
from gatelodge.client.login.visit import Visit, local_path, split
from gatelodge.client.messages.authorization import Authorization, Transaction, Wanted
from gatelodge.client.messages.callback import CallbackData, state_of
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.id_token import Person
from gatelodge.client.messages.logout import LogoutToken
from gatelodge.client.messages.registration import ClientConfig, Moment
from gatelodge.client.messages.revocation import TokenKind
from gatelodge.client.messages.tokens import Tokens
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.redirect_uri import origin_of, url_defect
from gatelodge.protocol.reply import Cookie, Reply, redirect

ACTIONS = ("login", "callback", "logout", "backchannel-logout", "frontchannel-logout")
MAX_BODY = 65_536  # bytes of a logout token in its form
BROWSER = 43  # characters of the secret that sign-ins are bound to

LOG = logging.getLogger("gatelodge.login")

T = TypeVar("T")


class SignInServer(Protocol):
    """What a sign-in needs of an `AsyncOAuthClient`."""

    async def metadata(self) -> ServerMetadata: ...
    async def begin(self, wanted: Wanted | None = None) -> Authorization: ...
    async def finish(self, transaction: Transaction, callback: CallbackData) -> Tokens: ...
    async def userinfo(self, access_token: str, person: Person) -> Mapping[str, Any]: ...
    async def revoke(self, token: str, kind: TokenKind | None = None) -> None: ...
    async def logout_url(self, id_token: str | None = None, state: str | None = None) -> str: ...
    async def read_logout_token(self, token: str) -> LogoutToken: ...


class Keeper(Protocol):
    """What it needs of an `AsyncRenewer`."""

    async def access_token(self, name: str) -> str: ...
    async def keep(self, name: str, tokens: Tokens, until: int | None = None) -> None: ...
    async def forget(self, name: str) -> KeptGrant | None: ...


class Storing(Protocol):
    """Does what waits for the store."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


class SignInFlow:
    """Logs people in at one issuer. Raises `ValueError` for a scope without `openid`."""

    def __init__(
        self,
        options: CommonOptions,
        config: ClientConfig,
        server: SignInServer,
        keeper: Keeper,
        store: TokenStore,
        moment: Moment,
        storing: Storing,
    ) -> None:
        self._options = options
        self._server = server
        self._keeper = keeper
        self._storing = storing
        self._moment = moment
        self._cookie = options.get("cookie", "gatelodge")
        self._lifetime = options.get("lifetime", 12 * 3_600)
        self._sessions = LoginSessions(store, config, moment, self._lifetime)
        self._pendings = Pendings(store, moment)
        self._callbacks = Callbacks(config.issuer, server.metadata)
        self._issuer, self._site = config.issuer, origin_of(config.issuer) or "'none'"
        wanted_of(options, {})

    async def user_of(self, visit: Visit) -> User | None:
        """Return who is signed in, `None` if nobody is. Raises `StoreUnavailable`."""
        session = await self._session_of(visit)
        return session.user if session else None

    async def access_token_of(self, visit: Visit) -> str | None:
        """Return an access token of who is signed in, renewed if need be, `None` if nobody is.

        Raises `TokenExpired` if the person has to sign in again, `ServerUnavailable`, `StoreUnavailable`.
        """
        session = await self._session_of(visit)
        return await self._keeper.access_token(session.name) if session else None

    def login_path(self, visit: Visit, prefix: str) -> str:
        """Return where to send whoever has to sign in to be let in where they went."""
        query = f"?{visit.query}" if visit.query else ""
        return f"{prefix}/login?next={quote(local_path(visit.path + query), safe='/')}"

    async def respond(self, action: str, visit: Visit) -> Reply:
        """Answer a request to one of our paths."""
        handlers = {"login": self._ask, "callback": self._finish, "logout": self._leave}
        handlers["frontchannel-logout"] = self._hear_in_frame
        try:
            if action == "backchannel-logout":
                return await self._hear(visit)
            if visit.method not in (("GET", "POST") if action == "logout" else ("GET",)):
                return pages.plain(405, "method not allowed", ("allow", "GET"))
            return await handlers[action](visit)
        except OAuthClientError as error:
            return _failure(action, error, visit.prefix)

    async def begin(self, visit: Visit, prefix: str, next_path: str | None, asking: Asking) -> Reply:
        """Answer any request by beginning a sign-in at which something else is asked for than always.

        Raises `ValueError` for what cannot be asked for.
        """
        try:
            return await self._begin(visit, prefix, next_path, asking)
        except OAuthClientError as error:
            return _failure("login", error, prefix)

    def claim(self, prefix: str) -> None:
        """Note where our paths are, as soon as that is known."""
        if "base_url" in self._options:
            self._callbacks.claim(f"{self._options['base_url'].rstrip('/')}{prefix}/callback")

    async def _ask(self, visit: Visit) -> Reply:
        return await self._begin(visit, visit.prefix, _parameter(visit.query, "next"), {})

    async def _begin(self, visit: Visit, prefix: str, next_path: str | None, asking: Asking) -> Reply:
        """Send the browser to the server, and remember what for."""
        wanted = wanted_of(self._options, asking, await self._callback_url(visit, prefix))
        browser = self._browser(visit) or self._moment.token()
        begun = await self._server.begin(wanted)
        next_path = local_path(next_path, self._options.get("after_login", "/"))
        await self._storing(lambda: self._pendings.begin(begun.transaction, browser, visit, next_path))
        return redirect(begun.url, self._set_cookie(visit, "signin", browser, TOLD_APART))

    async def _finish(self, visit: Visit) -> Reply:
        """End the sign-in that was begun in this browser, and no other."""
        state, browser = state_of(visit.query), self._browser(visit)
        callback_url = await self._callback_url(visit, visit.prefix)
        begun = await self._storing(lambda: self._pendings.end(state, browser, visit))
        tokens = await self._server.finish(begun.transaction, f"{callback_url}?{visit.query}")
        user = await self._user(tokens)
        await self._end(await self._session_of(visit))
        secret, session = await self._storing(lambda: self._sessions.begin(user, tokens.id_token))
        await self._keeper.keep(session.name, tokens, session.expires_at)
        return redirect(begun.next, self._set_cookie(visit, "session", secret, self._lifetime))

    async def _leave(self, visit: Visit) -> Reply:
        """Sign out here, then send the browser to sign out at the server."""
        if not visit.is_of_this_site(self._origin(visit)):
            return pages.ask_to_leave(visit.path)
        session = await self._session_of(visit)
        await self._end(session)
        target = self._options.get("after_logout", "/")
        with suppress(NotSupported):
            target = await self._server.logout_url(session.id_token) if session else target
        return redirect(target, self._set_cookie(visit, "session", "", 0))

    async def _hear(self, visit: Visit) -> Reply:
        """Sign out whom the server says (Back-Channel Logout 2.5 to 2.8)."""
        if visit.method != "POST" or len(visit.body) > MAX_BODY:
            return pages.plain(405, "method not allowed", ("allow", "POST"))
        try:
            token = await self._server.read_logout_token(_parameter(visit.body.decode("ascii"), "logout_token") or "")
            if not await self._storing(lambda: self._sessions.has_heard(token)):
                for name in await self._storing(lambda: self._sessions.end_of(token)):
                    await self._keeper.forget(name)
                await self._storing(lambda: self._sessions.remember(token))
        except (LogoutTokenRejected, UnicodeDecodeError) as error:
            LOG.warning("a logout token was refused: %s", error)
            return pages.plain(400, "the logout token is refused")
        except OAuthClientError as error:
            LOG.warning("a logout token could not be judged: %s", error)
            return pages.plain(503, "the logout token could not be judged")
        return pages.plain(200, "")

    async def _hear_in_frame(self, visit: Visit) -> Reply:
        """Sign out the session a frame on the server's page names (Front-Channel Logout 1.0 2).

        The name is random and known to the server and us, and browsers keep our cookies from the frame.
        """
        iss, sid = (_parameter(visit.query, name) for name in ("iss", "sid"))
        if iss != self._issuer or sid is None:
            return pages.plain(400, "iss and sid say which session of which server is over")
        for name in await self._storing(lambda: self._sessions.end_named(sid)):
            await self._keeper.forget(name)
        framed = f"default-src 'none'; frame-ancestors {self._site}"
        return pages.plain(200, "", ("content-security-policy", framed))

    async def _user(self, tokens: Tokens) -> User:
        """Return who signed in: the ID token has the last word, UserInfo says more."""
        person = tokens.person
        if person is None:  # cannot be: openid was asked for
            raise CallbackRejected("code_missing", "the server does not say who signed in")
        more: Mapping[str, Any] = {}
        with suppress(NotSupported):
            more = await self._server.userinfo(tokens.access_token, person)
        return User(person.issuer, person.sub, {**more, **person.claims})

    async def _end(self, session: Session | None) -> None:
        """End a session, and give its refresh token back."""
        if session is None:
            return
        await self._storing(lambda: self._sessions.end(session))
        grant = await self._keeper.forget(session.name)
        if grant is not None and grant.tokens.refresh_token is not None:
            try:
                await self._server.revoke(grant.tokens.refresh_token, "refresh_token")
            except OAuthClientError as error:
                LOG.info("a refresh token could not be given back: %s", error)

    async def _session_of(self, visit: Visit) -> Session | None:
        secret = self._read_cookie(visit, "session")
        return None if secret is None else await self._storing(lambda: self._sessions.find(secret))

    def _browser(self, visit: Visit) -> str | None:
        """Return the secret of a browser that is signing in, in as many tabs as it likes."""
        secret = self._read_cookie(visit, "signin")
        return secret if secret is not None and len(secret) == BROWSER else None

    def _origin(self, visit: Visit) -> str:
        return self._options.get("base_url", visit.origin).rstrip("/")

    async def _callback_url(self, visit: Visit, prefix: str) -> str:
        """Return where the server is to send the browser back to. Raises `AddressRefused`, `CallbackRejected`."""
        url = f"{self._origin(visit)}{prefix}/callback"
        if url_defect(url) is not None:
            raise AddressRefused(url, "https, or http on loopback; behind a proxy that speaks https, set base_url")
        await self._callbacks.check(url)
        return url

    def _cookie_name(self, visit: Visit, purpose: str) -> str:
        prefix = "__Host-" if split(self._origin(visit)).scheme == "https" else ""
        return f"{prefix}{self._cookie}-{purpose}"

    def _read_cookie(self, visit: Visit, purpose: str) -> str | None:
        return visit.cookies.get(self._cookie_name(visit, purpose)) or None

    def _set_cookie(self, visit: Visit, purpose: str, value: str, max_age: int) -> Cookie:
        return Cookie(self._cookie_name(visit, purpose), value, max_age)


def cookie_header(cookie: Cookie) -> str:
    """Return a cookie as a header: for this host alone, not for scripts, not sent by other sites' forms."""
    secure = "; Secure" if cookie.name.startswith("__Host-") else ""
    return f"{cookie.name}={cookie.value}; Path=/; Max-Age={cookie.max_age}; HttpOnly; SameSite=Lax{secure}"


def _failure(action: str, error: OAuthClientError, prefix: str) -> Reply:
    LOG.warning("%s: %s: %s", action, type(error).__name__, error)
    return pages.failure(error, f"{prefix}/login")


def _parameter(query: str, name: str) -> str | None:
    """Return one parameter; `None` if it is not there or cannot be read."""
    try:
        return Params.parse(query.encode()).get(name)
    except OAuthError:
        return None
