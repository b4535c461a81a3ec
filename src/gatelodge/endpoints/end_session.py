"""The logout endpoint (RP-Initiated Logout 1.0): who asks, must the person be asked, and where to go then."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.keys.keys import SigningKeys
from gatelodge.protocol.client import Client
from gatelodge.protocol.logout import (
    LogoutRequest,
    ReturnAddress,
    find_return,
    frame_url,
    must_ask,
    names,
    read_request,
)
from gatelodge.protocol.params import Params
from gatelodge.protocol.progress import Again, SignedInPerson
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.protocol.subjects import Subjects
from gatelodge.sessions.browser import Browsers
from gatelodge.stores import users
from gatelodge.stores.registry import Registry
from gatelodge.stores.users import UserRecord
from gatelodge.stores.visits import SessionVisit

CARRIED = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "logout_hint", "ui_locales")
MAX_FRAMES = 20  # of one page: whoever wants to be sure is told by the server itself
MAX_ADDRESS = 6_000  # characters of a query that is made here
MAX_VALUE = 2_000  # of one parameter, if they are too many together


@dataclass(frozen=True, slots=True)
class Farewell:
    """What the signed-out page does yet: it loads `frames`, and `goes_to` an address a little later, if it has one."""

    frames: tuple[str, ...] = ()
    goes_to: ReturnAddress | None = None
    client_name: str = ""


class LogoutPages(Protocol):
    """What the person sees of it, and how their answer is read; `web/logout.py` draws it."""

    def ask(
        self, request: Request, params: Params, user: UserRecord, client_name: str | None, again: Again = ""
    ) -> Reply: ...
    def is_answer(self, request: Request) -> bool: ...
    def confirmed(self, request: Request, sub: str) -> bool | None: ...
    def done(self, farewell: Farewell, locales: Sequence[str]) -> Reply: ...
    def stayed(self, locales: Sequence[str]) -> Reply: ...


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
    subjects: Subjects

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
            return self._leaving(asked, client, goes_to, ())
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
            return self.page.stayed(asked.ui_locales)
        unasked = not (self.page.is_answer(request) or must_ask(asked, self._told(client, person), person.sid))
        if answered is None and not (unasked and asked.logout_hint is None):
            user = await self.db.read(users.find, person.user_id)
            if user is not None and not (unasked and _is_meant(asked, person, self._told(client, person), user)):
                again: Again = "changed" if self.page.is_answer(request) else ""
                return self.page.ask(request, params, user, client.name if client else None, again)
        parting = await self.browsers.sign_out(request)
        frames = await self._frames(parting.visits)
        return self._leaving(asked, client, goes_to, frames).with_cookies(*parting.cookies)

    def _told(self, client: Client | None, person: SignedInPerson) -> str:
        return person.sub if client is None else self.subjects.told(client, person.sub)

    async def _frames(self, visits: Sequence[SessionVisit]) -> tuple[str, ...]:
        """Return what the page loads for those who are told by the browser."""
        visited = [(visit, await self.registry.client(visit.client_id)) for visit in visits]
        found = (frame_url(client, self.issuer, visit.sid) for visit, client in visited if client is not None)
        return tuple(url for url in found if url is not None)[:MAX_FRAMES]

    def _leaving(
        self, asked: LogoutRequest, client: Client | None, goes_to: ReturnAddress | None, frames: tuple[str, ...]
    ) -> Reply:
        """Send the browser on, after a page if that has something to load."""
        if goes_to is not None and not frames:
            return redirect(goes_to.location)
        return self.page.done(Farewell(frames, goes_to, client.name if client else ""), asked.ui_locales)


def _is_meant(asked: LogoutRequest, person: SignedInPerson, sub: str, user: UserRecord) -> bool:
    return names(asked.logout_hint, person.sid, sub, user.username, user.email)


def _carried(params: Params) -> list[tuple[str, str]]:
    """Return what a request says in an address that every proxy takes: without a hint that would not fit, it is asked.

    A form of another site brings no cookies (`SameSite=Lax`); the GET that follows brings them.
    """
    carried = [(name, value) for name in CARRIED if (value := params.get(name)) is not None]
    if len(urlencode(carried)) <= MAX_ADDRESS:
        return carried
    return [(name, value) for name, value in carried if name != "id_token_hint" and len(value) <= MAX_VALUE]
