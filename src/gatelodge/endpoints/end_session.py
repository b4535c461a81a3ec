"""The logout endpoint (RP-Initiated Logout 1.0): who asks, must the person be asked, and where to go then."""

from dataclasses import dataclass
from typing import Protocol

from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.keys.keys import Keys
from gatelodge.protocol.client import Client
from gatelodge.protocol.logout import LogoutRequest, ReturnAddress, find_return, must_ask, read_request
from gatelodge.protocol.params import Params
from gatelodge.protocol.progress import SignedIn
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.sessions.browser import Browsers
from gatelodge.stores import users
from gatelodge.stores.registry import Registry
from gatelodge.stores.users import User


class LogoutPages(Protocol):
    """What the person sees of it, and how their answer is read; `web/logout.py` draws it."""

    def ask(self, request: Request, params: Params, user: User, client_name: str | None) -> Reply: ...
    def is_answer(self, request: Request) -> bool: ...
    def confirmed(self, request: Request, sub: str) -> bool: ...
    def done(self) -> Reply: ...
    def stayed(self) -> Reply: ...


@dataclass(frozen=True, slots=True)
class EndSessionEndpoint:
    """Ends the session of this browser, when the person or a proven hint says so."""

    issuer: str
    page: LogoutPages
    browsers: Browsers
    registry: Registry
    keys: Keys
    db: Database
    clock: Clock

    async def handle(self, request: Request) -> Reply:
        """Answer `GET` or `POST /logout`, from a client or from our own page."""
        params = request.query.merge(request.form)
        params.refuse_repeated()
        now = self.clock.now()
        asked = read_request(params, self.issuer, self.keys.ring.hints_at(now), now)
        client = await self.registry.client(asked.client_id) if asked.client_id else None
        goes_to = find_return(asked, client)
        person = await self.browsers.signed_in(request)
        if person is None:
            return _onward(goes_to, self.page.done())
        return await self._of(person, request, params, asked, client, goes_to)

    async def _of(
        self,
        person: SignedIn,
        request: Request,
        params: Params,
        asked: LogoutRequest,
        client: Client | None,
        goes_to: ReturnAddress | None,
    ) -> Reply:
        if self.page.is_answer(request):
            if not self.page.confirmed(request, person.sub):
                return self.page.stayed()
        elif must_ask(asked, person.sub, person.sid):
            user = await self.db.read(users.find, person.user_id)
            if user is not None:
                return self.page.ask(request, params, user, client.name if client else None)
        gone = await self.browsers.sign_out(request)
        return _onward(goes_to, self.page.done()).with_cookies(gone)


def _onward(goes_to: ReturnAddress | None, otherwise: Reply) -> Reply:
    return otherwise if goes_to is None else redirect(goes_to.location)
