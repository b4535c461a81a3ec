"""The sign-in page: every way to sign in has one, and what they share stands here, so none can forget it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from gatelodge.authn.contract import SignInRefused, SignInVisit, Throttled, Way
from gatelodge.authn.visit import KnownPerson
from gatelodge.authn.ways import Ways
from gatelodge.database.tx import Unavailable
from gatelodge.endpoints.request import Request
from gatelodge.protocol.assurance import Ask
from gatelodge.protocol.params import EMPTY, Params
from gatelodge.protocol.reply import Reply
from gatelodge.sessions.cookies import KNOWN
from gatelodge.web.pages import Allows, Pages
from gatelodge.web.sign_in_context import SignInContext, SignInContexts
from gatelodge.web.sign_in_steps import SignInSteps

Problem = Literal["wrong", "elsewhere", "throttled", "busy"]
STATUS: Mapping[Problem, int] = {"wrong": 400, "elsewhere": 400, "throttled": 429, "busy": 503}


class OtherWay(NamedTuple):
    """The way to another way to sign in: its address, and the words that lead there."""

    address: str
    words: str


class Neighbour(NamedTuple):
    """What another way shows on a page: its template, its form's address, and what it is given."""

    template: str
    address: str
    given: Mapping[str, object]


class ShownAgain(NamedTuple):
    """Why a form is shown again; `retry_after` in seconds."""

    problem: Problem
    retry_after: int = 0


@dataclass(frozen=True, slots=True)
class LoginPage:
    """Asks who you are, in one way. `contexts` knows what for, `way` judges the answer, `steps` says what is next."""

    pages: Pages
    contexts: SignInContexts
    steps: SignInSteps
    ways: Ways
    way: Way

    async def show(self, request: Request) -> Reply:
        """Show the form, or lead on if this way is not next; a `login_hint` is filled in (OIDC Core 3.1.2.1)."""
        context = await self.contexts.find(request)
        if isinstance(context, Reply):
            return context
        step = await self.steps.next(request, context)
        if not isinstance(step, Ask) or self.way.name not in step.kinds:
            return self.steps.to(step, context)
        return await self.form(request, context, step)

    async def submit(self, request: Request) -> Reply:
        """Sign the person in and go on, or show the form again: the same for unknown, wrong and disabled."""
        context = await self.contexts.find(request)
        if isinstance(context, Reply):
            return context
        current = self.contexts.is_current(request, context)
        step = await self.steps.next(request, context)
        if not isinstance(step, Ask) or self.way.name not in step.kinds:
            return self.steps.to(step, context)
        if not current:
            return await self.form(request, replace(context, again="changed"), step)
        try:
            proof = await self.way.prove(visit_of(request, context, request.form))
            trust = self.way.guards and request.form.get("trust") == "yes"
            return await self.steps.after(request, context, proof, trust=trust)
        except Throttled as refused:
            refusal = ShownAgain("throttled", refused.retry_after)
        except SignInRefused:
            refusal = ShownAgain("wrong")
        except Unavailable as unavailable:
            refusal = ShownAgain("busy", unavailable.retry_after)
        return await self.form(request, context, step, refusal)

    async def form(
        self, request: Request, context: SignInContext, asked: Ask, refusal: ShownAgain | None = None
    ) -> Reply:
        """Show the form, with why it is shown again, if it is; or what the way sends in place of it."""
        given = await self.way.show(visit_of(request, context, request.form if refusal else EMPTY))
        if isinstance(given, Reply):
            return given.with_cookies(*context.browser.cookies)
        others = [way for kind in asked.kinds for way in self.ways.listed if kind == way.name != self.way.name]
        beside = [part for way in others if way.beside and (part := await self._beside(request, context, way))]
        retry_after = refusal.retry_after if refusal else 0
        scripts = self.way.scripts or any(way.scripts for way in others if way.beside)
        reply = self.pages.render(
            f"authn/{self.way.template}",
            status=STATUS[refusal.problem] if refusal else 200,
            allows=Allows(scripts=scripts, forms="here" if context.page else "anywhere"),
            locale=context.locale,
            action=self.steps.address(self.way.name, context),
            csrf=self.contexts.token(context),
            client_name=context.client_name,
            page=context.page,
            query=context.query,
            entries=[OtherWay(self.steps.address(way.name, context), way.entry) for way in others if not way.beside],
            beside=beside,
            trust_days=self.steps.trust_days if self.way.guards else 0,
            beginning=self.steps.beginning(context) if context.half else "",
            given=given,
            problem=refusal.problem if refusal else None,
            again="" if refusal else context.again,
            client_uri=context.client_uri,
            client_logo=context.client_logo,
            wait_minutes=-(-retry_after // 60),
        ).with_cookies(*context.browser.cookies)
        return reply.with_headers(("retry-after", str(retry_after))) if retry_after else reply

    async def _beside(self, request: Request, context: SignInContext, way: Way) -> Neighbour | None:
        given = await way.show(visit_of(request, context, EMPTY))
        if isinstance(given, Reply):
            return None
        return Neighbour(f"authn/{way.beside}.html", self.steps.address(way.name, context), given)


def visit_of(request: Request, context: SignInContext, form: Params) -> SignInVisit:
    """Return what a way is told of somebody at its page, who sent this form."""
    half = context.half
    return SignInVisit(
        origin=request.origin,
        browser=context.browser,
        form=form,
        hint=context.login_hint,
        known=request.cookies.get(KNOWN),
        person=None if half is None else KnownPerson(half.user_id, half.sub),
        context=context.whole_query,
        locale=context.locale,
        anew=context.anew,
    )
