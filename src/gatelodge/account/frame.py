"""What every page of the account shares: who is there, how it is drawn, forgery, and what it says was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from gatelodge.account.addresses import where
from gatelodge.account.contract import AccountPage, AccountVisit, ActDone
from gatelodge.account.fresh import RecentProof
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.keys.secrets import same
from gatelodge.protocol.languages import choose
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.sessions import cookies, csrf
from gatelodge.sessions.browser import BrowserId, Browsers
from gatelodge.stores import users
from gatelodge.web.errors import is_current
from gatelodge.web.own_pages import PageAddress
from gatelodge.web.pages import Allows, Pages

_DONE, _SEAL = "done", "seal"  # of the address a page is shown at after an act: nobody else can make it say so


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is drawn: `problem` says why it is shown once more, `again` that its form was out of date."""

    problem: str = ""
    again: bool = False
    scripts: bool = False
    leads_away: bool = False


AS_IT_IS = Look()


@dataclass(frozen=True, slots=True)
class AccountFrame:
    """What the pages of the account share. `listed` are those of the navigation."""

    pages: Pages
    browsers: Browsers
    key: csrf.Key
    db: Database
    recent: RecentProof
    listed: Sequence[AccountPage]

    async def visit(self, request: Request, address: PageAddress) -> AccountVisit | Reply:
        """Return who is at a page, or the way to sign in for it."""
        person = await self.browsers.signed_in(request)
        user = person and await self.db.at(place_of(person.user_id)).read(users.find, person.user_id)
        if person is None or user is None:
            return self.to_sign_in(request, address)
        lately, known = await self.recent.is_given(person), request.cookies.get(cookies.KNOWN)
        browser = self.browsers.identify(request)
        return AccountVisit(person, user, browser, request.origin, lately, known, request.query)

    async def acting(self, request: Request, visit: AccountVisit) -> AccountVisit | None:
        """Return a visit with what somebody sent; `None` if what they are signed in by ended meanwhile.

        How often all ended is read before their session is looked at again, so what ends after it shows.
        """
        person = visit.signed_in
        held = await self.db.at(place_of(person.user_id)).write(users.hold, person.user_id)
        again = await self.browsers.signed_in(request)
        if held is None or again is None or again.session_id != person.session_id:
            return None
        return replace(visit, form=request.form, endings=held.endings)

    def to_sign_in(self, request: Request, address: PageAddress) -> Reply:
        """Return the way to sign in, and from there to a page."""
        return redirect(f"{self.pages.base}/login?{address.query}", *self.browsers.identify(request).cookies)

    def draw(
        self,
        request: Request,
        visit: AccountVisit,
        name: str,
        template: str,
        given: Mapping[str, object],
        look: Look = AS_IT_IS,
    ) -> Reply:
        """Return a page of the account."""
        browser, user = self.browsers.identify(request), visit.user
        reply = self.pages.render(
            template,
            status=400 if look.problem else 200,
            locale=choose([str(user.claims.get("locale", ""))]),
            allows=Allows(scripts=look.scripts, forms="anywhere" if look.leads_away else "here"),
            csrf=csrf.token(self.key, browser.secret, _purpose(name, visit)),
            action=f"{self.pages.base}{where(name).address}",
            here=name,
            listed=self.listed,
            person_name=user.name or user.username,
            person_login=user.email or user.username,
            problem=look.problem,
            again="changed" if look.again else "",
            done="" if look.problem or look.again else self._done(visit, browser, name),
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


def _purpose(name: str, visit: AccountVisit) -> str:
    return f"account {name} {visit.user.sub}"


def _told(name: str, told: str) -> str:
    return f"account {name} done {told}"
