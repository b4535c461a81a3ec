"""The only door out: one HTTP fetcher that goes where it was told and nowhere else.

A name is resolved once, every address it has is vetted, and the connection goes to a vetted address literally, so no
second look-up can change where. No redirect is followed, no proxy variable believed, no connection shared.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal
from urllib.parse import SplitResult, urlsplit

from gatelodge.protocol.addresses import Address, is_global, is_loopback, may_serve

if TYPE_CHECKING:
    import httpx2  # imported at the first use, as certificates are: most servers never fetch anything

DEADLINE = 5.0  # seconds for everything: name, connection, handshake, headers, body
MAX_URL = 2_048  # characters
MAX_AT_ONCE = 8
MAX_ADDRESSES = 4  # of one name, tried in turn

Resolve = Callable[[str, int], Awaitable[list[str]]]


class FetchFailed(Exception):
    """Nothing usable came back. `reason` is for the operator's log; a stranger only learns that it failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent: nothing but a method, unless a `form` or further `headers` are given."""

    method: Literal["GET", "POST"]
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back; `headers` by lower-case name."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class Destination:
    """An address that was vetted, for a URL that was checked; made only by `Outbound`."""

    url: SplitResult
    host: str
    port: int
    address: Address


class Outbound:
    """Fetches documents from other machines.

    `allow_loopback` is for development: this machine may be reached, then also by http. `allow_private` is for what the
    operator named inside their own network: over https, and never at a link-local address. `resolve(host, port)`
    returns the addresses of a name; `tls` decides which certificates are believed; `deadline` is in seconds, and covers
    the wait for a place: `at_once` are fetched at a time.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        allow_private: bool = False,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        deadline: float = DEADLINE,
        at_once: int = MAX_AT_ONCE,
    ) -> None:
        self._allow_loopback = allow_loopback
        self._allow_private = allow_private
        self._resolve = resolve or _system_resolve
        self._tls = tls
        self._deadline = deadline
        self._places = asyncio.Semaphore(at_once)

    def into_own_network(self) -> "Outbound":
        """Return the same door for what the operator named inside their own network."""
        return Outbound(
            allow_loopback=self._allow_loopback,
            allow_private=True,
            resolve=self._resolve,
            tls=self._tls,
            deadline=self._deadline,
        )

    def apart(self, at_once: int) -> "Outbound":
        """Return the same door for other business: who is slow there takes no place from anybody here."""
        return type(self)(
            allow_loopback=self._allow_loopback,
            allow_private=self._allow_private,
            resolve=self._resolve,
            tls=self._tls,
            deadline=self._deadline,
            at_once=at_once,
        )

    async def get(self, url: str, max_bytes: int) -> Fetched:
        """Fetch a document of at most `max_bytes`. Raises `FetchFailed` for everything that is not an answer."""
        return await self.send(Call("GET"), url, max_bytes)

    async def send(self, call: Call, url: str, max_bytes: int) -> Fetched:
        """Make a call and return its answer of at most `max_bytes`. Raises `FetchFailed` as `get` does."""
        try:
            async with asyncio.timeout(self._deadline), self._places:
                return await self._send(call, self._checked(url), max_bytes)
        except TimeoutError:
            raise FetchFailed("no answer in time") from None

    def _checked(self, url: str) -> SplitResult:
        """Return the parts of an absolute URL with nothing odd in it. Raises `FetchFailed`."""
        schemes = ("https", "http") if self._allow_loopback else ("https",)
        if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            raise FetchFailed("not a URL to fetch")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise FetchFailed("not a URL to fetch") from None
        if parts.scheme not in schemes or not parts.hostname or port == 0:
            raise FetchFailed("not a URL to fetch")
        if "@" in parts.netloc or parts.fragment:
            raise FetchFailed("not a URL to fetch")
        return parts

    async def _send(self, call: Call, url: SplitResult, max_bytes: int) -> Fetched:
        import httpx2

        destinations = await self._vetted(url)
        async with httpx2.AsyncClient(
            verify=self._trusted() if url.scheme == "https" else _NO_TLS,
            trust_env=False,
            follow_redirects=False,
            timeout=self._deadline,
            limits=httpx2.Limits(max_connections=1, max_keepalive_connections=0),
        ) as client:
            return await _first_answer(client, call, destinations, max_bytes)

    async def _vetted(self, url: SplitResult) -> list[Destination]:
        """Resolve once. One address that may not be reached condemns the whole name. Raises `FetchFailed`."""
        host = url.hostname or ""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = [ip_address(text) for text in await self._resolve(host, port)]
        except (OSError, ValueError):
            raise FetchFailed("the name has no address") from None
        if not addresses or not all(self._may_reach(address, url.scheme) for address in addresses):
            raise FetchFailed("the address may not be reached")
        return [Destination(url, host, port, address) for address in addresses[:MAX_ADDRESSES]]

    def _may_reach(self, address: Address, scheme: str) -> bool:
        if is_loopback(address):
            return self._allow_loopback
        return scheme == "https" and (is_global(address) or (self._allow_private and may_serve(address)))

    def _trusted(self) -> ssl.SSLContext:
        """Certificates are loaded at the first use: it takes 20 ms, and most servers never fetch anything."""
        self._tls = self._tls or ssl.create_default_context()
        return self._tls


_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def _system_resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
    return [str(entry[4][0]) for entry in found]


async def _first_answer(
    client: "httpx2.AsyncClient", call: Call, destinations: list[Destination], max_bytes: int
) -> Fetched:
    """Try one address after the other until one takes the connection."""
    import httpx2

    reason = ""
    for destination in destinations:
        try:
            return await _fetch(client, call, destination, max_bytes)
        except httpx2.ConnectError as error:
            reason = type(error).__name__
        except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError, OSError) as error:
            raise FetchFailed(type(error).__name__) from None
    raise FetchFailed(reason)


async def _fetch(client: "httpx2.AsyncClient", call: Call, to: Destination, max_bytes: int) -> Fetched:
    """Dial the vetted address literally, speaking to the name the URL has."""
    literal = f"[{to.address}]" if to.address.version == 6 else str(to.address)
    target = to.url._replace(netloc=f"{literal}:{to.port}").geturl()
    headers = {
        "host": to.url.netloc,
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "gatelodge",
        **call.headers,
    }
    extensions = {"sni_hostname": to.host}
    async with client.stream(call.method, target, headers=headers, data=call.form, extensions=extensions) as response:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise FetchFailed("the answer is compressed, which was not asked for")
        body = await _bounded(response, max_bytes)
        return Fetched(response.status_code, response.headers.get("content-type", ""), body, dict(response.headers))


async def _bounded(response: "httpx2.Response", max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise FetchFailed("the answer is too large")
    return bytes(body)
