"""How a URI differs from the one that was registered, in words for a developer. Nothing is decided here.

Comparing redirect URIs is one string comparison (`redirect_uri.is_registered`). This tells afterwards what was wrong
with one, so it may take URIs apart, and what it shows of a URI that was sent is cut and escaped.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import islice, takewhile
from operator import eq
from urllib.parse import unquote

MOST = 300  # characters of a URI that are shown
COMPARED = 100  # registered URIs that are looked through for the closest: a stranger makes us look

_PARTS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.S)  # RFC 3986 appendix B
_AUTHORITY = re.compile(r"(?:(.*)@)?(\[[^\]]*\]|[^:]*)(?::(.*))?", re.S)
_PORT = len(":65535")
_LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})


@dataclass(frozen=True, slots=True)
class UriParts:
    """A URI taken apart as its text says, without judging or normalising anything."""

    scheme: str
    user: str | None
    host: str
    port: str | None
    path: str
    query: str | None
    fragment: str | None


def differences(sent: str, registered: str) -> tuple[str, ...]:
    """Return what is different about `sent`, as phrases that follow "yours"; nothing if they are equal."""
    if sent == registered:
        return ()
    if sent.strip() == registered:
        return ("has white space around it",)
    if ":" not in sent and unquote(sent) == registered:
        return ("is percent-encoded once too often",)
    ours, theirs = take_apart(registered), take_apart(sent)
    return tuple(_told(theirs, ours)) or ("differs in its punctuation",)


def differs_in_port(sent: str, registered: str) -> bool:
    """Whether both are the same on loopback but for the port."""
    if abs(len(sent) - len(registered)) > _PORT:
        return False
    ours, theirs = _registered(registered), take_apart(sent)
    return theirs.host in _LOOPBACK and theirs.port != ours.port and replace(theirs, port=ours.port) == ours


def closest(sent: str, registered: Iterable[str]) -> str | None:
    """Return the registered URI that was most likely meant, `None` if there is none."""

    text = sent[:MOST]
    theirs = take_apart(text)

    def distance(uri: str) -> tuple[int, int]:
        ours = _registered(uri)
        differing = sum(getattr(ours, part) != getattr(theirs, part) for part in _MEMBERS)
        return differing, -_shared(text, uri[:MOST])

    return min(islice(registered, COMPARED), key=distance, default=None)


def shown(uri: str) -> str:
    """Return a URI that was sent as it may be shown and kept: without user, values in the query, and fragment.

    What is not ASCII is escaped, so nothing looks like something else.
    """
    parts = take_apart(uri)
    query = "" if parts.query is None else "?" + "&".join(_names(parts.query))
    user = "" if parts.user is None else "…@"
    authority = "" if not parts.host else f"//{user}{parts.host}" + ("" if parts.port is None else f":{parts.port}")
    text = f"{parts.scheme}:{authority}{parts.path}" if parts.scheme else f"{authority}{parts.path}"
    return _escaped(text) + _escaped(query) + ("" if parts.fragment is None else "#…")


def take_apart(uri: str) -> UriParts:
    """Return the parts of a URI."""
    found = _PARTS.fullmatch(uri)
    scheme, authority, path, query, fragment = found.groups() if found else (None, None, uri, None, None)
    inner = _AUTHORITY.fullmatch(authority or "")
    user, host, port = inner.groups() if inner else (None, authority, None)
    return UriParts(scheme or "", user, host or "", port, path or "", query, fragment)


_registered = lru_cache(maxsize=1_024)(take_apart)
_MEMBERS = tuple(field.name for field in fields(UriParts))


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginnings and ends."""
    ahead = sum(1 for _ in takewhile(bool, map(eq, one, other)))
    return ahead + sum(1 for _ in takewhile(bool, map(eq, reversed(one), reversed(other))))


def _told(sent: UriParts, registered: UriParts) -> Iterator[str]:
    yield from _scheme(sent.scheme, registered.scheme)
    if sent.user is not None:
        yield "names a user before the host"
    yield from _host(sent.host, registered.host)
    yield from _port(sent.port, registered.port)
    yield from _path(sent.path, registered.path)
    yield from _query(sent.query, registered.query)
    if sent.fragment is not None:
        yield "has a fragment"


def _scheme(sent: str, registered: str) -> Iterator[str]:
    if sent == registered:
        return
    if sent.lower() == registered.lower():
        yield f"writes the scheme {registered} in another case"
    else:
        yield f"begins with {_escaped(sent) or 'no scheme'} instead of {registered}"


def _host(sent: str, registered: str) -> Iterator[str]:
    if sent == registered:
        return
    if sent.lower() == registered.lower():
        yield "writes the host in another case"
    elif sent.rstrip(".") == registered:
        yield "has a dot after the host"
    elif not sent.isascii():
        yield f"has a host with characters that only look like those of {registered}"
    else:
        also = ", which is another host" if {sent, registered} <= _LOOPBACK else ""
        yield f"says {_escaped(sent) or 'no host'} instead of {registered or 'no host'}{also}"


def _port(sent: str | None, registered: str | None) -> Iterator[str]:
    if sent == registered:
        return
    if registered is None:
        yield f"names the port {_escaped(sent or '')}"
    elif sent is None:
        yield f"lacks the port {registered}"
    else:
        yield f"has port {_escaped(sent)} instead of {registered}"


def _path(sent: str, registered: str) -> Iterator[str]:
    if sent == registered:
        return
    if sent == registered + "/":
        yield "has a trailing slash"
    elif registered == sent + "/":
        yield "lacks the trailing slash"
    elif sent.lower() == registered.lower():
        yield "writes the path in another case"
    elif unquote(sent) == unquote(registered):
        yield "percent-encodes the path differently"
    else:
        yield f"has the path {_escaped(sent) or 'nothing'} instead of {registered or 'nothing'}"


def _query(sent: str | None, registered: str | None) -> Iterator[str]:
    if sent == registered:
        return
    if registered is None:
        yield f"has a query ({_escaped(', '.join(_names(sent or '')))})"
    elif sent is None:
        yield f"lacks the query ?{registered}"
    elif sorted(sent.split("&")) == sorted(registered.split("&")):
        yield "has the query in another order"
    else:
        yield "has another query"


def _names(query: str) -> Iterator[str]:
    """Yield what may be shown of a query; what has no name might be a value."""
    for field in query.split("&"):
        name, equals, _ = field.partition("=")
        yield f"{name}=…" if equals else "…"


def _escaped(text: str) -> str:
    cut = text if len(text) <= MOST else text[:MOST] + "..."
    return cut.encode("ascii", "backslashreplace").decode().replace("\\u2026", "…")
