"""Carries requests to the server: over httpx2, one connection each, to an address that was looked at first.

A name is resolved once and the connection goes to a vetted address literally, so no second look-up can change where.
No redirect is followed, no proxy believed but that of the `NetworkRoute`, no answer larger than `MAX_BODY` kept. Each
request has its own connection: it never meets one the server has just given up, so there is never a reason to send
anything twice.
"""

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any
from urllib.parse import SplitResult, urlencode

import httpcore2
import httpx2

from gatelodge.client.errors import ServerUnavailable, UnexpectedAnswer, place, shown
from gatelodge.client.sending.deadline import BoundedTransport, Deadline
from gatelodge.client.sending.hands import WorkerThreads
from gatelodge.client.sending.http import MAX_BODY, HttpRequest, HttpResponse
from gatelodge.client.sending.route import Dial, NetworkRoute, Proxy, attempts, checked_url, proxy_for, tls_to

_LOOKING_UP = WorkerThreads(
    64
)  # names that are looked up at a time: a slow resolver takes no thread of the application's

_NEVER_SENT = (
    *(httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError),
    httpx2.UnsupportedProtocol,
)
_HEADERS = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "gatelodge"}


class Sender:
    """Sends from threads. `http` replaces the connection: whoever brings one vouches for where it goes."""

    def __init__(self, route: NetworkRoute | None = None, *, http: httpx2.Client | None = None) -> None:
        self._route = route or NetworkRoute()
        self._http = http

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the answer. Raises `AddressRefused`, `ServerUnavailable`, `UnexpectedAnswer`."""
        url = checked_url(request.url)
        if self._http is not None:
            return self._try(self._http, request, Dial(request.url))
        ways = attempts(url, self._route)
        transport = BoundedTransport(
            tls_to(url, self._route), Deadline(self._route.timeout), _sync_proxy(url, self._route)
        )
        with httpx2.Client(transport=transport, **_manners(self._route)) as http:
            return self._first(http, request, ways)

    def _first(self, http: httpx2.Client, request: HttpRequest, ways: Sequence[Dial]) -> HttpResponse:
        """Try one address after the other until one takes the connection."""
        for way in ways[:-1]:
            try:
                return self._try(http, request, way)
            except ServerUnavailable as failure:
                if failure.sent:
                    raise
        return self._try(http, request, ways[-1])

    def _try(self, http: httpx2.Client, request: HttpRequest, way: Dial) -> HttpResponse:
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

    def __init__(self, route: NetworkRoute | None = None, *, http: httpx2.AsyncClient | None = None) -> None:
        self._route = route or NetworkRoute()
        self._http = http

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the answer. Raises `AddressRefused`, `ServerUnavailable`, `UnexpectedAnswer`."""
        url = checked_url(request.url)
        ways = [Dial(request.url)] if self._http else await _LOOKING_UP(attempts, url, self._route)
        try:
            async with asyncio.timeout(self._route.timeout):
                if self._http is not None:
                    return await self._first(self._http, request, ways)
                async with httpx2.AsyncClient(**_way(url, self._route), **_manners(self._route)) as http:
                    return await self._first(http, request, ways)
        except TimeoutError as error:
            raise failure(request, error) from None

    async def _first(self, http: httpx2.AsyncClient, request: HttpRequest, ways: Sequence[Dial]) -> HttpResponse:
        """Try one address after the other until one takes the connection."""
        for way in ways[:-1]:
            try:
                return await self._try(http, request, way)
            except ServerUnavailable as failure:
                if failure.sent:
                    raise
        return await self._try(http, request, ways[-1])

    async def _try(self, http: httpx2.AsyncClient, request: HttpRequest, way: Dial) -> HttpResponse:
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
    if isinstance(error, httpx2.ProxyError):
        reason = f"the proxy said {shown(error)}"
    return ServerUnavailable(request.url, reason, sent=not unsent)


def _message(request: HttpRequest, way: Dial, route: NetworkRoute) -> dict[str, Any]:
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


def _manners(route: NetworkRoute) -> dict[str, Any]:
    return {
        "trust_env": False,
        "timeout": route.timeout,
        "limits": httpx2.Limits(max_connections=1, max_keepalive_connections=0),
    }


def _way(url: SplitResult, route: NetworkRoute) -> dict[str, Any]:
    """Return how a client for tasks connects."""
    proxy, tls = proxy_for(url, route), tls_to(url, route)
    through = proxy and httpx2.Proxy(proxy.url, auth=proxy.auth, ssl_context=_to_proxy(proxy, tls))
    return {"verify": tls, "proxy": through}


def _sync_proxy(url: SplitResult, route: NetworkRoute) -> httpcore2.Proxy | None:
    proxy = proxy_for(url, route)
    return proxy and httpcore2.Proxy(proxy.url, proxy.auth, ssl_context=_to_proxy(proxy, tls_to(url, route)))


def _to_proxy(proxy: Proxy, tls: ssl.SSLContext) -> ssl.SSLContext | None:
    """A proxy that speaks TLS is believed as a server is."""
    return tls if proxy.url.startswith("https:") else None
