"""The sign-in page."""

from collections.abc import Mapping
from typing import Literal

from gatelodge.authn.contract import SignInRefused, Throttled
from gatelodge.authn.password import PasswordSignIn
from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply
from gatelodge.sessions.browser import Browsers
from gatelodge.sessions.cookies import KNOWN
from gatelodge.stores.tx import Unavailable
from gatelodge.stores.users import MAX_NAME
from gatelodge.web.forms import Forms, Parked
from gatelodge.web.pages import Allows, Pages

PAGE = "login"
ALLOWS = Allows(forms="anywhere")
Problem = Literal["wrong", "throttled", "busy"]
STATUS: Mapping[Problem, int] = {"wrong": 400, "throttled": 429, "busy": 503}


class LoginPage:
    """Asks who you are. `password` judges the answer."""

    def __init__(self, pages: Pages, forms: Forms, browsers: Browsers, password: PasswordSignIn) -> None:
        self._pages = pages
        self._forms = forms
        self._browsers = browsers
        self._password = password

    async def show(self, request: Request) -> Reply:
        """Show the form; a `login_hint` is filled in (OIDC Core 3.1.2.1)."""
        parked = await self._forms.parked(request)
        return self._form(parked, (parked.understood.asked.login_hint or "")[:MAX_NAME])

    async def submit(self, request: Request) -> Reply:
        """Sign the person in and go on, or show the form again: the same for unknown, wrong and disabled."""
        parked = await self._forms.parked(request)
        self._forms.check(request, parked, PAGE)
        username, password = request.form.get("username") or "", request.form.get("password") or ""
        try:
            proven = await self._password.authenticate(username, password, request.origin, request.cookies.get(KNOWN))
            _, cookies = await self._browsers.sign_in(request, proven)
        except Throttled as refused:
            return self._form(parked, username, "throttled", refused.retry_after)
        except SignInRefused:
            return self._form(parked, username, "wrong")
        except Unavailable as unavailable:
            return self._form(parked, username, "busy", unavailable.retry_after)
        return self._forms.back(parked, *cookies)

    def _form(self, parked: Parked, username: str, problem: Problem | None = None, retry_after: int = 0) -> Reply:
        reply = self._pages.render(
            "login",
            status=STATUS[problem] if problem else 200,
            allows=ALLOWS,
            locale=parked.locale,
            handle=parked.handle,
            csrf=self._forms.token(parked, PAGE),
            client_name=parked.client_name,
            username=username[:MAX_NAME],
            problem=problem,
            wait_minutes=-(-retry_after // 60),
        )
        return reply.with_headers(("retry-after", str(retry_after))) if retry_after else reply
