"""The frame of every page of the account: who is there, forgery, the shape of a refusal, the way back to the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from gatelodge.account.contract import AccountPage, AccountVisit, ActDone, ActRefused
from gatelodge.account.overview import overview
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.keys.secrets import same
from gatelodge.ops.refusals import NotThere
from gatelodge.protocol.languages import choose
from gatelodge.protocol.params import EMPTY
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.sessions import cookies, csrf
from gatelodge.sessions.browser import BrowserId, Browsers
from gatelodge.stores import users
from gatelodge.web.errors import is_current
from gatelodge.web.own_pages import ACCOUNT, ACCOUNT_PAGE, PageAddress, place_with
from gatelodge.web.pages import Allows, Pages

ROOT = "account"
_HERE = Allows(forms="here")
_DONE, _SEAL = "done", "seal"  # of the address a page is shown at after an act: nobody else can make it say so


@dataclass(frozen=True, slots=True)
class AccountFrame:
    """What the pages of the account share. `listed` are those of the navigation."""

    pages: Pages
    browsers: Browsers
    key: csrf.Key
    db: Database
    listed: Sequence[AccountPage]

    async def visit(self, request: Request, name: str) -> AccountVisit | Reply:
        """Return who is at the page of this name, or the way to sign in for it."""
        person = await self.browsers.signed_in(request)
        user = person and await self.db.at(place_of(person.user_id)).read(users.find, person.user_id)
        if person is None or user is None:
            return self._to_sign_in(request, where(name))
        return AccountVisit(person, user, request.origin, request.query)

    def draw(
        self,
        request: Request,
        visit: AccountVisit,
        name: str,
        template: str,
        given: Mapping[str, object],
        *,
        problem: str = "",
        again: bool = False,
    ) -> Reply:
        """Return a page of the account; `problem` says why it is shown once more, `again` that its form was old."""
        browser, user = self.browsers.identify(request), visit.user
        reply = self.pages.render(
            template,
            status=400 if problem else 200,
            locale=choose([str(user.claims.get("locale", ""))]),
            allows=_HERE,
            csrf=csrf.token(self.key, browser.secret, _purpose(name, visit)),
            action=f"{self.pages.base}{where(name).address}",
            here=name,
            listed=self.listed,
            person_name=user.name or user.username,
            person_login=user.email or user.username,
            problem=problem,
            again="changed" if again else "",
            done="" if problem or again else self._done(visit, browser, name),
            given=given,
        )
        return reply.with_cookies(*browser.cookies)

    def is_current(self, request: Request, visit: AccountVisit, name: str) -> bool:
        """Whether a form carries its token; `False` if it is one of ours and out of date. Raises `HttpRefusal`."""
        return is_current(self.key, request, _purpose(name, visit))

    def lead_on(self, request: Request, done: ActDone, name: str) -> Reply:
        """Return the way to the page that says what was done."""
        if done.signed_out:
            return redirect(f"{self.pages.base}/logout", cookies.no_session())
        there = done.leads_to or name
        address = f"{self.pages.base}{where(there).address}"
        if done.told:
            seal = csrf.token(self.key, self.browsers.identify(request).secret, _told(there, done.told))
            address += "?" + urlencode({_DONE: done.told, _SEAL: seal})
        return redirect(address)

    def _done(self, visit: AccountVisit, browser: BrowserId, name: str) -> str:
        told, seal = visit.query.get(_DONE) or "", visit.query.get(_SEAL) or ""
        ours = csrf.token(self.key, browser.secret, _told(name, told))
        return told if same(seal.encode(), ours.encode()) else ""

    def _to_sign_in(self, request: Request, place: PageAddress) -> Reply:
        return redirect(f"{self.pages.base}/login?{place.query}", *self.browsers.identify(request).cookies)


@dataclass(frozen=True, slots=True)
class ServedAccountPage:
    """A page of the account behind its route."""

    frame: AccountFrame
    page: AccountPage

    async def show(self, request: Request) -> Reply:
        """Show the page; nothing ever happens by looking at it."""
        visit = await self.frame.visit(request, self.page.name)
        return visit if isinstance(visit, Reply) else await self._draw(request, visit)

    async def submit(self, request: Request) -> Reply:
        """Do what the form asks for and lead back to the page, or show it again."""
        visit = await self.frame.visit(request, self.page.name)
        if isinstance(visit, Reply):
            return visit
        if not self.frame.is_current(request, visit, self.page.name):
            return await self._draw(request, visit, again=True)
        sent, name = replace(visit, form=request.form), request.form.get("act") or ""
        try:
            if name not in self.page.acts:
                raise NotThere("act", name)
            done = await self.page.act(sent, name)
        except ActRefused as refused:
            return await self._draw(request, sent, problem=refused.problem)
        except NotThere:
            raise HttpRefusal(404, "there is no such thing in this account", "not_found") from None
        return self.frame.lead_on(request, done, self.page.name)

    async def _draw(self, request: Request, visit: AccountVisit, *, problem: str = "", again: bool = False) -> Reply:
        given = await self.page.show(visit if problem else replace(visit, form=EMPTY))
        return self.frame.draw(request, visit, self.page.name, self.page.template, given, problem=problem, again=again)


@dataclass(frozen=True, slots=True)
class ServedOverview:
    """The first page of the account behind its route."""

    frame: AccountFrame

    async def show(self, request: Request) -> Reply:
        """Show who it is, what needs attention, and the way to every other page."""
        visit = await self.frame.visit(request, "")
        if isinstance(visit, Reply):
            return visit
        given = await overview(self.frame.listed, visit)
        return self.frame.draw(request, visit, "", "account/overview", given)


def where(name: str) -> PageAddress:
    """Return where the page of this name is; without a name it is the overview."""
    return place_with(ACCOUNT_PAGE, {"part": name}) if name else place_with(ACCOUNT, {})


def _purpose(name: str, visit: AccountVisit) -> str:
    return f"account {name} {visit.user.sub}"


def _told(name: str, told: str) -> str:
    return f"account {name} done {told}"
