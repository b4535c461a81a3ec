"""The authorization endpoint (RFC 6749 3.1): understand, see who is there, decide, and answer or send to one page.

Every page returns here; nothing but `decide.next_step` says what is next.
"""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from msgspec import structs

from gatelodge.endpoints.prompts import Prompts
from gatelodge.endpoints.request import Request
from gatelodge.ops.authorization import KIND, Authorizations, RefusedRequest, Understood
from gatelodge.ops.sent_requests import SentRequests
from gatelodge.protocol import rules
from gatelodge.protocol.authorize import Recipient
from gatelodge.protocol.decide import Issue
from gatelodge.protocol.errors import OAuthError, UnsafeRequest
from gatelodge.protocol.params import Params
from gatelodge.protocol.progress import Again, Progress
from gatelodge.protocol.reply import Cookie, Reply, redirect
from gatelodge.sessions import cookies
from gatelodge.sessions.browser import BrowserId, Browsers
from gatelodge.sessions.interactions import PARAMETER, Interaction, Interactions
from gatelodge.sessions.states import BrowserStates
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import RequestRefused
from gatelodge.telemetry.origin import continues
from gatelodge.tokens.answers import AuthorizationAnswers
from gatelodge.tokens.front import FrontIssuer


@dataclass(frozen=True, slots=True)
class Gathered:
    """A request on its way: its parameters, the interaction it is parked in, if it is, and cookies to set.

    `again` says why it is begun anew, if it is.
    """

    params: Params
    interaction: Interaction | None = None
    cookies: tuple[Cookie, ...] = ()
    again: Again = ""

    @property
    def progress(self) -> Progress:
        """What the person did about it so far."""
        return self.interaction.progress if self.interaction else Progress(again=self.again)


@dataclass(frozen=True, slots=True)
class AuthorizeEndpoint:
    """Answers authorization requests.

    `base` is the issuer's path, `states` is there if clients are told of sessions.
    """

    base: str
    sent: SentRequests
    authorizations: Authorizations
    browsers: Browsers
    interactions: Interactions
    prompts: Prompts
    issuer: FrontIssuer
    answers: AuthorizationAnswers
    states: BrowserStates | None = None

    async def handle(self, request: Request) -> Reply:
        """Answer `GET` or `POST /authorize`."""
        browser = self.browsers.identify(request)
        try:
            gathered = await self._gather(request, browser)
            understood = await self.authorizations.understand(gathered.params)
        except RefusedRequest as refused:
            return self._refuse(refused.recipient, refused.error, request)
        try:
            if gathered.interaction is None and self._withholds_cookies(request):
                return await self._come_again(request, gathered)
            if changed := await self.prompts.hints.choose(request, understood.question, gathered.progress):
                gathered = replace(gathered, cookies=(*gathered.cookies, *changed))
                there = {**request.cookies, **{cookie.name: cookie.value for cookie in changed}}
                request = structs.replace(request, cookies=there)
            reply = await self._proceed(request, gathered, understood, browser)
        except OAuthError as error:
            reply = self._refuse(understood.recipient, error, request)
            if self.states is not None:
                reply = reply.with_cookies(*self.states.mended(request, await self.browsers.signed_in(request)))
        return reply.with_cookies(*gathered.cookies)

    async def _gather(self, request: Request, browser: BrowserId) -> Gathered:
        """Return the request itself, or the one that was parked before a page took over."""
        handle = request.query.get(PARAMETER)
        if handle is None:
            return Gathered(await self._meant(request))
        parked = await self.interactions.resume(KIND, handle, browser)
        if parked is None:
            return await self._recall(request, handle, browser)
        params = Params.parse(parked.params.encode())
        continues(request.origin, params)
        if parked.browser.secret not in browser.posted:
            return Gathered(params, parked)
        met = replace(parked, browser=browser)
        await self.interactions.save(met, browser)
        return Gathered(params, met, (*browser.cookies, cookies.no_posted(parked.browser.secret)))

    async def _meant(self, request: Request) -> Params:
        """Return the request that the browser brought, or the one that it brought the name of."""
        sent = request.query.merge(request.form)
        meant = await self.sent.meant(sent)
        if meant is not sent:
            continues(request.origin, meant)
        return meant

    async def _recall(self, request: Request, handle: str, browser: BrowserId) -> Gathered:
        """Begin a request anew that does not wait any more, as if it had just been sent."""
        past = await self.interactions.recall(KIND, handle, browser)
        if past is None:
            raise UnsafeRequest(
                "this sign-in was answered, has expired, or began in another browser", rules.INTERACTION
            )
        params = Params.parse(past.params.encode())
        continues(request.origin, params)
        await self.sent.check_again(params)
        return Gathered(params, again="finished" if past.answered else "late")

    def _withholds_cookies(self, request: Request) -> bool:
        """Whether the browser may have cookies that it would bring with a GET: a form of another site was sent.

        In a frame it would not either, so there is nothing to wait for.
        """
        in_frame = request.headers.get("sec-fetch-dest", "document") != "document"
        return request.method == "POST" and not in_frame and self.browsers.brings_nothing(request)

    async def _come_again(self, request: Request, gathered: Gathered) -> Reply:
        """Park a request until the browser comes again by a GET, with its cookies and the one that proves it is it."""
        posted = self.browsers.posting()
        parked = await self.prompts.park(request, KIND, gathered.params, posted, gathered.again)
        return redirect(f"{self.base}/authorize?{urlencode({PARAMETER: parked.handle})}", *posted.cookies)

    async def _proceed(self, request: Request, gathered: Gathered, understood: Understood, browser: BrowserId) -> Reply:
        question, parked = understood.question, gathered.interaction
        found = await self.prompts.next(request, question, gathered.progress)
        if isinstance(found.step, Issue):
            parameters = await self.issuer.answer(understood, found.step, parked, request.origin)
            return self._answer(request, understood, found.step, parameters)
        if parked is not None:
            return await self.prompts.lead(found, parked, question)
        parked = await self.prompts.park(request, KIND, gathered.params, browser, gathered.again)
        return (await self.prompts.lead(found, parked, question)).with_cookies(*browser.cookies)

    def _answer(self, request: Request, understood: Understood, decided: Issue, parameters: dict[str, str]) -> Reply:
        recipient, person = understood.recipient, decided.signed_in
        if self.states is None or "openid" not in decided.scope:
            return self.answers.give(recipient, parameters)
        said = self.states.told(recipient.client.id, recipient.redirect_uri, person)
        return self.answers.give(recipient, parameters | said).with_cookies(*self.states.mended(request, person))

    def _refuse(self, recipient: Recipient, error: OAuthError, request: Request) -> Reply:
        rule = error.rule.id if error.rule else ""
        event = RequestRefused(
            client_id=recipient.client.id,
            error=error.code,
            rule=rule,
            endpoint="authorization",
            reason=error.description,
        )
        emit(event, request.origin)
        return self.answers.refuse(recipient, error)
