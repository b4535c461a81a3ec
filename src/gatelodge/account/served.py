"""The pages of the account behind their routes: each act that is asked for goes through the same steps."""

from dataclasses import dataclass, replace

from gatelodge.account.addresses import where
from gatelodge.account.contract import AccountPage, AccountVisit, ActDone, ActRefused, ActShown
from gatelodge.account.frame import AS_IT_IS, AccountFrame, Look
from gatelodge.account.overview import overview
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.ops.refusals import NotThere
from gatelodge.protocol.params import EMPTY
from gatelodge.protocol.reply import Reply
from gatelodge.web.own_pages import ACCOUNT_HELD, address_at


@dataclass(frozen=True, slots=True)
class ServedAccountPage:
    """A page of the account behind its route."""

    frame: AccountFrame
    page: AccountPage

    async def show(self, request: Request) -> Reply:
        """Show the page; nothing ever happens by looking at it."""
        visit = await self._visit(request)
        return visit if isinstance(visit, Reply) else await self._draw(request, visit)

    async def submit(self, request: Request) -> Reply:
        """Do what the form asks for and lead back to the page, or show it again."""
        visit = await self._visit(request)
        if isinstance(visit, Reply):
            return visit
        if not self.frame.is_current(request, visit, self.page.name):
            return await self._draw(request, visit, Look(again=True))
        sent, act = await self.frame.acting(request, visit), request.form.get("act") or ""
        if sent is None:
            return self.frame.to_sign_in(request, where(self.page.name))
        if act not in self.page.acts or self.page.acts[act].for_programs:
            raise _not_there()
        browser = self.frame.browsers.identify(request)
        address = await self.frame.recent.missing_to_act(sent, self.page, act, request.form, browser)
        if address is not None:
            return self.frame.to_sign_in(request, address)
        try:
            done = await self.page.act(sent, act)
        except ActRefused as refused:
            return await self._draw(request, sent, Look(problem=refused.problem))
        except NotThere:
            raise _not_there() from None
        if isinstance(done, ActShown):
            look = Look(problem=done.problem, scripts=self.page.scripts, leads_away=self.page.leads_away)
            return self.frame.draw(request, visit, self.page.name, done.template, done.given, look)
        return done if isinstance(done, Reply) else self.frame.lead_on(request, done, self.page.name)

    async def _visit(self, request: Request) -> AccountVisit | Reply:
        visit = await self.frame.visit(request, where(self.page.name))
        if isinstance(visit, Reply):
            return visit
        address = await self.frame.recent.missing_to_open(visit, self.page)
        return visit if address is None else self.frame.to_sign_in(request, address)

    async def _draw(self, request: Request, visit: AccountVisit, look: Look = AS_IT_IS) -> Reply:
        given = await self.page.show(visit if look.problem else replace(visit, form=EMPTY))
        look = replace(look, scripts=self.page.scripts, leads_away=self.page.leads_away)
        return self.frame.draw(request, visit, self.page.name, self.page.template, given, look)


@dataclass(frozen=True, slots=True)
class ServedOverview:
    """The first page of the account behind its route."""

    frame: AccountFrame

    async def show(self, request: Request) -> Reply:
        """Show who it is, what needs attention, and the way to every other page."""
        visit = await self.frame.visit(request, where(""))
        if isinstance(visit, Reply):
            return visit
        given = await overview(self.frame.listed, visit)
        return self.frame.draw(request, visit, "", "account/overview", given)


@dataclass(frozen=True, slots=True)
class ServedHeldForm:
    """Where somebody comes back to who had to sign in again: what they asked for, behind one button."""

    frame: AccountFrame

    async def show(self, request: Request) -> Reply:
        """Show what was asked; nothing of it happens before the button is pressed."""
        address = address_at(ACCOUNT_HELD, request)
        if address is None:
            raise _not_there()
        visit = await self.frame.visit(request, address)
        if isinstance(visit, Reply):
            return visit
        if not visit.proved_lately:
            return self.frame.to_sign_in(request, address)
        held = await self.frame.recent.find(address.values["held"], self.frame.browsers.identify(request), visit)
        page = next((page for page in self.frame.listed if held and page.name == held.page), None)
        if held is None or page is None:
            return self.frame.lead_on(request, ActDone("forgotten"), "")
        given = {"fields": held.fields, "words": page.acts[dict(held.fields)["act"]].words}
        return self.frame.draw(request, visit, page.name, "account/held", given, Look(leads_away=page.leads_away))


def _not_there() -> HttpRefusal:
    return HttpRefusal(404, "there is no such thing in this account", "not_found")
