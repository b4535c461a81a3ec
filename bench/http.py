"""The smallest HTTP client that can seed, check and sign in: one kept connection, forms, cookies, no redirects."""

import base64
import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

Fields = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One response, read to its end."""

    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: str

    def json(self) -> dict[str, object]:
        """Return the body as a JSON object. Raises ValueError when it is not one."""
        value = json.loads(self.body)
        if not isinstance(value, dict):
            raise ValueError("not a JSON object")
        return value

    def text(self, name: str) -> str:
        """Return one text member of the JSON body. Raises ValueError, showing the answer, when it is not there."""
        value = self.json().get(name) if self.status == 200 else None
        if not isinstance(value, str):
            raise ValueError(f"{name} is missing from the answer: {self.status} {self.body[:300]}")
        return value


class Http:
    """A kept connection to one server on loopback. Not for use by two threads."""

    def __init__(self, base: str) -> None:
        self._netloc = urlsplit(base).netloc
        self._connection = http.client.HTTPConnection(self._netloc, timeout=30)
        self.requests = 0

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send GET and return the answer."""
        return self._send("GET", path, None, headers or {})

    def post(self, path: str, form: Fields, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a form by POST and return the answer."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, urlencode(form), {**kind, **(headers or {})})

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _send(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        self.requests += 1
        try:
            return self._once(method, path, body, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()  # it had been idle for too long
            return self._once(method, path, body, headers)

    def _once(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        self._connection.request(method, path, body, dict(headers))
        response = self._connection.getresponse()
        text = response.read().decode()
        cookies = [line.partition(";")[0].partition("=") for line in response.headers.get_all("set-cookie", [])]
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, {name: value for name, _, value in cookies}, text)


def basic(client_id: str, secret: str) -> str:
    """Return the value of an Authorization header for client_secret_basic (RFC 6749 2.3.1: form-encoded first)."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
