"""What these pages share: forgery, the mailbox to look into, a link that is over, and the way on to signing in."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from gatelodge.authn.throttle import Full
from gatelodge.clock import Clock
from gatelodge.endpoints.request import Request
from gatelodge.protocol import email_address, login_name
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply
from gatelodge.sessions import csrf
from gatelodge.sessions.browser import BrowserId, Browsers
from gatelodge.sessions.interactions import PARAMETER
from gatelodge.sessions.mailed_links import MailedLink, MailedLinks, NewLink
from gatelodge.web import own_pages
from gatelodge.web.errors import is_current
from gatelodge.web.own_pages import ACCOUNT, address_with
from gatelodge.web.pages import Allows, Pages

_HANDLE = re.compile(r"[\w-]{1,200}")


@dataclass(frozen=True, slots=True)
class EntryFrame:
    """Draws the pages of this room and knows whose form is whose."""

    pages: Pages
    browsers: Browsers
    key: csrf.Key
    links: MailedLinks
    clock: Clock

    def draw(
        self, request: Request, template: str, purpose: str, status: int = 200, *, scripts: bool = False, **values: Any
    ) -> Reply:
        """Return a page with a form of this purpose, which runs `scripts` if it must."""
        browser = self.browsers.identify(request)
        reply = self.pages.render(
            f"entry/{template}",
            status=status,
            allows=Allows(scripts=scripts, forms="here"),
            csrf=csrf.token(self.key, browser.secret, purpose),
            **{"problem": "", "again": "", "client_uri": "", "what": "", **values},
        )
        return reply.with_cookies(*browser.cookies)

    def is_current(self, request: Request, purpose: str) -> bool:
        """Whether a form carries its token; `False` if it is one of ours and out of date. Raises `HttpRefusal`."""
        return is_current(self.key, request, purpose)

    def mailbox(self, request: Request, address: str, new: NewLink) -> Reply:
        """Tell somebody to look into their mailbox, whatever was sent there, and show the code that belongs to it."""
        return self.draw(request, "mailbox", "", address=address, code=new.shown)

    def wait(self, request: Request, template: str, purpose: str, full: Full, **values: Any) -> Reply:
        """Return the page again to somebody who asked too often."""
        minutes = -(-full.retry_after // 60)
        page = self.draw(request, template, purpose, 429, problem="throttled", wait_minutes=minutes, **values)
        return page.with_headers(("retry-after", str(full.retry_after)))

    async def followed(self, request: Request, purpose: str) -> MailedLink:
        """Return the link that somebody followed. Raises `LinkOver`."""
        browser: BrowserId = self.browsers.identify(request)
        return await self.links.find(purpose, request.path_params["link"], browser, self.clock.now())

    def over(self, request: Request, again: str = "") -> Reply:
        """Say that a link is good for nothing any more; `again` is the page where another one is had."""
        return self.draw(request, "over", "", 410, again=again)

    def done(self, request: Request, what: str, link: MailedLink) -> Reply:
        """Say what was done, and lead on to signing in: for what they came for, if they came in this browser."""
        back = "" if link.elsewhere else str(link.said.get("back", ""))
        return self.draw(request, "done", "", what=what, sign_in=f"/login?{back or address_with(ACCOUNT, {}).query}")


def read_back(query: Params) -> str:
    """Return what somebody came for, as `/login` names it; empty if for nothing."""
    handle = query.get(PARAMETER) or ""
    if _HANDLE.fullmatch(handle):
        return urlencode({PARAMETER: handle})
    place = own_pages.read_address(query)
    return "" if place is None else place.query


def asked_address(request: Request) -> dict[str, Any]:
    """Return what a page that asks for an address is drawn with: what was typed, and where its person came from."""
    back = read_back(request.query)
    typed = (request.form.get("email") or "")[: email_address.MAX_ADDRESS]
    return {"back": back, "email": typed, "sign_in": f"/login?{back}" if back else ""}


def read_email(typed: str) -> str:
    """Return an address in its one form. Raises `ValueError` for what mail cannot be sent to."""
    address = login_name.canonical(typed)
    email_address.parse(address)
    return address


def purpose_of(link: MailedLink) -> str:
    """Return what the form behind a link is good for."""
    return f"link {link.purpose} {link.handle}"
