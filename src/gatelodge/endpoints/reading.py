"""Reading a request within limits: everything that is refused here is refused before it costs anything."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import Any, cast

from gatelodge.config.site import Site
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.protocol.params import EMPTY, Params
from gatelodge.protocol.strict_json import BadJson, read_object

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
_SPACE, _DELETE = 0x20, 0x7F  # control characters, which no parameter holds, are below the one, or the other
MAX_HEADERS = 100
_CLOSE = (("connection", "close"),)  # what follows on this connection was not read
BODY_SECONDS = 10.0  # a body that takes longer is not read to its end


class Disconnected(Exception):
    """The other side hung up while sending."""


def read_headers(scope: Scope) -> dict[str, str]:
    """Return the headers by lower-case name; names with `_` are dropped, since proxies take them for `-`."""
    raw: list[tuple[bytes, bytes]] = scope["headers"]
    if len(raw) > MAX_HEADERS:
        raise HttpRefusal(431, "too many headers")
    headers: dict[str, str] = {}
    for name, value in raw:
        if b"_" in name:
            continue
        key = name.decode("latin-1")
        text = value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def read_cookies(header: str, secure: bool) -> dict[str, str]:
    """Return the cookies that are ours to read: on https only those the browser vouches for with `__Host-`."""
    cookies: dict[str, str] = {}
    for part in header.split(";"):
        name, equals, value = part.strip().partition("=")
        if secure:
            if not name.startswith("__Host-"):
                continue
            name = name[7:]
        if equals and name not in cookies:
            cookies[name] = value
    return cookies


def read_query(scope: Scope) -> Params:
    """Return the parameters in the URL."""
    raw: bytes = scope["query_string"]
    return Params.parse(raw)


async def read_form(scope: Scope, receive: Receive, headers: Mapping[str, str], limit: int) -> Params:
    """Return the parameters in the body. Raises `HttpRefusal` for another content type or more than `limit` bytes."""
    body = await _read_bounded(receive, headers, limit)
    if not body:
        return EMPTY
    _check_content_type(headers.get("content-type", ""), FORM)
    return Params.parse(body)


async def read_json(scope: Scope, receive: Receive, headers: Mapping[str, str], limit: int) -> Params:
    """Return the members of the JSON object in the body, as the form of a page would say them.

    `true` is `yes`, `false` and `null` are nothing, and a member of an object within is `outer.inner`. Raises
    `HttpRefusal` as `read_form` does, and for what is no such object.
    """
    body = await _read_bounded(receive, headers, limit)
    if not body:
        return EMPTY
    _check_content_type(headers.get("content-type", ""), JSON)
    try:
        return Params.of(_said("", read_object(body, limit)))
    except BadJson:
        raise HttpRefusal(400, "the body must be a JSON object of texts") from None


def _said(outer: str, members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in members.items():
        match value:
            case str() if not any(ord(character) < _SPACE or ord(character) == _DELETE for character in value):
                yield outer + name, value
            case bool() | None:
                yield outer + name, "yes" if value else ""
            case dict() if not outer:
                yield from _said(f"{name}.", cast("dict[str, Any]", value))
            case _:
                raise BadJson("a member that no form could say")


async def _read_bounded(receive: Receive, headers: Mapping[str, str], limit: int) -> bytes:
    length = headers.get("content-length")
    if length is not None and (not length.isdecimal() or int(length) > limit):
        raise _too_large()
    return await _read_body(receive, limit)


async def _read_body(receive: Receive, limit: int) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    body: bytes = message.get("body", b"")
    if message.get("more_body", False):
        body = await _read_rest(receive, body, limit)
    if len(body) > limit:
        raise _too_large()
    return body


async def _read_rest(receive: Receive, body: bytes, limit: int) -> bytes:
    """Read on until the body ends, exceeds `limit`, or takes too long."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            more = True
            while more and len(body) <= limit:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Disconnected
                body += message.get("body", b"")
                more = message.get("more_body", False)
    except TimeoutError:
        raise HttpRefusal(408, "the body took too long", headers=_CLOSE) from None
    return body


def _too_large() -> HttpRefusal:
    return HttpRefusal(413, "the body is too large", headers=_CLOSE)


def _check_content_type(value: str, wanted: str) -> None:
    """Accept this encoding alone, in UTF-8 (RFC 6749 appendix B)."""
    if value == wanted:
        return
    kind, _, parameters = value.partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() != wanted or charset not in ("", "utf-8"):
        raise HttpRefusal(415, f"the body must be {wanted} in utf-8")


def client_address(scope: Scope, headers: Mapping[str, str], site: Site) -> str:
    """Return who asks: the peer, or what the nearest named proxy says when the peer is one."""
    peer = _peer(scope)
    if not site.believes(peer):
        return peer
    for hop in reversed(headers.get("x-forwarded-for", "").split(",")):
        address = _plain(hop.strip())
        if address and not site.believes(address):
            return address[:64]
    return peer


def _peer(scope: Scope) -> str:
    return _plain(scope["client"][0]) if scope.get("client") else ""


def _plain(address: str) -> str:
    """Return an address in its one form: without the port some proxies add, and IPv4 not dressed as IPv6."""
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    if "." not in address:
        return address
    return address.lower().removeprefix("::ffff:").partition(":")[0]


def check_origin_of_request(scope: Scope, headers: Mapping[str, str], site: Site) -> None:
    """Refuse a Host that is not ours, and plain http where the issuer is https (nothing is redirected: ASVS 4.1.2)."""
    host = headers.get("host", "").lower()
    if host.encode("latin-1", "replace") not in site.hosts:
        raise HttpRefusal(421, "this server does not answer to that host name")
    if not site.secure or scope["scheme"] == "https":
        return
    if not (site.believes(_peer(scope)) and headers.get("x-forwarded-proto") == "https"):
        said = "this server is reached by https only; a proxy that ends TLS must be named in server.proxies"
        raise HttpRefusal(400, said, "insecure_transport")
