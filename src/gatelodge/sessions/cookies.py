"""The three cookies of this product, and what this room sees of a request.

`BROWSER` names a browser and nobody in it: interactions and forms are bound to it. `SESSION` is a person signed in.
`KNOWN` is the memory of a browser people signed in with before. On https the adapter prefixes each with `__Host-`, sets
`Secure`, and reads no other; on every scheme it sets `HttpOnly`, `SameSite=Lax` and `Path`.
"""

from collections.abc import Mapping
from typing import Protocol

from gatelodge.protocol.reply import Cookie
from gatelodge.telemetry.events import Origin

BROWSER = "gatelodge-browser"
SESSION = "gatelodge-session"
KNOWN = "gatelodge-known"

KNOWN_LIFETIME = 180 * 86_400  # seconds


class Form(Protocol):
    """The fields of a submitted form."""

    def get(self, name: str, /) -> str | None: ...


class Incoming(Protocol):
    """A request, as far as sessions look at it; `headers` has lower-case names."""

    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def cookies(self) -> Mapping[str, str]: ...
    @property
    def form(self) -> Form: ...
    @property
    def origin(self) -> Origin: ...


def browser(secret: str) -> Cookie:
    """Return the cookie that names a browser, until it is closed."""
    return Cookie(BROWSER, secret)


def session(value: str, lifetime: int) -> Cookie:
    """Return the cookie of a person signed in, kept for at most `lifetime` seconds."""
    return Cookie(SESSION, value, lifetime)


def no_session() -> Cookie:
    """Return the cookie that deletes `SESSION`."""
    return Cookie(SESSION, "", 0)


def known(value: str) -> Cookie:
    """Return the cookie by which this browser is known again for half a year."""
    return Cookie(KNOWN, value, KNOWN_LIFETIME)
