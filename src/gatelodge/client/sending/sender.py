"""Carries requests to the server: over httpx2, one connection each, to an address that was looked at first.

A name is resolved once and the connection goes to a vetted address literally, so no second look-up can change where.
No redirect is followed, no proxy variable believed, no answer larger than `MAX_BODY` kept. Each request has its own
connection: it never meets one the server has just given up, so there is never a reason to send anything twice.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

import httpx2

from gatelodge.client.errors import AddressRefused, ServerUnavailable, UnexpectedAnswer, place
from gatelodge.client.sending.deadline import BoundedTransport, Deadline
from gatelodge.client.sending.hands import Hands
from gatelodge.client.sending.http import MAX_BODY, HttpRequest, HttpResponse
from gatelodge.protocol.addresses import Address, is_global, is_loopback, may_serve
from gatelodge.protocol.redirect_uri import LOOPBACK_HOSTS, url_defect

TIMEOUT = 10.0  # seconds for everything after the look-up of the name: connections, handshake, headers, body
MAX_ADDRESSES = 4  # of one name, tried in turn
_LOOKING_UP = Hands(64)  # names that are looked up at a time: a slow resolver takes no thread of the application's

Resolve = Callable[[str, int], Sequence[str]]

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_HEADERS = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "gatelodge"}


def system_resolve(host: str, port: int) -> list[str]:
    """Return the addresses this machine knows for a name. Raises `OSError`."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which addresses may be dialled, and how.

    `allow_private` is for a server inside your own network: its name may then lead to a private address, still over
    https and never to a link-local one. `remedy` is what a refusal says to set. `tls` decides which certificates are
    believed; `timeout` is in seconds, for a whole exchange.
    """

    allow_private: bool = False
    remedy: str = "Route(allow_private=True)"
    tls: ssl.SSLContext | None = None
    timeout: float = TIMEOUT
    resolve: Resolve = system_resolve


def private_route(whose: str, allow_private: bool) -> Route:
    """Return the route of something that has an `allow_private` of its own; `whose` is its name."""
    return Route(allow_private=allow_private, remedy=f"{whose}(..., allow_private=True)")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to a server: a URL with a vetted address in it, and the names the server still has to hear.

    `patience` is in seconds, for the connection; `None` of everything where somebody else's client makes it.
    """

    target: str
    host: str | None = None
    sni: str | None = None
    patience: float | None = None


class Sender:
    """Sends from threads. `http` replaces the connection: whoever brings one vouches for where it goes."""

    def __init__(self, route: Route | None = None, *, http: httpx2.Client | None = None) -> None:
        self._route = route or Route()
        self._http = http

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the answer. Raises `AddressRefused`, `ServerUnavailable`, `UnexpectedAnswer`."""
        url = checked_url(request.url)
        if self._http is not None:
            return self._try(self._http, request, Attempt(request.url))
        ways = attempts(url, self._route)
        transport = BoundedTransport(_tls(url, self._route), Deadline(self._route.timeout))
        with httpx2.Client(transport=transport, **_manners(self._route)) as http:
            return self._first(http, request, ways)

    def _first(self, http: httpx2.Client, request: HttpRequest, ways: Sequence[Attempt]) -> HttpResponse:
        """Try one address after the other until one takes the connection."""
        for way in ways[:-1]:
            try:
                return self._try(http, request, way)
            except ServerUnavailable as failure:
                if failure.sent:
                    raise
        return self._try(http, request, ways[-1])

    def _try(self, http: httpx2.Client, request: HttpRequest, way: Attempt) -> HttpResponse:
        deadline = Deadline(self._route.timeout)
        try:
            with http.stream(**_message(request, way, self._route)) as response:
                refuse_compression(response, request.url)
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    refuse_excess(body, request.url)
                    deadline.left()
                return answer(response, bytes(body))
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:  # a TimeoutError is an OSError
            raise failure(request, error) from None


class AsyncSender:
    """Sends from tasks; otherwise like `Sender`."""

    def __init__(self, route: Route | None = None, *, http: httpx2.AsyncClient | None = None) -> None:
        self._route = route or Route()
        self._http = http

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the answer. Raises `AddressRefused`, `ServerUnavailable`, `UnexpectedAnswer`."""
        url = checked_url(request.url)
        ways = [Attempt(request.url)] if self._http else await _LOOKING_UP(attempts, url, self._route)
        try:
            async with asyncio.timeout(self._route.timeout):
                if self._http is not None:
                    return await self._first(self._http, request, ways)
                async with httpx2.AsyncClient(verify=_tls(url, self._route), **_manners(self._route)) as http:
                    return await self._first(http, request, ways)
        except TimeoutError as error:
            raise failure(request, error) from None

    async def _first(self, http: httpx2.AsyncClient, request: HttpRequest, ways: Sequence[Attempt]) -> HttpResponse:
        """Try one address after the other until one takes the connection."""
        for way in ways[:-1]:
            try:
                return await self._try(http, request, way)
            except ServerUnavailable as failure:
                if failure.sent:
                    raise
        return await self._try(http, request, ways[-1])

    async def _try(self, http: httpx2.AsyncClient, request: HttpRequest, way: Attempt) -> HttpResponse:
        try:
            async with http.stream(**_message(request, way, self._route)) as response:
                refuse_compression(response, request.url)
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    refuse_excess(body, request.url)
                return answer(response, bytes(body))
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise failure(request, error) from None


def checked_url(url: str) -> SplitResult:
    """Return the parts of a URL that may be opened: https, or http on loopback. Raises `AddressRefused`."""
    defect = url_defect(url)
    if defect is not None:
        raise AddressRefused(url, f"https, or http on loopback: {defect.sentence}")
    return urlsplit(url)


def vetted(url: SplitResult, route: Route) -> list[Address]:
    """Resolve once; one address that may not be reached condemns the whole name.

    Raises `AddressRefused`, and `ServerUnavailable` if the name has no address.
    """
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    try:
        addresses = [ip_address(text) for text in route.resolve(host, port)]
    except (OSError, ValueError):
        addresses = []
    if not addresses:
        raise ServerUnavailable(url.geturl(), "its name has no address", sent=False)
    for address in addresses:
        if (expected := defect(address, url, route)) is not None:
            raise AddressRefused(url.geturl(), expected)
    return addresses[:MAX_ADDRESSES]


def defect(address: Address, url: SplitResult, route: Route) -> str | None:
    """Return what was expected in the place of `address`, `None` if a connection to it may be made.

    Only a name that says loopback leads there by itself, and it leads nowhere else.
    """
    if (url.hostname or "").strip("[]") in _LOOPBACK_NAMES:
        return None if is_loopback(address) else "a name of this machine to lead to this machine"
    if url.scheme != "https":
        return "https, or http on loopback"
    if is_global(address) or (may_serve(address) and route.allow_private):
        return None
    if not may_serve(address):
        return "an address a server can have, neither link-local nor multicast nor of a cloud's metadata"
    return f"an address of the open internet; if the server is in your own network: {route.remedy}"


_LOOPBACK_NAMES = frozenset(host.strip("[]") for host in LOOPBACK_HOSTS)


def attempts(url: SplitResult, route: Route) -> list[Attempt]:
    """Return the ways to a server. A dead address must leave time for the next one, and the last for an answer.

    Raises as `vetted` does.
    """
    addresses = vetted(url, route)
    patience = route.timeout / (len(addresses) + 1)
    return [Attempt(_literal(url, address), url.netloc, url.hostname, patience) for address in addresses]


def _literal(url: SplitResult, address: Address) -> str:
    """Return the URL with the address in place of the name."""
    host = f"[{address}]" if address.version == 6 else str(address)
    return url._replace(netloc=f"{host}:{url.port}" if url.port else host).geturl()


def refuse_compression(response: httpx2.Response, url: str) -> None:
    """Raise `UnexpectedAnswer` for a compressed answer: nobody asked for one, and its size is unknown."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise UnexpectedAnswer(place(url), "an answer that is not compressed", "a compressed one")


def refuse_excess(body: bytearray, url: str) -> None:
    """Raise `UnexpectedAnswer` for an answer that is too large."""
    if len(body) > MAX_BODY:
        raise UnexpectedAnswer(place(url), f"at most {MAX_BODY} bytes", "more")


def answer(response: httpx2.Response, body: bytes) -> HttpResponse:
    """Return what httpx2 received as a value."""
    return HttpResponse(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)


def failure(request: HttpRequest, error: Exception) -> ServerUnavailable:
    """Return a failed connection as our own error, which knows whether the server may have heard us."""
    unsent = isinstance(error, (*_NEVER_SENT, httpx2.InvalidURL))
    reason = "no answer in time" if isinstance(error, TimeoutError | httpx2.TimeoutException) else type(error).__name__
    return ServerUnavailable(request.url, reason, sent=not unsent)


def _message(request: HttpRequest, way: Attempt, route: Route) -> dict[str, Any]:
    """Return the arguments of one exchange. The form is encoded here, since a name may repeat in it."""
    headers = {**_HEADERS, **request.headers}
    if way.host is not None:
        headers["host"] = way.host
    if request.form is not None:
        headers["content-type"] = "application/x-www-form-urlencoded"
    message: dict[str, Any] = {
        "method": request.method,
        "url": way.target,
        "headers": headers,
        "content": None if request.form is None else urlencode(request.form).encode("ascii"),
        "follow_redirects": False,
        "extensions": {"sni_hostname": way.sni} if way.sni else {},
    }
    if way.patience is not None:
        message["timeout"] = httpx2.Timeout(route.timeout, connect=way.patience)
    return message


def _manners(route: Route) -> dict[str, Any]:
    return {
        "trust_env": False,
        "timeout": route.timeout,
        "limits": httpx2.Limits(max_connections=1, max_keepalive_connections=0),
    }


def _tls(url: SplitResult, route: Route) -> ssl.SSLContext:
    return (route.tls or _trusted()) if url.scheme == "https" else _no_tls()


@cache
def _trusted() -> ssl.SSLContext:
    """Load the certificates of this machine at the first use: it takes 20 ms."""
    return ssl.create_default_context()


@cache
def _no_tls() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
