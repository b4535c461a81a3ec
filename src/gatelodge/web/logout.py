"""Signing out: the page that asks, and the page that says it happened (RP-Initiated Logout 1.0 2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from gatelodge.endpoints.end_session import CARRIED, Farewell
from gatelodge.endpoints.request import Request
from gatelodge.protocol.authorize_params import read_ui_locales
from gatelodge.protocol.languages import choose
from gatelodge.protocol.params import Params
from gatelodge.protocol.progress import Again
from gatelodge.protocol.redirect_uri import origin_of
from gatelodge.protocol.reply import Reply
from gatelodge.sessions import csrf
from gatelodge.sessions.browser import Browsers
from gatelodge.stores.users import UserRecord
from gatelodge.web.errors import is_current
from gatelodge.web.pages import Allows, Pages

PURPOSE = "logout"
WAIT = 3  # seconds that applications in frames have before the browser goes on


@dataclass(frozen=True, slots=True)
class LogoutPage:
    """The pages of `/logout`; whether to ask and where to go afterwards is the endpoint's to decide."""

    pages: Pages
    browsers: Browsers
    key: csrf.Key

    def ask(
        self, request: Request, params: Params, user: UserRecord, client_name: str | None, again: Again = ""
    ) -> Reply:
        """Ask whether to sign `user` out, on behalf of a client if it said who it is.

        The request's parameters travel along, and are checked again when they return.
        """
        browser = self.browsers.identify(request)
        return self.pages.render(
            "logout",
            locale=choose(read_ui_locales(params)),
            allows=Allows(forms="anywhere"),
            csrf=csrf.token(self.key, browser.secret, _purpose(user.sub)),
            carried=[(name, params.get(name)) for name in CARRIED if name in params],
            client_name=client_name,
            again=again,
            person_name=user.name or user.username,
            person_login=user.email or user.username,
        ).with_cookies(*browser.cookies)

    def is_answer(self, request: Request) -> bool:
        """Whether this is the form of `ask` coming back, and not a client's request."""
        return csrf.FIELD in request.form

    def confirmed(self, request: Request, sub: str) -> bool | None:
        """Whether the person says yes to being signed out, `None` if our form is out of date and says nothing.

        Raises `HttpRefusal` unless it is our form.
        """
        return request.form.get("decision") == "sign_out" if is_current(self.key, request, _purpose(sub)) else None

    def done(self, farewell: Farewell, locales: Sequence[str]) -> Reply:
        """Say that nobody is signed in here; applications that are told by the browser are loaded in frames."""
        goes_to = farewell.goes_to
        return self.pages.render(
            "signed_out",
            locale=choose(locales),
            allows=Allows(frames=frozenset(map(origin_of, farewell.frames))),
            stayed=False,
            frames=farewell.frames,
            wait=WAIT,
            goes_to=goes_to.location if goes_to else "",
            client_name=farewell.client_name,
        )

    def stayed(self, locales: Sequence[str]) -> Reply:
        """Say that nothing was changed."""
        return self.pages.render("signed_out", locale=choose(locales), stayed=True, frames=(), goes_to="")


def _purpose(sub: str) -> str:
    return f"{PURPOSE} {sub}"
