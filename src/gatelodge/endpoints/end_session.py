"""The logout endpoint (RP-Initiated Logout 1.0): who asks, must the person be asked, and where to go then."""

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.keys.keys import SigningKeys
from gatelodge.protocol.client import Client
from gatelodge.protocol.logout import LogoutRequest, ReturnAddress, find_return, must_ask, read_request
from gatelodge.protocol.params import Params
from gatelodge.protocol.progress import Again, SignedInPerson
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.sessions.browser import Browsers
from gatelodge.stores import users
from gatelodge.stores.registry import Registry
from gatelodge.stores.users import UserRecord

CARRIED = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")
MAX_ADDRESS = 6_000  # characters of a query that is made here
MAX_VALUE = 2_000  # of one parameter, if they are too many together


class LogoutPages(Protocol):
    """What the person sees of it, and how their answer is read; `web/logout.py` draws it."""

    def ask(
        self, request: Request, params: Params, user: UserRecord, client_name: str | None, again: Again = ""
    ) -> Reply: ...
    def is_answer(self, request: Request) -> bool: ...
    def confirmed(self, request: Request, sub: str) -> bool | None: ...
    def done(self) -> Reply: ...
    def stayed(self) -> Reply: ...


@dataclass(frozen=True, slots=True)
class EndSessionEndpoint:
    """Ends the session of this browser, when the person or a proven hint says so."""

    issuer: str
    base: str
    page: LogoutPages
    browsers: Browsers
    registry: Registry
    keys: SigningKeys
    db: Database
    clock: Clock

    async def handle(self, request: Request) -> Reply:
        """Answer `GET` or `POST /logout`, from a client or from our own page."""
        params = request.query.merge(request.form)
        params.refuse_repeated()
        if request.method == "POST" and self.browsers.brings_nothing(request):
            return redirect(f"{self.base}/logout?{urlencode(_carried(params))}")
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
        person: SignedInPerson,
        request: Request,
        params: Params,
        asked: LogoutRequest,
        client: Client | None,
        goes_to: ReturnAddress | None,
    ) -> Reply:
        answered = self.page.confirmed(request, person.sub) if self.page.is_answer(request) else None
        if answered is False:
            return self.page.stayed()
        if answered is None and (self.page.is_answer(request) or must_ask(asked, person.sub, person.sid)):
            user = await self.db.read(users.find, person.user_id)
            if user is not None:
                again: Again = "changed" if self.page.is_answer(request) else ""
                return self.page.ask(request, params, user, client.name if client else None, again)
        gone = await self.browsers.sign_out(request)
        return _onward(goes_to, self.page.done()).with_cookies(gone)


def _carried(params: Params) -> list[tuple[str, str]]:
    """Return what a request says in an address that every proxy takes: without a hint that would not fit, it is asked.

    A form of another site brings no cookies (`SameSite=Lax`); the GET that follows brings them.
    """
    carried = [(name, value) for name in CARRIED if (value := params.get(name)) is not None]
    if len(urlencode(carried)) <= MAX_ADDRESS:
        return carried
    return [(name, value) for name, value in carried if name != "id_token_hint" and len(value) <= MAX_VALUE]


def _onward(goes_to: ReturnAddress | None, otherwise: Reply) -> Reply:
    return otherwise if goes_to is None else redirect(goes_to.location)
