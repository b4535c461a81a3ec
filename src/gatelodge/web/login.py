"""The sign-in page: every way to sign in has one, and what they share stands here, so none can forget it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, NamedTuple

from gatelodge.authn.contract import SignInRefused, SignInVisit, Throttled, Way
from gatelodge.authn.ways import Ways
from gatelodge.database.tx import Unavailable
from gatelodge.endpoints.request import Request
from gatelodge.protocol.assurance import Ask, Done
from gatelodge.protocol.params import EMPTY
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.sessions.browser import Browsers
from gatelodge.sessions.cookies import KNOWN
from gatelodge.web.pages import Allows, Pages
from gatelodge.web.sign_in_context import SignInContext, SignInContexts

Problem = Literal["wrong", "throttled", "busy"]
STATUS: Mapping[Problem, int] = {"wrong": 400, "throttled": 429, "busy": 503}


class OtherWay(NamedTuple):
    """The way to another way to sign in: its address, and the words that lead there."""

    address: str
    words: str


class ShownAgain(NamedTuple):
    """Why a form is shown again; `retry_after` in seconds."""

    problem: Problem
    retry_after: int = 0


class LoginPage:
    """Asks who you are, in one way. `occasions` knows what for, `way` judges the answer, `ways` what it is worth."""

    def __init__(self, pages: Pages, occasions: SignInContexts, browsers: Browsers, ways: Ways, way: Way) -> None:
        self._pages = pages
        self._occasions = occasions
        self._browsers = browsers
        self._ways = ways
        self._way = way

    async def show(self, request: Request) -> Reply:
        """Show the form, or lead on if this way is not enough; a `login_hint` is filled in (OIDC Core 3.1.2.1)."""
        occasion = await self._occasions.find(request)
        if isinstance(occasion, Reply):
            return occasion
        asked = await self._asked(request, occasion)
        if self._way.name not in asked.kinds:
            return redirect(self._address(asked.kinds[0], occasion), *occasion.browser.cookies)
        return await self._form(occasion, asked, _visit(request, occasion))

    async def submit(self, request: Request) -> Reply:
        """Sign the person in and go on, or show the form again: the same for unknown, wrong and disabled."""
        occasion = await self._occasions.find(request)
        if isinstance(occasion, Reply):
            return occasion
        visit = _visit(request, occasion)
        if not self._occasions.is_current(request, occasion):
            again, unread = replace(occasion, again="changed"), replace(visit, form=EMPTY)
            return await self._form(again, await self._asked(request, occasion), unread)
        try:
            proof = await self._way.prove(visit)
            match await self._ways.after(proof, occasion.wanted):
                case Done(event):
                    person, cookies = await self._browsers.sign_in(request, event)
                    await self._occasions.signed_in(occasion, person)
                    return redirect(self._pages.base + occasion.back, *cookies)
                case Ask(kinds):  # nothing is kept of a sign-in before its end
                    return redirect(self._address(kinds[0], occasion))
        except Throttled as refused:
            refusal = ShownAgain("throttled", refused.retry_after)
        except SignInRefused:
            refusal = ShownAgain("wrong")
        except Unavailable as unavailable:
            refusal = ShownAgain("busy", unavailable.retry_after)
        return await self._form(occasion, await self._asked(request, occasion), visit, refusal)

    async def _asked(self, request: Request, occasion: SignInContext) -> Ask:
        """Return in which ways whoever is here may go on; who they are matters only where a level must be reached."""
        person = await self._browsers.signed_in(request) if occasion.wanted.essential else None
        return await self._ways.first(occasion.wanted, None if person is None else person.user_id)

    def _address(self, kind: str, occasion: SignInContext) -> str:
        return f"{self._pages.base}{self._ways.path_of(kind)}?{occasion.query}"

    def _entries(self, asked: Ask, occasion: SignInContext) -> list[OtherWay]:
        others = (way for kind in asked.kinds for way in self._ways.listed if kind == way.name != self._way.name)
        return [OtherWay(self._address(way.name, occasion), way.entry) for way in others]

    async def _form(
        self, occasion: SignInContext, asked: Ask, visit: SignInVisit, refusal: ShownAgain | None = None
    ) -> Reply:
        retry_after = refusal.retry_after if refusal else 0
        reply = self._pages.render(
            f"authn/{self._way.template}",
            status=STATUS[refusal.problem] if refusal else 200,
            allows=Allows(forms="here" if occasion.page else "anywhere"),
            locale=occasion.locale,
            action=self._address(self._way.name, occasion),
            csrf=self._occasions.token(occasion),
            client_name=occasion.client_name,
            page=occasion.page,
            entries=self._entries(asked, occasion),
            given=await self._way.show(visit),
            problem=refusal.problem if refusal else None,
            again="" if refusal else occasion.again,
            client_uri=occasion.client_uri,
            wait_minutes=-(-retry_after // 60),
        ).with_cookies(*occasion.browser.cookies)
        return reply.with_headers(("retry-after", str(retry_after))) if retry_after else reply


def _visit(request: Request, occasion: SignInContext) -> SignInVisit:
    form = request.form if request.method == "POST" else EMPTY
    return SignInVisit(request.origin, form, occasion.login_hint, request.cookies.get(KNOWN))
