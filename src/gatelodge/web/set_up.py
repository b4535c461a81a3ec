"""Setting up a second factor within a sign-in that demands it: the pages of enrolments, and the way on after them.

What is set up counts at once, so nobody who must have a second factor gets a session without one. Whoever may put it
off is told until when, and goes on by a button.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gatelodge.authn.enrolment import Enrolled, Enrolment, EnrolmentRefused, EnrolVisit
from gatelodge.authn.visit import KnownPerson, SignInRefused
from gatelodge.authn.ways import Ways
from gatelodge.database.tx import Unavailable
from gatelodge.endpoints.request import Request
from gatelodge.protocol.assurance import Done, Enrol, NextProof
from gatelodge.protocol.params import EMPTY, Params
from gatelodge.protocol.proof import Proof
from gatelodge.protocol.reply import Reply
from gatelodge.sessions.sign_ins import HalfSignIn
from gatelodge.web.pages import Allows, Pages
from gatelodge.web.sign_in_context import SignInContext, SignInContexts
from gatelodge.web.sign_in_steps import SignInSteps


@dataclass(frozen=True, slots=True)
class SetUpPages:
    """Has people set up what they must have. A proof is never taken from a session alone: see `assurance`."""

    pages: Pages
    contexts: SignInContexts
    steps: SignInSteps
    ways: Ways

    async def show(self, request: Request) -> Reply:
        """Show what is to be set up."""
        found = await self._find(request)
        return found if isinstance(found, Reply) else await self._form(found, EMPTY)

    async def submit(self, request: Request) -> Reply:
        """Set it up and go on, or show the form again."""
        found = await self._find(request)
        if isinstance(found, Reply):
            return found
        if not self.contexts.is_current(request, found.context):
            return await self._form(replace(found, context=replace(found.context, again="changed")), EMPTY)
        try:
            enrolled = await found.enrolment.enrol(found.visit(request.form))
        except EnrolmentRefused as refused:
            return await self._form(found, request.form, refused.problem)
        except Unavailable as unavailable:
            return await self._form(found, request.form, "busy", unavailable.retry_after)
        return await self._go_on(request, found, enrolled)

    async def _find(self, request: Request) -> "_SetUp | Reply":
        context = await self.contexts.find(request)
        if isinstance(context, Reply):
            return context
        step, kind = await self.steps.next(request, context), request.path_params["kind"]
        kinds = () if context.half is None or context.half.is_of_session else kinds_of(step)
        way = next((way for way in self.ways.listed if way.name == kind), None)
        if context.half is None or way is None or way.enrolment is None or kind not in kinds:
            return self.steps.to(step, context)
        return _SetUp(request, context, context.half, kind, way.enrolment, kinds)

    async def _form(self, found: "_SetUp", form: Params, problem: str = "", retry_after: int = 0) -> Reply:
        context, enrolment = found.context, found.enrolment
        others = [self.ways.named(kind) for kind in found.kinds if kind != found.kind]
        reply = self.pages.render(
            f"authn/{enrolment.template}",
            status=503 if retry_after else 400 if problem else 200,
            allows=Allows(scripts=enrolment.scripts, forms="here" if context.page else "anywhere"),
            locale=context.locale,
            action=self.steps.set_up(found.kind, context),
            csrf=self.contexts.token(context),
            entries=[(self.steps.set_up(way.name, context), way.enrolment.words) for way in others if way.enrolment],
            beginning=self.steps.beginning(context),
            given=await enrolment.offer(found.visit(form)),
            problem=problem,
            again=context.again,
            client_uri=context.client_uri,
            client_logo=context.client_logo,
        ).with_cookies(*context.browser.cookies)
        return reply.with_headers(("retry-after", str(retry_after))) if retry_after else reply

    async def _go_on(self, request: Request, found: "_SetUp", enrolled: Enrolled) -> Reply:
        if enrolled.proof is None:
            return self.steps.to(await self.steps.next(request, found.context), found.context)
        if not enrolled.told:
            return await self._done(request, found, enrolled.proof)
        context = await self.steps.keep(found.context, enrolled.proof)
        if context is None:
            return self.steps.anew(found.context)
        return self.pages.render(
            f"authn/{enrolled.told}",
            allows=Allows(forms="here" if context.page else "anywhere"),
            locale=context.locale,
            action=self.steps.go_on(context),
            csrf=self.contexts.token(context),
            given=enrolled.once,
        )

    async def _done(self, request: Request, found: "_SetUp", proof: Proof) -> Reply:
        try:
            return await self.steps.after(request, found.context, proof)
        except SignInRefused:
            return self.steps.anew(found.context)


@dataclass(frozen=True, slots=True)
class _SetUp:
    """Somebody who is to set up one kind of proof, of several that would do."""

    request: Request
    context: SignInContext
    half: HalfSignIn
    kind: str
    enrolment: Enrolment
    kinds: tuple[str, ...]

    def visit(self, form: Params) -> EnrolVisit:
        person = KnownPerson(self.half.user_id, self.half.sub)
        return EnrolVisit(
            self.request.origin, self.context.browser, person, form, self.context.locale, self.half.endings
        )


@dataclass(frozen=True, slots=True)
class GoOnPage:
    """Where a sign-in waits for a button: what was shown once was kept, or a second factor is put off."""

    pages: Pages
    contexts: SignInContexts
    steps: SignInSteps
    ways: Ways

    async def show(self, request: Request) -> Reply:
        """Show until when it may be put off, and the way to set it up."""
        context = await self.contexts.find(request)
        if isinstance(context, Reply):
            return context
        step = await self.steps.next(request, context)
        if context.half is None or context.half.is_of_session or not isinstance(step, Done):
            return self.steps.to(step, context)
        offered = [self.ways.named(kind) for kind in step.enrol]
        return self.pages.render(
            "go_on",
            allows=Allows(forms="here" if context.page else "anywhere"),
            locale=context.locale,
            action=self.steps.go_on(context),
            csrf=self.contexts.token(context),
            entries=[(self.steps.set_up(way.name, context), way.enrolment.words) for way in offered if way.enrolment],
            due=None if step.due is None else datetime.fromtimestamp(step.due, UTC),
        )

    async def submit(self, request: Request) -> Reply:
        """Begin the session, if nothing is missing."""
        context = await self.contexts.find(request)
        if isinstance(context, Reply):
            return context
        step = await self.steps.next(request, context)
        if not self.contexts.is_current(request, context):
            return self.steps.to(step, context)
        if context.half is None or context.half.is_of_session or not isinstance(step, Done):
            return self.steps.to(step, context)
        try:
            return await self.steps.finish(request, context, step)
        except SignInRefused:
            return self.steps.anew(context)


def kinds_of(step: NextProof) -> tuple[str, ...]:
    """Return what may be set up at this step."""
    match step:
        case Enrol(kinds):
            return kinds
        case Done(enrol=kinds):
            return kinds
        case _:
            return ()
