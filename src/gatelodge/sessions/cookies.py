"""The cookies of this product, and what this room sees of a request.

`BROWSER` names a browser and nobody in it: interactions and forms are bound to it. `SESSION` is a person signed in.
`KNOWN` is the memory of a browser people signed in with before, `TRUSTED` the beginning of the names of those that say
for whose second factor a browser stands. `OTHERS` are accounts that wait beside the one of `SESSION`. `POSTED` holds
for a moment a request that was posted from another site. `LANGUAGE` is the language somebody chose for the pages. On
https the adapter prefixes each with `__Host-`, sets `Secure`, and reads no other; on every scheme it sets `HttpOnly`,
`SameSite=Lax` and `Path`.

`BROWSER` and `POSTED` are beginnings of names: the end is told by the value. So a request that came without a cookie is
given one beside those it did not bring, and never in their place; two tabs of a fresh browser keep one each.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Protocol

from gatelodge.protocol.reply import Cookie
from gatelodge.telemetry.events import Origin

BROWSER = "gatelodge-browser"
POSTED = "gatelodge-posted"
SESSION = "gatelodge-session"
KNOWN = "gatelodge-known"
OTHERS = "gatelodge-others"
TRUSTED = "gatelodge-trusted"
LANGUAGE = "gatelodge-language"

KNOWN_LIFETIME = 180 * 86_400  # seconds
LANGUAGE_LIFETIME = 365 * 86_400
POSTED_LIFETIME = 300  # seconds: a redirect to ourselves
MOST_NAMES = 64  # of one browser that are looked at: as many tabs may begin at once


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
    return Cookie(_named(BROWSER, secret), secret)


def posted(secret: str) -> Cookie:
    """Return the cookie that a request which was posted from another site meets its browser by."""
    return Cookie(_named(POSTED, secret), secret, POSTED_LIFETIME)


def no_posted(secret: str) -> Cookie:
    """Return the cookie that deletes it."""
    return Cookie(_named(POSTED, secret), "", 0)


def values(kind: str, request: "Incoming") -> tuple[str, ...]:
    """Return what a request brought of `BROWSER` or `POSTED`, in the order of their names."""
    found = sorted(name for name in request.cookies if name.startswith(f"{kind}-"))[:MOST_NAMES]
    brought = [(name, request.cookies[name]) for name in found]
    return tuple(value for name, value in brought if value and name == _named(kind, value))


def _named(kind: str, secret: str) -> str:
    return f"{kind}-{sha256(secret.encode()).hexdigest()[:8]}"


def session(value: str, lifetime: int) -> Cookie:
    """Return the cookie of a person signed in, kept for at most `lifetime` seconds."""
    return Cookie(SESSION, value, lifetime)


def no_session() -> Cookie:
    """Return the cookie that deletes `SESSION`."""
    return Cookie(SESSION, "", 0)


def others(value: str, lifetime: int) -> Cookie:
    """Return the cookie of the accounts that wait beside the one that is signed in; 0 seconds delete it."""
    return Cookie(OTHERS, value, lifetime)


def known(value: str) -> Cookie:
    """Return the cookie by which this browser is known again for half a year."""
    return Cookie(KNOWN, value, KNOWN_LIFETIME)


def language(tag: str) -> Cookie:
    """Return the cookie by which pages stay in this language for a year."""
    return Cookie(LANGUAGE, tag, LANGUAGE_LIFETIME)
