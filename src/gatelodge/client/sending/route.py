"""Which way requests go: what may be dialled, the proxy before it, and the certificates that are believed.

A name is resolved once and the connection goes to a vetted address literally, so no second look-up can change where.
Behind a proxy it is the proxy that looks names up and decides where they lead: then a name is handed on, and only an
address that is written in a URL is judged here. This machine is never asked through a proxy.
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from gatelodge.client.errors import AddressRefused, ServerUnavailable
from gatelodge.protocol.addresses import Address, is_global, is_loopback, may_serve
from gatelodge.protocol.redirect_uri import LOOPBACK_HOSTS, url_defect

TIMEOUT = 10.0  # seconds for everything after the look-up of the name: connections, handshake, headers, body
MAX_ADDRESSES = 4  # of one name, tried in turn

Resolve = Callable[[str, int], Sequence[str]]

_LOOPBACK_NAMES = frozenset(host.strip("[]") for host in LOOPBACK_HOSTS)


def system_resolve(host: str, port: int) -> list[str]:
    """Return the addresses this machine knows for a name. Raises `OSError`."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRoute:
    """Which addresses may be dialled, and how.

    `allow_private` is for a server inside your own network: its name may then lead to a private address, still over
    https and never to a link-local one. `remedy` is what a refusal says to set. `ca_file` is a file of certificates in
    PEM that are believed beside those of this machine; `tls` replaces them all. `proxy` is the URL of a forward proxy,
    with user and password if it wants them, that https goes through (RFC 9110 9.3.6). `timeout` is in seconds, for a
    whole exchange. Raises `ValueError` for a file or a proxy that cannot be used.
    """

    allow_private: bool = False
    remedy: str = "NetworkRoute(allow_private=True)"
    ca_file: str | Path | None = None
    proxy: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    timeout: float = TIMEOUT
    resolve: Resolve = system_resolve

    def __post_init__(self) -> None:
        if self.ca_file is not None:
            _trusting(str(self.ca_file))
        if self.proxy is not None:
            proxy_of(self.proxy)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A forward proxy: its address, and who we are to it."""

    url: str
    auth: tuple[str, str] | None = field(repr=False)


def proxy_of(url: str) -> Proxy:
    """Return the proxy at a URL. Raises `ValueError`, and does not say what stood there: it may hold a password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = parts = None
    if parts is None or not host or parts.scheme not in ("http", "https") or parts.path.strip("/") or parts.query:
        raise ValueError("proxy must be http://host:port or https://host:port")
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    literal = f"[{host}]" if ":" in host else host
    return Proxy(f"{parts.scheme}://{literal}:{port or (443 if parts.scheme == 'https' else 80)}", auth)


def private_route(whose: str, allow_private: bool, route: NetworkRoute | None = None) -> NetworkRoute:
    """Return the route of something that has an `allow_private` of its own; `whose` is its name."""
    route = route or NetworkRoute()
    allowed = allow_private or route.allow_private
    return replace(route, allow_private=allowed, remedy=f"{whose}(..., allow_private=True)")


@dataclass(frozen=True, slots=True)
class Dial:
    """One way to a server: a URL with a vetted address in it, and the names the server still has to hear.

    `patience` is in seconds, for the connection; `None` of everything where a proxy or somebody else's client makes it.
    """

    target: str
    host: str | None = None
    sni: str | None = None
    patience: float | None = None


def checked_url(url: str) -> SplitResult:
    """Return the parts of a URL that may be opened: https, or http on loopback. Raises `AddressRefused`."""
    defect = url_defect(url)
    if defect is not None:
        raise AddressRefused(url, f"https, or http on loopback: {defect.sentence}")
    return urlsplit(url)


def proxy_for(url: SplitResult, route: NetworkRoute) -> Proxy | None:
    """Return the proxy to a server, `None` if there is none: to this machine there never is."""
    return None if route.proxy is None or _is_here(url) else proxy_of(route.proxy)


def attempts(url: SplitResult, route: NetworkRoute) -> list[Dial]:
    """Return the ways to a server. A dead address must leave time for the next one, and the last for an answer.

    Raises as `vetted` does.
    """
    if proxy_for(url, route) is not None:
        _refuse_written(url, route)
        return [Dial(url.geturl())]
    addresses = vetted(url, route)
    patience = route.timeout / (len(addresses) + 1)
    return [Dial(_literal(url, address), url.netloc, url.hostname, patience) for address in addresses]


def vetted(url: SplitResult, route: NetworkRoute) -> list[Address]:
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


def defect(address: Address, url: SplitResult, route: NetworkRoute) -> str | None:
    """Return what was expected in the place of `address`, `None` if a connection to it may be made.

    Only a name that says loopback leads there by itself, and it leads nowhere else.
    """
    if _is_here(url):
        return None if is_loopback(address) else "a name of this machine to lead to this machine"
    if url.scheme != "https":
        return "https, or http on loopback"
    if is_global(address) or (may_serve(address) and route.allow_private):
        return None
    if not may_serve(address):
        return "an address a server can have, neither link-local nor multicast nor of a cloud's metadata"
    return f"an address of the open internet; if the server is in your own network: {route.remedy}"


def tls_to(url: SplitResult, route: NetworkRoute) -> ssl.SSLContext:
    """Return what decides whether a server is believed."""
    if url.scheme != "https":
        return _no_tls()
    return route.tls or _trusting(None if route.ca_file is None else str(route.ca_file))


def _refuse_written(url: SplitResult, route: NetworkRoute) -> None:
    """Judge an address that stands in a URL. Raises `AddressRefused`."""
    try:
        address = ip_address(url.hostname or "")
    except ValueError:
        return
    if (expected := defect(address, url, route)) is not None:
        raise AddressRefused(url.geturl(), expected)


def _is_here(url: SplitResult) -> bool:
    return (url.hostname or "").strip("[]") in _LOOPBACK_NAMES


def _literal(url: SplitResult, address: Address) -> str:
    """Return the URL with the address in place of the name."""
    host = f"[{address}]" if address.version == 6 else str(address)
    return url._replace(netloc=f"{host}:{url.port}" if url.port else host).geturl()


@cache
def _trusting(ca_file: str | None) -> ssl.SSLContext:
    """Load certificates at the first use, as it takes 20 ms. Raises `ValueError` for a file that holds none."""
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:  # an SSLError is one
            raise ValueError(f"ca_file: {ca_file} holds no certificates that can be read") from error
    return context


@cache
def _no_tls() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
