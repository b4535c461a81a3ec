"""Logging people in from threads: in Flask, in Django, and in whatever waits where it stands."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar, Unpack

from gatelodge.client.client import OAuthClient
from gatelodge.client.keeping.grants import KeptGrant
from gatelodge.client.keeping.memory import memory_store
from gatelodge.client.keeping.renewer import Renewer
from gatelodge.client.login.flow import SignInFlow
from gatelodge.client.login.options import Asking, Options, config_of
from gatelodge.client.login.sessions import User
from gatelodge.client.login.visit import Visit
from gatelodge.client.messages.authorization import Authorization, Transaction, Wanted
from gatelodge.client.messages.callback import CallbackData
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.id_token import Person
from gatelodge.client.messages.logout import LogoutToken
from gatelodge.client.messages.registration import Moment
from gatelodge.client.messages.revocation import TokenKind
from gatelodge.client.messages.tokens import Tokens
from gatelodge.client.sending.route import private_route
from gatelodge.client.sending.sender import Sender
from gatelodge.protocol.reply import Reply

T = TypeVar("T")


class Login:
    """Logs people in at one issuer. Any thread may use it; make one and keep it.

    `renewer` holds the tokens of who is signed in and renews them when they are asked for; in a `with login.renewer:`
    also in the background. Raises `ValueError` for a scope without `openid`.
    """

    def __init__(
        self, issuer: str, client_id: str, client_secret: str | None = None, **options: Unpack[Options]
    ) -> None:
        config = config_of(issuer, client_id, client_secret, options)
        moment, store = options.get("moment") or Moment(), options.get("store") or memory_store()
        route = private_route("Login", options.get("allow_private", False), options.get("route"))
        self.client = options.get("client") or OAuthClient(
            config, send=Sender(route), moment=moment, allow_private=route.allow_private
        )
        self.renewer = Renewer(self.client, store, options.get("tell"), moment=moment)
        self._flow = SignInFlow(
            options, self.client.config, _Server(self.client), _Keeper(self.renewer), store, moment, _here
        )

    def user_of(self, visit: Visit) -> User | None:
        """Return who is signed in, `None` if nobody is. Raises `StoreUnavailable`."""
        return _driven(self._flow.user_of(visit))

    def access_token_of(self, visit: Visit) -> str | None:
        """Return an access token of who is signed in, renewed if need be, `None` if nobody is.

        Raises `TokenExpired` if the person has to sign in again, `ServerUnavailable`, `StoreUnavailable`.
        """
        return _driven(self._flow.access_token_of(visit))

    def login_path(self, visit: Visit, prefix: str) -> str:
        """Return where to send whoever has to sign in to be let in where they went."""
        return self._flow.login_path(visit, prefix)

    def begin(self, visit: Visit, prefix: str, next_path: str | None = None, **asking: Unpack[Asking]) -> Reply:
        """Answer any request by beginning a sign-in, at which more is asked for; `prefix` is where our paths are.

        The person comes back to `next_path`. Raises `ValueError` for what cannot be asked for.
        """
        return _driven(self._flow.begin(visit, prefix, next_path, asking))

    def claim(self, prefix: str) -> None:
        """Note where our paths are: no other issuer's answers may come there, unless both say `iss` in them."""
        self._flow.claim(prefix)

    def respond(self, action: str, visit: Visit) -> Reply:
        """Answer a request to one of our paths."""
        return _driven(self._flow.respond(action, visit))


def _driven(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns that never has to wait: all it awaits is done where it stands."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    work.close()
    raise RuntimeError("the flow waited for something in a thread")


async def _done(value: T) -> T:
    return value


def _here(work: Callable[[], T]) -> Awaitable[T]:
    return _done(work())


class _Server:
    """A client for threads, in the place of one for tasks."""

    def __init__(self, client: OAuthClient) -> None:
        self._client = client

    async def metadata(self) -> ServerMetadata:
        return self._client.metadata()

    async def begin(self, wanted: Wanted | None = None) -> Authorization:
        return self._client.begin(wanted)

    async def finish(self, transaction: Transaction, callback: CallbackData) -> Tokens:
        return self._client.finish(transaction, callback)

    async def userinfo(self, access_token: str, person: Person) -> Mapping[str, Any]:
        return self._client.userinfo(access_token, person)

    async def revoke(self, token: str, kind: TokenKind | None = None) -> None:
        self._client.revoke(token, kind)

    async def logout_url(self, id_token: str | None = None, state: str | None = None) -> str:
        return self._client.logout_url(id_token, state)

    async def read_logout_token(self, token: str) -> LogoutToken:
        return self._client.read_logout_token(token)


class _Keeper:
    """A renewer for threads, in the place of one for tasks."""

    def __init__(self, renewer: Renewer) -> None:
        self._renewer = renewer

    async def access_token(self, name: str) -> str:
        return self._renewer.access_token(name)

    async def keep(self, name: str, tokens: Tokens, until: int | None = None) -> None:
        self._renewer.keep(name, tokens, until)

    async def forget(self, name: str) -> KeptGrant | None:
        return self._renewer.forget(name)
