"""The accounts of a browser: another one of them is used from now on, one is signed out, or one more is signed in."""

from dataclasses import dataclass

from gatelodge.account.addresses import where
from gatelodge.account.contract import AccountVisit
from gatelodge.account.frame import AS_IT_IS, AccountFrame, Look
from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.web.select_account import accounts_in

NAME = "switch"


@dataclass(frozen=True, slots=True)
class ServedSwitch:
    """The page of these accounts behind its route. It is none of the account that it is shown to, so it is not listed
    among its pages."""

    frame: AccountFrame

    async def show(self, request: Request) -> Reply:
        """Show who is signed in and who waits."""
        visit = await self.frame.visit(request, where(NAME))
        return visit if isinstance(visit, Reply) else await self._draw(request, visit)

    async def submit(self, request: Request) -> Reply:
        """Use the account that was chosen of those shown, and no other; or sign one of them out."""
        visit = await self.frame.visit(request, where(NAME))
        if isinstance(visit, Reply):
            return visit
        if not self.frame.is_current(request, visit, NAME):
            return await self._draw(request, visit, Look(again=True))
        several, base = self.frame.browsers.several, self.frame.pages.base
        if (remove := request.form.get("remove")) is not None:
            cookie, _ = await several.end(request, (remove,))
            return redirect(f"{base}{where(NAME).address}", cookie)
        sid = request.form.get("account") or ""
        cookies = () if sid == visit.signed_in.sid else await several.switch(request, sid)
        if not cookies and sid != visit.signed_in.sid:
            return await self._draw(request, visit, Look(again=True))
        return redirect(f"{base}{where('').address}", *cookies)

    async def _draw(self, request: Request, visit: AccountVisit, look: Look = AS_IT_IS) -> Reply:
        accounts = await accounts_in(request, self.frame.browsers, self.frame.db, visit.signed_in)
        return self.frame.draw(request, visit, NAME, "account/switch", {"accounts": accounts}, look)
