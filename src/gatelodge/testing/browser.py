"""A browser that keeps cookies, fills in the server's forms and follows it, until it is sent to an application."""

import re
from collections.abc import Sequence
from html import unescape
from urllib.parse import urlsplit

import httpx2

_FORM = re.compile(r'<form[^>]*method="post"[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.S)
_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_OFFERED = re.compile(r'name="scope"[^>]*value="([^"]+)"')


class Browser:
    """A person's browser; `http` follows nothing by itself and keeps cookies."""

    def __init__(self, http: httpx2.AsyncClient, issuer: str) -> None:
        self.http = http
        self.issuer = issuer

    async def get(self, url: str) -> httpx2.Response:
        """Open a page and follow nothing."""
        return await self.http.get(url)

    async def follow(self, response: httpx2.Response) -> httpx2.Response:
        """Follow redirects that stay with the server."""
        while response.status_code == 303 and self.is_ours(response.headers["location"]):
            response = await self.http.get(response.headers["location"])
        return response

    def is_ours(self, location: str) -> bool:
        """Whether a redirect stays with the server."""
        return location.startswith("/") or urlsplit(location)[:2] == urlsplit(self.issuer)[:2]

    async def submit(self, page: httpx2.Response, **fields: str | Sequence[str]) -> httpx2.Response:
        """Send the page's form, hidden fields and all, and follow."""
        return await self.follow(await self.post_form(page, **fields))

    async def post_form(self, page: httpx2.Response, **fields: str | Sequence[str]) -> httpx2.Response:
        """Send the page's form and follow nothing."""
        action, hidden = form_of(page)
        data: dict[str, str | Sequence[str]] = {**hidden, **fields}
        return await self.http.post(action, data=data)

    async def allow(self, page: httpx2.Response, *left_out: str) -> httpx2.Response:
        """Allow all that is asked but for what is left out."""
        offered = _OFFERED.findall(page.text)
        return await self.submit(page, scope=[s for s in offered if s not in left_out], decision="allow")

    async def deny(self, page: httpx2.Response) -> httpx2.Response:
        """Say no."""
        return await self.submit(page, decision="deny")

    async def walk(self, page: httpx2.Response, username: str, password: str, *, allow: bool = True) -> httpx2.Response:
        """Go on from a page as this person would, as far as the server leads."""
        page = await self.follow(page)
        if page.url.path.endswith("/login"):
            page = await self.submit(page, username=username, password=password)
        if page.url.path.endswith("/consent"):
            page = await (self.allow(page) if allow else self.deny(page))
        return page


def form_of(page: httpx2.Response) -> tuple[str, dict[str, str]]:
    """Return where the first form of a page goes, and its hidden fields."""
    form = _FORM.search(page.text)
    assert form is not None, f"no form at {page.url} ({page.status_code}): {page.text[:800]}"
    hidden: dict[str, str] = {}
    for tag in _HIDDEN.findall(form[2]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            hidden[name[1]] = unescape(value[1]) if value else ""
    return unescape(form[1]), hidden
