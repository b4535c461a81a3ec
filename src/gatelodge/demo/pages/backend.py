"""The back end of a demo application: calls the server over HTTP with its secret, and tells what was said."""

import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gatelodge.keys.secrets import unb64
from gatelodge.protocol.strict_json import BadJson, read_object

Form = Mapping[str, str]
Fetch = Callable[[str, str, Form | None, Mapping[str, str]], Awaitable[tuple[int, Mapping[str, str], bytes]]]

SECRET_FIELDS = frozenset(("code", "code_verifier", "refresh_token", "access_token", "id_token", "token", "password"))


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """One request and its answer, with what is secret in them cut short: fit to be shown."""

    title: str
    sent: str
    status: int
    answer: str


@dataclass(frozen=True, slots=True)
class BackendAnswer:
    """What came back: an `exchange` to show and the `body` to use (empty when it was no JSON object)."""

    exchange: ShownExchange
    body: Mapping[str, Any]

    @property
    def succeeded(self) -> bool:
        return self.exchange.status == 200


@dataclass(frozen=True, slots=True)
class Backend:
    """A confidential client's side of the line; it authenticates with client_secret_basic (RFC 6749 2.3.1)."""

    issuer: str
    client_id: str
    secret: str
    fetch: Fetch

    async def token(self, title: str, form: Form) -> BackendAnswer:
        """Ask the token endpoint."""
        return await self._post(title, "/token", form)

    async def revoke(self, title: str, token: str) -> BackendAnswer:
        """Hand a token back (RFC 7009)."""
        return await self._post(title, "/revoke", {"token": token})

    async def userinfo(self, title: str, access_token: str) -> BackendAnswer:
        """Ask who the person is (OIDC Core 5.3)."""
        sent = f"GET {self.issuer}/userinfo\nAuthorization: Bearer {masked(access_token)}"
        reply = await self.fetch("GET", self.issuer + "/userinfo", None, {"authorization": f"Bearer {access_token}"})
        return _answer(title, sent, reply)

    async def _post(self, title: str, path: str, form: Form) -> BackendAnswer:
        lines = [f"POST {self.issuer}{path}", f"Authorization: Basic {self.client_id}:{masked(self.secret)}", ""]
        lines += [f"{name}={masked(value) if name in SECRET_FIELDS else value}" for name, value in form.items()]
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        basic = b64encode(pair.encode()).decode()
        reply = await self.fetch("POST", self.issuer + path, form, {"authorization": f"Basic {basic}"})
        return _answer(title, "\n".join(lines), reply)


def masked(value: str) -> str:
    """Return the beginning of a secret: enough to tell two apart."""
    return value[:8] + "…"


def pretty(value: object) -> str:
    """Return JSON for people."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def claims_of(token: str) -> Mapping[str, Any]:
    """Return what a JWT says, unverified: it came straight from the token endpoint (OIDC Core 3.1.3.7)."""
    parts = token.split(".")
    return json_object(unb64(parts[1]) or b"") if len(parts) == 3 else {}


def json_object(raw: bytes) -> Mapping[str, Any]:
    """Return a JSON object, an empty one for anything else: what a browser brings may be anything."""
    try:
        return read_object(raw, len(raw))
    except BadJson:
        return {}


def _answer(title: str, sent: str, reply: tuple[int, Mapping[str, str], bytes]) -> BackendAnswer:
    status, _, raw = reply
    body = json_object(raw)
    shown = {name: masked(str(value)) if name in SECRET_FIELDS else value for name, value in body.items()}
    return BackendAnswer(ShownExchange(title, sent, status, pretty(shown) if body else ""), body)
