"""Logging people in from tasks: `core.py` with `await`. Who waits for the server keeps nobody else waiting."""

from typing import Unpack

from gatelodge.client.async_client import AsyncOAuthClient
from gatelodge.client.keeping.async_renewer import AsyncRenewer
from gatelodge.client.keeping.memory import memory_store
from gatelodge.client.login.flow import SignInFlow
from gatelodge.client.login.options import Asking, AsyncOptions, config_of
from gatelodge.client.login.sessions import User
from gatelodge.client.login.visit import Visit
from gatelodge.client.messages.registration import Moment
from gatelodge.client.sending.hands import WorkerThreads
from gatelodge.client.sending.route import private_route
from gatelodge.client.sending.sender import AsyncSender
from gatelodge.protocol.reply import Reply

STORING = 16  # requests that wait for the store at a time; none of them ever waits for the server meanwhile


class AsyncLogin:
    """Logs people in at one issuer. Any task may use it; make one and keep it.

    `renewer` holds the tokens of who is signed in and renews them when they are asked for; in an `async with
    login.renewer:` also in the background. Raises `ValueError` for a scope without `openid`.
    """

    def __init__(
        self, issuer: str, client_id: str, client_secret: str | None = None, **options: Unpack[AsyncOptions]
    ) -> None:
        config = config_of(issuer, client_id, client_secret, options)
        moment, store = options.get("moment") or Moment(), options.get("store") or memory_store()
        route = private_route("Login", options.get("allow_private", False), options.get("route"))
        self.client = options.get("client") or AsyncOAuthClient(
            config, send=AsyncSender(route), moment=moment, allow_private=route.allow_private
        )
        self.renewer = AsyncRenewer(self.client, store, options.get("tell"), moment=moment)
        self._flow = SignInFlow(
            options, self.client.config, self.client, self.renewer, store, moment, WorkerThreads(STORING)
        )

    async def user_of(self, visit: Visit) -> User | None:
        """Return who is signed in, `None` if nobody is. Raises `StoreUnavailable`."""
        return await self._flow.user_of(visit)

    async def access_token_of(self, visit: Visit) -> str | None:
        """Return an access token of who is signed in, renewed if need be, `None` if nobody is.

        Raises `TokenExpired` if the person has to sign in again, `ServerUnavailable`, `StoreUnavailable`.
        """
        return await self._flow.access_token_of(visit)

    def login_path(self, visit: Visit, prefix: str) -> str:
        """Return where to send whoever has to sign in to be let in where they went."""
        return self._flow.login_path(visit, prefix)

    async def begin(self, visit: Visit, prefix: str, next_path: str | None = None, **asking: Unpack[Asking]) -> Reply:
        """Answer any request by beginning a sign-in, at which more is asked for; `prefix` is where our paths are.

        The person comes back to `next_path`. Raises `ValueError` for what cannot be asked for.
        """
        return await self._flow.begin(visit, prefix, next_path, asking)

    def claim(self, prefix: str) -> None:
        """Note where our paths are: no other issuer's answers may come there, unless both say `iss` in them."""
        self._flow.claim(prefix)

    async def respond(self, action: str, visit: Visit) -> Reply:
        """Answer a request to one of our paths."""
        return await self._flow.respond(action, visit)
