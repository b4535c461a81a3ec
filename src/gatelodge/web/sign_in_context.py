"""What somebody signs in for: the request of an application that waits for them, or a page of ours."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.protocol.assurance import Levels
from gatelodge.protocol.decide import wanted_of
from gatelodge.protocol.progress import Again, SignedInPerson
from gatelodge.protocol.reply import Reply
from gatelodge.sessions import csrf
from gatelodge.sessions.browser import BrowserId, Browsers
from gatelodge.sessions.cookies import SESSION
from gatelodge.sessions.interactions import PARAMETER
from gatelodge.sessions.sign_ins import PARAMETER as SIGN_IN
from gatelodge.sessions.sign_ins import HalfSignIn, SignIns, purpose_of
from gatelodge.web import own_pages
from gatelodge.web.errors import is_current
from gatelodge.web.forms import Forms, ParkedRequest

NO_LEVEL = Levels()


@dataclass(frozen=True, slots=True)
class SignInContext:
    """Why this browser shows the sign-in page, and for whom: an application, or the page of ours that `page` names.

    `query` finds the context again, `purpose` is what its form is good for, `back` is where the sign-in leads, below
    the issuer's path. `parked` is the request of the application, `wanted` how sure it must be who signs in. `half` is
    how far the sign-in has come, if it began. `anew` says that it must be proved now, whatever was before.
    """

    browser: BrowserId
    query: str
    purpose: str
    back: str
    locale: str | None = None
    client_name: str = ""
    page: str = ""
    login_hint: str = ""
    parked: ParkedRequest | None = None
    wanted: Levels = NO_LEVEL
    again: Again = ""
    client_uri: str = ""
    client_logo: str = ""
    half: HalfSignIn | None = None
    anew: bool = False

    @property
    def whole_query(self) -> str:
        """What finds the context again, and how far the sign-in has come."""
        return self.query if self.half is None else f"{self.query}&{urlencode({SIGN_IN: self.half.handle})}"


class SignInContexts:
    """Finds out what a sign-in is for, and makes its form unforgeable."""

    def __init__(self, key: csrf.Key, browsers: Browsers, forms: Forms, sign_ins: SignIns) -> None:
        self._key = key
        self._browsers = browsers
        self._forms = forms
        self._sign_ins = sign_ins

    async def find(self, request: Request) -> SignInContext | Reply:
        """Return what this sign-in is for and how far it has come, or the way to where its request begins anew. Raises
        `HttpRefusal` if nothing is known of one."""
        whole = PARAMETER in request.query or own_pages.PARAMETER not in request.query
        context = await self._parked(request) if whole else self._of_own_page(request)
        handle = request.query.get(SIGN_IN)
        if isinstance(context, Reply) or handle is None:
            return context
        return replace(context, half=await self._sign_ins.find(handle, context.browser, context.purpose))

    def _of_own_page(self, request: Request) -> SignInContext:
        page = own_pages.read_address(request.query)
        if page is None:
            raise HttpRefusal(404, "there is no such page to sign in for", "not_found")
        once_more = SESSION in request.cookies  # else this is their first proof here, whenever they gave it there
        return SignInContext(
            browser=self._browsers.identify(request),
            query=page.query,
            purpose=f"login for {page.address}",
            back=page.address,
            page=page.page.name,
            wanted=Levels(of_owner=once_more),
            anew=once_more,
        )

    def token(self, context: SignInContext, sub: str = "") -> str:
        """Return the token of the form: good in this browser, for this context, and for nobody but `sub` if it is of
        somebody who is signed in."""
        return csrf.token(self._key, context.browser.secret, _purpose(context, sub))

    def is_current(self, request: Request, context: SignInContext, sub: str = "") -> bool:
        """Whether a form carries its token; `False` if it is one of ours and out of date. Raises `HttpRefusal`."""
        return is_current(self._key, request, _purpose(context, sub))

    async def signed_in(self, context: SignInContext, person: SignedInPerson) -> None:
        """Note that somebody signed in for this, if a request waits for it: so it is known to have happened since."""
        if context.parked is not None:
            await self._forms.keep(context.parked, context.parked.interaction.progress.sign_in(person.session_id))

    async def _parked(self, request: Request) -> SignInContext | Reply:
        parked = await self._forms.parked(request)
        if isinstance(parked, Reply):
            return parked
        asked = parked.question.asked
        return SignInContext(
            browser=parked.browser,
            query=parked.query,
            purpose=purpose_of(parked.handle),
            back=parked.back,
            locale=parked.locale,
            client_name=parked.client_name,
            login_hint=asked.login_hint or "",
            parked=parked,
            wanted=wanted_of(asked, parked.question.client),
            again=parked.again,
            client_uri=parked.question.client.client_uri or "",
            client_logo=parked.client_logo,
            anew="login" in asked.prompt or asked.max_age is not None,
        )


def _purpose(context: SignInContext, sub: str) -> str:
    return f"{context.purpose} of {sub}" if sub else context.purpose
