"""The routes that ways to sign in have of their own: what is proven there goes on as if it had been at their page."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from gatelodge.authn.contract import SignInRefused
from gatelodge.authn.own_routes import Answer, NothingProven, OwnRoute, Proven, WayRequest
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.endpoints.routes import Route
from gatelodge.protocol.assurance import Ask
from gatelodge.protocol.params import EMPTY, Params
from gatelodge.protocol.reply import Reply
from gatelodge.sessions import csrf
from gatelodge.sessions.browser import Browsers
from gatelodge.sessions.cookies import KNOWN
from gatelodge.web.login import LoginPage, ShownAgain
from gatelodge.web.sign_in_context import SignInContext


@dataclass(frozen=True, slots=True)
class OwnRoutes:
    """Serves the own routes of the way of a page; `pages` are those of all ways, by their names."""

    page: LoginPage
    pages: Mapping[str, LoginPage]
    browsers: Browsers
    key: csrf.Key

    def routes(self) -> tuple[Route, ...]:
        """Return their rows of the route table."""
        return tuple(self._row(route) for route in self.page.way.routes)

    def _row(self, route: OwnRoute) -> Route:
        handlers = {method: _Handler(self, answer).handle for method, answer in route.answer.items()}
        return Route(route.name, route.path, handlers, acts=route.acts)

    async def serve(self, request: Request, answer: Callable[[WayRequest], Awaitable[Answer]]) -> Reply:
        """Answer a request, and go on with the sign-in that something was proven for."""
        browser = self.browsers.identify(request)
        call = WayRequest(
            method=request.method,
            path=request.path_params,
            query=request.query,
            form=request.form,
            headers=request.headers,
            browser=browser,
            origin=request.origin,
            is_ours=csrf.from_own_page(self.key, request.headers),
            known=request.cookies.get(KNOWN),
        )
        answered = await answer(call)
        if isinstance(answered, Reply):
            return answered.with_cookies(*browser.cookies)
        return await self._go_on(request, answered)

    async def _go_on(self, request: Request, answered: Proven | NothingProven) -> Reply:
        there = replace(request, query=Params.parse(answered.context.encode()), form=EMPTY)
        context = await self.page.contexts.find(there)
        if isinstance(context, Reply):
            return context
        step = await self.page.steps.next(there, context)
        if not isinstance(step, Ask) or self.page.way.name not in step.kinds:
            return self.page.steps.to(step, context)
        try:
            if isinstance(answered, Proven) and (answered.anew or not context.anew):
                return await self.page.steps.after(there, context, answered.proof)
        except SignInRefused:
            pass
        return await self._refused(there, context, step)

    async def _refused(self, there: Request, context: SignInContext, step: Ask) -> Reply:
        """Show the page again; where a way has none and leads elsewhere at once, the page of another tells of it."""
        if self.page.way.template:
            return await self.page.form(there, context, step, ShownAgain("wrong"))
        shown = next((kind for kind in step.kinds if self.pages[kind].way.template), None)
        if shown is None:
            raise HttpRefusal(400, "nothing was proven there", "access_denied")
        return await self.pages[shown].form(there, context, step, ShownAgain("elsewhere"))


@dataclass(frozen=True, slots=True)
class _Handler:
    """What a way to sign in answers besides its page."""

    own: OwnRoutes
    answer: Callable[[WayRequest], Awaitable[Answer]]

    async def handle(self, request: Request) -> Reply:
        return await self.own.serve(request, self.answer)
