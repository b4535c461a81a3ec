"""An HTTP client that remembers every secret it ever sent or was given, and every refusal it was told."""

import json
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlsplit

import httpx2
from tests.server_process import Started

from gatelodge.sessions.interactions import PARAMETER

SECRET = {
    *("password", "code", "code_verifier", "refresh_token", "access_token", "id_token", "id_token_hint", "token"),
    *("client_assertion", "client_secret", "csrf", PARAMETER),
}
SHORTEST = 10  # characters: anything shorter is found anywhere


@dataclass
class Witness:
    """What was seen. `secrets` maps a value to what it was."""

    secrets: dict[str, str] = field(default_factory=dict[str, str])
    refusals: list[str] = field(default_factory=list[str])

    def http(self, server: Started) -> httpx2.Client:
        """A client, or a browser, all of whose traffic is witnessed."""
        return server.http(event_hooks={"request": [self.saw_request], "response": [self.saw_response]})

    def saw_request(self, request: httpx2.Request) -> None:
        self.keep_fields(parse_qsl(request.url.query.decode()))
        self.keep_fields(parse_qsl(request.read().decode()))
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        self.keep(credentials, "authorization")
        if scheme == "Basic":
            self.keep(b64decode(credentials).decode().partition(":")[2], "client_secret")
        self.keep_cookies(request.headers.get_list("cookie"))

    def saw_response(self, response: httpx2.Response) -> None:
        response.read()
        self.keep_cookies(response.headers.get_list("set-cookie"))
        location = urlsplit(response.headers.get("location", ""))
        self.keep_fields([*parse_qsl(location.query), *parse_qsl(location.fragment)])
        if response.headers.get("content-type", "").startswith("application/json") and response.content:
            self.keep_fields(json.loads(response.content).items())
        if response.status_code >= 400:
            self.refusals.append(f"{response.headers} {response.text}")

    def keep_fields(self, fields: Iterable[tuple[str, object]]) -> None:
        for name, value in fields:
            if name in SECRET:
                self.keep(str(value), name)

    def keep_cookies(self, headers: list[str]) -> None:
        for header in headers:
            for name, cookie in SimpleCookie(header).items():
                self.keep(cookie.value, f"cookie {name}")

    def keep(self, value: str, what: str) -> None:
        """Remember a secret; of a JWT also the signature, which alone makes it one."""
        for part in (value, value.rpartition(".")[2]):
            if len(part) >= SHORTEST:
                self.secrets[part] = what

    def found_in(self, text: str | bytes) -> set[str]:
        """What secrets occur in a text, by what they are."""
        raw = text.encode() if isinstance(text, str) else text
        return {f"{what}: {value[:12]}" for value, what in self.secrets.items() if value.encode() in raw}
