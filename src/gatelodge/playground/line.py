"""How the sample application reaches the server it belongs to: over HTTP, to this one issuer, with every word kept."""

from base64 import b64encode
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from gatelodge.demo.pages.backend import json_object
from gatelodge.outbound import Call, Fetched, FetchFailed, Outbound
from gatelodge.playground.messages import phrase
from gatelodge.playground.wording import SECRET, Text, answer_text, request_text

MAX_ANSWER = 131_072  # bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was sent and the answer that came, to be shown; and what is in the answer, to be used.

    `page` is the answer as text.
    """

    sent: Text
    got: Text
    status: int
    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    page: str = field(default="", repr=False)

    @property
    def refused(self) -> bool:
        """Whether it got anything else than what it asked for."""
        return self.status >= 400

    @property
    def request_id(self) -> str:
        """The id by which the server remembers this request."""
        return self.headers.get("x-request-id", "")

    def member(self, name: str) -> str:
        """Return a member of the answer that is a text, `""` if there is none."""
        value = self.body.get(name)
        return value if isinstance(value, str) else ""


class ServerConnection:
    """The line to `issuer`, and to nothing else."""

    def __init__(self, issuer: str, outbound: Outbound) -> None:
        self._issuer = issuer
        self._outbound = outbound

    async def get(self, url: str, token: str = "") -> Exchange:
        """Ask for what is at `url`, with a bearer token if there is one."""
        return await self.call(url, bearer(token) if token else {})

    async def call(self, url: str, headers: Mapping[str, str]) -> Exchange:
        """Ask for what is at `url`, with these headers."""
        return await self._send("GET", url, None, headers, SECRET)

    async def visit(self, url: str, cookies: str) -> Exchange:
        """Ask for what is at `url` as a browser with these cookies does."""
        return await self._send("GET", url, None, {"cookie": cookies} if cookies else {}, SECRET)

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str], secrets: Set[str] = SECRET
    ) -> Exchange:
        """Send a form to `url`; what has one of these names, there or in the answer, is masked when it is shown."""
        return await self._send("POST", url, form, headers, secrets)

    async def _send(
        self, method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str], secrets: Set[str]
    ) -> Exchange:
        if not url.startswith(self._issuer + "/"):
            raise ValueError("the sample application talks to its own server only")
        sent = request_text(method, url, headers, form, secrets)
        try:
            got = await self._outbound.send(Call("POST" if method == "POST" else "GET", form, headers), url, MAX_ANSWER)
        except FetchFailed as failure:
            got = Fetched(504, "text/plain", f"(no answer: {failure.reason})".encode())
        text = answer_text(got.status, phrase(got.status), got.headers, _shown(got), secrets)
        return Exchange(sent, text, got.status, json_object(got.body), got.headers, got.body.decode("utf-8", "replace"))


def basic(client_id: str, secret: str) -> Mapping[str, str]:
    """Return the header by which a client proves itself (RFC 6749 2.3.1)."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def bearer(token: str) -> Mapping[str, str]:
    """Return the header that carries an access token (RFC 6750 2.1)."""
    return {"authorization": f"Bearer {token}"}


def _shown(got: Fetched) -> bytes:
    return b"(a page for people)" if got.content_type.startswith("text/html") else got.body
