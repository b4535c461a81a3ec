"""The sign-in page."""

from collections.abc import Mapping
from typing import Literal

from gatelodge.authn.contract import SignInRefused, Throttled
from gatelodge.authn.password import PasswordSignIn
from gatelodge.database.tx import Unavailable
from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.sessions.browser import Browsers
from gatelodge.sessions.cookies import KNOWN
from gatelodge.stores.users import MAX_NAME
from gatelodge.web.occasions import Occasion, Occasions
from gatelodge.web.pages import Allows, Pages

Problem = Literal["wrong", "throttled", "busy"]
STATUS: Mapping[Problem, int] = {"wrong": 400, "throttled": 429, "busy": 503}


class LoginPage:
    """Asks who you are. `occasions` knows what for, `password` judges the answer."""

    def __init__(self, pages: Pages, occasions: Occasions, browsers: Browsers, password: PasswordSignIn) -> None:
        self._pages = pages
        self._occasions = occasions
        self._browsers = browsers
        self._password = password

    async def show(self, request: Request) -> Reply:
        """Show the form; a `login_hint` is filled in (OIDC Core 3.1.2.1)."""
        occasion = await self._occasions.find(request)
        return self._form(occasion, occasion.login_hint)

    async def submit(self, request: Request) -> Reply:
        """Sign the person in and go on, or show the form again: the same for unknown, wrong and disabled."""
        occasion = await self._occasions.find(request)
        self._occasions.check(request, occasion)
        username, password = request.form.get("username") or "", request.form.get("password") or ""
        try:
            proven = await self._password.authenticate(username, password, request.origin, request.cookies.get(KNOWN))
            person, cookies = await self._browsers.sign_in(request, proven)
            await self._occasions.signed_in(occasion, person)
        except Throttled as refused:
            return self._form(occasion, username, "throttled", refused.retry_after)
        except SignInRefused:
            return self._form(occasion, username, "wrong")
        except Unavailable as unavailable:
            return self._form(occasion, username, "busy", unavailable.retry_after)
        return redirect(self._pages.base + occasion.back, *cookies)

    def _form(self, occasion: Occasion, username: str, problem: Problem | None = None, retry_after: int = 0) -> Reply:
        reply = self._pages.render(
            "login",
            status=STATUS[problem] if problem else 200,
            allows=Allows(forms="here" if occasion.page else "anywhere"),
            locale=occasion.locale,
            query=occasion.query,
            csrf=self._occasions.token(occasion),
            client_name=occasion.client_name,
            page=occasion.page,
            username=username[:MAX_NAME],
            problem=problem,
            wait_minutes=-(-retry_after // 60),
        ).with_cookies(*occasion.browser.cookies)
        return reply.with_headers(("retry-after", str(retry_after))) if retry_after else reply
