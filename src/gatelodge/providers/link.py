"""The page for who came from a provider and is not known by it yet: they sign in to their account once, and connect it.

Nothing is told of whether somebody has an account here, but to who proved that its address is theirs. Connecting wants
a proof of the account itself, not older than `sessions.change_lifetime` (people who find a browser open have none).
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from msgspec.structs import replace

from gatelodge.authn.federation.parked import WaitingIdentity
from gatelodge.authn.federation.sign_ins import Connecting, UpstreamSignIns
from gatelodge.clock import Clock
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.protocol.params import EMPTY, Params
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.sessions import csrf
from gatelodge.sessions.browser import BrowserId, Browsers
from gatelodge.stores import users
from gatelodge.web.errors import expired, is_current
from gatelodge.web.own_pages import LINK, address_with
from gatelodge.web.pages import Allows, Pages
from gatelodge.web.sign_in_context import SignInContexts

PARAMETER = "waiting"


@dataclass(frozen=True, slots=True)
class _Visit:
    """Somebody at the page: what waits for them, and who is signed in, as far as they proved it lately."""

    handle: str
    waiting: WaitingIdentity
    browser: BrowserId
    person: SignedInPerson | None

    @property
    def purpose(self) -> str:
        return f"link {self.handle} {self.person.sub if self.person else ''}"


@dataclass(frozen=True, slots=True)
class LinkPage:
    """Connects what waits to the account of whoever signs in. `lifetime` is how long a proof counts, in seconds."""

    pages: Pages
    browsers: Browsers
    key: csrf.Key
    contexts: SignInContexts
    upstream: UpstreamSignIns
    db: Database
    clock: Clock
    lifetime: int

    async def show(self, request: Request) -> Reply:
        """Ask who they are, or whether this account is meant."""
        return await self._form(await self._visit(request))

    async def submit(self, request: Request) -> Reply:
        """Connect, and go on with what they came for."""
        visit = await self._visit(request)
        if visit.person is None or not is_current(self.key, request, visit.purpose):
            return await self._form(visit, again="changed")
        wants = Connecting(visit.person.user_id, visit.person.sid)
        if not await self.upstream.connect_waiting(visit.handle, visit.waiting, wants, request.origin):
            said = urlencode({"provider": visit.waiting.provider, "problem": "taken"})
            return redirect(f"{self.pages.base}/login/failed?{said}")
        return await self._go_on(request, visit, visit.person)

    async def _visit(self, request: Request) -> _Visit:
        handle, browser = request.query.get(PARAMETER) or "", self.browsers.identify(request)
        waiting = await self.upstream.waiting.find(handle, browser)
        if waiting is None:
            raise expired()
        person = await self.browsers.signed_in(request)
        lately = person is not None and self.clock.now() - person.auth_time < self.lifetime
        return _Visit(handle, waiting, browser, person if lately else None)

    async def _form(self, visit: _Visit, again: str = "") -> Reply:
        person, waiting = visit.person, visit.waiting
        user = person and await self.db.at(place_of(person.user_id)).read(users.find, person.user_id)
        address = address_with(LINK, {PARAMETER: visit.handle})
        reply = self.pages.render(
            "providers/link",
            allows=Allows(forms="anywhere"),
            action=f"{self.pages.base}/link?{urlencode({PARAMETER: visit.handle})}",
            sign_in=f"{self.pages.base}/login?{address.query}",
            begin=f"{self.pages.base}/link/begin" if waiting.may_begin else "",
            csrf=csrf.token(self.key, visit.browser.secret, visit.purpose),
            waiting=visit.handle,
            label=waiting.label,
            shown=waiting.identity.kept.get("login") or waiting.identity.address or waiting.identity.name or "",
            is_owner=waiting.user_id != 0,
            person_name=(user.name or user.username) if user else "",
            person_login=(user.email or user.username) if user else "",
            again=again,
        )
        return reply.with_cookies(*visit.browser.cookies)

    async def _go_on(self, request: Request, visit: _Visit, person: SignedInPerson) -> Reply:
        """Go on with the request that the sign-in was for; to their account, if that is over.

        Where a proof of now is wanted (`prompt=login`, `max_age`), one from before they went to the provider is none:
        they are asked once more, and the account they just connected will do.
        """
        there = replace(request, query=Params.parse(visit.waiting.context.encode()), form=EMPTY)
        try:
            context = await self.contexts.find(there)
        except HttpRefusal:
            return redirect(f"{self.pages.base}/account")
        if isinstance(context, Reply):
            return context
        if not context.anew or person.auth_time >= visit.waiting.since:
            await self.contexts.signed_in(context, person)
        return redirect(self.pages.base + context.back)
