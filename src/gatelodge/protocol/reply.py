"""What is sent back: one frozen value that every endpoint and every page ends in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

Headers = tuple[tuple[str, str], ...]

NO_STORE: Headers = (("cache-control", "no-store"), ("pragma", "no-cache"))


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie to set; `max_age` in seconds, 0 deletes it, `None` keeps it until the browser closes.

    Whether it is `Secure` and prefixed `__Host-` is the adapter's business: it knows the issuer. One that is
    `for_frames` is read by our scripts, also in a frame of another site.
    """

    name: str
    value: str
    max_age: int | None = None
    for_frames: bool = False


class Reply(NamedTuple):
    """An answer to one HTTP request, before anything of HTTP is known but status, headers and body.

    `json`, when it is not `None`, is the body and is encoded at the door. Header names are lower case.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    json: Mapping[str, object] | None = None
    cookies: tuple[Cookie, ...] = ()

    def with_cookies(self, *cookies: Cookie) -> "Reply":
        """Return this answer with more cookies to set."""
        return Reply(self.status, self.headers, self.body, self.json, self.cookies + cookies)

    def with_headers(self, *headers: tuple[str, str]) -> "Reply":
        """Return this answer with more headers."""
        return Reply(self.status, self.headers + headers, self.body, self.json, self.cookies)


def json_reply(body: Mapping[str, object], status: int = 200, headers: Headers = NO_STORE) -> Reply:
    """Answer with JSON that no cache keeps unless `headers` says otherwise."""
    return Reply(status, headers, json=body)


def redirect(location: str, *cookies: Cookie) -> Reply:
    """Send the browser on with 303, which turns a POST into a GET and so never repeats a password (RFC 9700 4.12)."""
    return Reply(303, (("location", location), *NO_STORE), cookies=cookies)
