"""The demo's phone: what an authenticator app would show, for whoever tries the second step without one."""

from typing import NamedTuple

from gatelodge.clock import Clock
from gatelodge.demo.data import PEOPLE
from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply
from gatelodge.protocol.totp import STEP, code_at, step_of
from gatelodge.web.pages import Pages


class ShownCode(NamedTuple):
    """Somebody's app: the code it shows, in two groups, and its key."""

    name: str
    code: str
    key: str


class PhoneDemo:
    """The page of the phone; it comes anew when the code changes."""

    def __init__(self, pages: Pages, clock: Clock) -> None:
        self._pages = pages
        self._clock = clock

    async def show(self, request: Request) -> Reply:
        """Show the code of this half minute."""
        del request
        now = self._clock.now()
        codes = [(person, code_at(person.seed, step_of(now))) for person in PEOPLE if person.app]
        apps = [ShownCode(person.new.name or "", f"{code[:3]} {code[3:]}", person.app) for person, code in codes]
        left = STEP - now % STEP
        page = self._pages.render("demo/phone", apps=apps, left=left, issuer=self._pages.issuer)
        return page.with_headers(("refresh", str(left)))
