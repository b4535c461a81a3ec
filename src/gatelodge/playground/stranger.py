"""A browser of the application's own, with nothing in it: what a sign-in page leads to is seen without a person."""

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qs, urlsplit

from gatelodge.playground.line import Exchange, ServerConnection

_COOKIE = re.compile(r"(?:^|, )([\w-]+=[^;, ]+);")
_BUTTON = re.compile(r'href="([^"]*/login/with/[a-z0-9-]+\?[^"]*)"')
_STEPS = 4  # redirects of the server's own, at most


@dataclass(frozen=True, slots=True)
class Departure:
    """How the server sent a browser to another provider: what was asked and answered, where to, and as what."""

    exchange: Exchange
    to: str

    @property
    def provider(self) -> str:
        """The address of the provider."""
        parts = urlsplit(self.to)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def state(self) -> str:
        """What finds the sign-in again when the browser comes back."""
        return self.asked("state")

    def asked(self, name: str) -> str:
        """Return a parameter of the request, `""` if it is not there."""
        return parse_qs(urlsplit(self.to).query).get(name, [""])[0]


class StrangeBrowser:
    """Goes where the server sends it, keeps the server's cookies, and belongs to nobody."""

    def __init__(self, issuer: str, line: ServerConnection) -> None:
        self._issuer = issuer
        self._line = line
        self._cookies: dict[str, str] = {}

    async def open(self, url: str) -> Exchange:
        """Ask for what is at `url`, and follow nothing."""
        got = await self._line.visit(url, "; ".join(f"{name}={value}" for name, value in self._cookies.items()))
        for pair in _COOKIE.findall(got.headers.get("set-cookie", "")):
            name, _, value = pair.partition("=")
            self._cookies[name] = value
        return got

    async def depart(self, request: str) -> Departure | None:
        """Bring an authorization request and press the first button of another provider; `None` if there is none."""
        page = await self.open(request)
        for _ in range(_STEPS):
            if page.status != 303:
                break
            page = await self.open(self._whole(page.headers.get("location", "")))
        button = _BUTTON.search(page.page)
        if button is None:
            return None
        sent = await self.open(self._whole(unescape(button[1])))
        to = sent.headers.get("location", "")
        return None if sent.status != 303 or to.startswith(("/", self._issuer + "/")) else Departure(sent, to)

    def _whole(self, address: str) -> str:
        """Return an address of the server in full."""
        parts = urlsplit(self._issuer)
        return f"{parts.scheme}://{parts.netloc}{address}" if address.startswith("/") else address
