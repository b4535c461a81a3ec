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
    """Asks who you are, in one way. `contexts` knows what for, `way` judges the answer, `ways` what it is worth."""

    def __init__(self, pages: Pages, contexts: SignInContexts, browsers: Browsers, ways: Ways, way: Way) -> None:
        self._pages = pages
        self._contexts = contexts
        self._browsers = browsers
        self._ways = ways
        self._way = way

    async def show(self, request: Request) -> Reply:
        """Show the form, or lead on if this way is not enough; a `login_hint` is filled in (OIDC Core 3.1.2.1)."""
        context = await self._contexts.find(request)
        if isinstance(context, Reply):
            return context
        asked = await self._asked(request, context)
        if self._way.name not in asked.kinds:
            return redirect(self._address(asked.kinds[0], context), *context.browser.cookies)
        return await self._form(context, asked, _visit(request, context))

    async def submit(self, request: Request) -> Reply:
        """Sign the person in and go on, or show the form again: the same for unknown, wrong and disabled."""
        context = await self._contexts.find(request)
        if isinstance(context, Reply):
            return context
        visit = _visit(request, context)
        if not self._contexts.is_current(request, context):
            again, unread = replace(context, again="changed"), replace(visit, form=EMPTY)
            return await self._form(again, await self._asked(request, context), unread)
        try:
            proof = await self._way.prove(visit)
            match await self._ways.after(proof, context.wanted):
                case Done(event):
                    person, cookies = await self._browsers.sign_in(request, event)
                    await self._contexts.signed_in(context, person)
                    return redirect(self._pages.base + context.back, *cookies)
                case Ask(kinds):  # nothing is kept of a sign-in before its end
                    return redirect(self._address(kinds[0], context))
        except Throttled as refused:
            refusal = ShownAgain("throttled", refused.retry_after)
        except SignInRefused:
            refusal = ShownAgain("wrong")
        except Unavailable as unavailable:
            refusal = ShownAgain("busy", unavailable.retry_after)
        return await self._form(context, await self._asked(request, context), visit, refusal)

    async def _asked(self, request: Request, context: SignInContext) -> Ask:
        """Return in which ways whoever is here may go on; who they are matters only where a level must be reached."""
        person = await self._browsers.signed_in(request) if context.wanted.essential else None
        return await self._ways.first(context.wanted, None if person is None else person.user_id)

    def _address(self, kind: str, context: SignInContext) -> str:
        return f"{self._pages.base}{self._ways.path_of(kind)}?{context.query}"

    def _entries(self, asked: Ask, context: SignInContext) -> list[OtherWay]:
        others = (way for kind in asked.kinds for way in self._ways.listed if kind == way.name != self._way.name)
        return [OtherWay(self._address(way.name, context), way.entry) for way in others]

    async def _form(
        self, context: SignInContext, asked: Ask, visit: SignInVisit, refusal: ShownAgain | None = None
    ) -> Reply:
        retry_after = refusal.retry_after if refusal else 0
        reply = self._pages.render(
            f"authn/{self._way.template}",
            status=STATUS[refusal.problem] if refusal else 200,
            allows=Allows(forms="here" if context.page else "anywhere"),
            locale=context.locale,
            action=self._address(self._way.name, context),
            csrf=self._contexts.token(context),
            client_name=context.client_name,
            page=context.page,
            entries=self._entries(asked, context),
            given=await self._way.show(visit),
            problem=refusal.problem if refusal else None,
            again="" if refusal else context.again,
            client_uri=context.client_uri,
            wait_minutes=-(-retry_after // 60),
        ).with_cookies(*context.browser.cookies)
        return reply.with_headers(("retry-after", str(retry_after))) if retry_after else reply


def _visit(request: Request, context: SignInContext) -> SignInVisit:
    form = request.form if request.method == "POST" else EMPTY
    return SignInVisit(request.origin, form, context.login_hint, request.cookies.get(KNOWN))
