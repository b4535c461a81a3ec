"""A person at a browser, for clients that drive a real server: opens a URL, signs in, allows, and is sent on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
from tests.world import form_of


@dataclass
class Person:
    """Keeps cookies and follows redirects as long as they stay with the server."""

    http: httpx2.Client
    name: str = "alice"
    password: str = "wonderland"

    def open(self, url: str) -> str:
        """Return where the browser is sent in the end: the client's redirect URI with its parameters."""
        response = self.follow(self.http.get(url))
        if response.url.path == "/login":
            response = self.sign_in(response)
        if response.url.path == "/consent":
            response = self.allow(response)
        assert response.status_code == 303, f"{response.status_code} at {response.url}: {response.text[:1000]}"
        return response.headers["location"]

    def compare(self, url: str) -> httpx2.Response:
        """Open the page of a code that a device shows, say that it does, sign in and allow; return where that ends."""
        page = self.submit(self.submit(self.http.get(url)), decision="same")
        if page.url.path == "/login":
            page = self.sign_in(page)
        return self.allow(page) if page.url.path == "/consent" else page

    def answer(self, url: str) -> dict[str, str]:
        """The parameters that reach the client, from query or fragment."""
        parts = urlsplit(self.open(url))
        return {name: values[0] for name, values in parse_qs(parts.fragment or parts.query).items()}

    def sign_in(self, page: httpx2.Response) -> httpx2.Response:
        return self.submit(page, username=self.name, password=self.password)

    def allow(self, page: httpx2.Response) -> httpx2.Response:
        offered = re.findall(r'name="scope"[^>]*value="([^"]+)"', page.text)
        return self.submit(page, scope=offered, decision="allow")

    def submit(self, page: httpx2.Response, **fields: str | Sequence[str]) -> httpx2.Response:
        """Send the page's form, hidden fields and all, and follow."""
        action, hidden = form_of(page)
        return self.follow(self.http.post(action, data=hidden | fields))

    def follow(self, response: httpx2.Response) -> httpx2.Response:
        """Follow redirects that stay with the server."""
        while response.status_code == 303 and self._is_ours(response):
            response = self.http.get(response.headers["location"])
        return response

    def _is_ours(self, response: httpx2.Response) -> bool:
        target = urlsplit(urljoin(str(response.url), response.headers["location"]))
        return (target.hostname, target.port) == (response.url.host, response.url.port)
