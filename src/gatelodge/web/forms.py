"""What every page of an interaction begins and ends with: the parked request it belongs to, and the way back."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.ops.authorization import Authorizations, Refused, Understood
from gatelodge.protocol.decide import Progress
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Cookie, Reply, redirect
from gatelodge.sessions import csrf
from gatelodge.sessions.browser import BrowserId, Browsers
from gatelodge.sessions.interactions import PARAMETER, Interaction, Interactions
from gatelodge.telemetry.origin import continues
from gatelodge.web import locales
from gatelodge.web.errors import check_form, expired


@dataclass(frozen=True, slots=True)
class Parked:
    """An authorization request that waits for the person in this browser, understood anew from the server's record."""

    interaction: Interaction
    browser: BrowserId
    understood: Understood

    @property
    def handle(self) -> str:
        return self.interaction.handle

    @property
    def query(self) -> str:
        """What finds it again, in the query of a page."""
        return f"{PARAMETER}={self.handle}"

    @property
    def back(self) -> str:
        """Where it goes on, below the issuer's path: `/authorize` alone says what is next."""
        return f"/authorize?{self.query}"

    @property
    def client_name(self) -> str:
        return self.understood.client.name

    @property
    def locale(self) -> str:
        """The language of the pages, as far as we speak one that was asked for (`ui_locales`)."""
        return locales.choose(self.understood.asked.ui_locales)

    @property
    def next_host(self) -> str:
        """The host the browser goes to with the answer, as people are shown it."""
        return shown_host(self.understood.recipient.redirect_uri)


class Forms:
    """Finds the parked request a page is about, makes its forms unforgeable, and leads back to `/authorize`."""

    def __init__(
        self, base: str, key: csrf.Key, browsers: Browsers, interactions: Interactions, authorizations: Authorizations
    ) -> None:
        self._base = base
        self._key = key
        self._browsers = browsers
        self._interactions = interactions
        self._authorizations = authorizations

    async def parked(self, request: Request) -> Parked:
        """Return what this page is about. Raises `HttpRefusal` unless this browser has such a request."""
        browser = self._browsers.identify(request)
        interaction = await self._interactions.resume(request.query.get(PARAMETER) or "", browser)
        if interaction is None:
            raise expired()
        params = Params.parse(interaction.params.encode())
        continues(request.origin, params)
        return Parked(interaction, browser, await self._understand(params))

    def token(self, parked: Parked, page: str, person: str = "") -> str:
        """Return the token of a form: good in this browser, for this page of this request, and for this person."""
        return csrf.token(self._key, parked.browser.secret, _purpose(parked, page, person))

    def check(self, request: Request, parked: Parked, page: str, person: str = "") -> None:
        """Pass a form that carries its token. Raises `HttpRefusal`."""
        check_form(self._key, request, _purpose(parked, page, person))

    async def keep(self, parked: Parked, progress: Progress) -> None:
        """Keep what has happened to the request."""
        await self._interactions.save(replace(parked.interaction, progress=progress), parked.browser)

    def back(self, parked: Parked, *cookies: Cookie) -> Reply:
        """Return to `/authorize`."""
        return redirect(self._base + parked.back, *cookies)

    async def _understand(self, params: Params) -> Understood:
        try:
            return await self._authorizations.understand(params)
        except Refused as refused:  # it was understood when it was parked: the client's registration changed since
            raise HttpRefusal(400, refused.error.description, refused.error.code) from None


def shown_host(uri: str) -> str:
    """Return where an address leads, in a form that cannot be mistaken: its host, or the scheme of an application."""
    parts = urlsplit(uri)
    return parts.netloc or f"{parts.scheme}:"


def _purpose(parked: Parked, page: str, person: str) -> str:
    return f"{page} {parked.handle} {person}"
