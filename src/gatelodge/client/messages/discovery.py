"""What a server says about itself (OpenID Connect Discovery 1.0 4, RFC 8414 3): asked for, checked, kept as a value."""

from collections.abc import Collection, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv6Address, ip_address
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from gatelodge.client.errors import (
    AddressRefused,
    DiscoveryFailed,
    NotSupported,
    OAuthClientError,
    UnexpectedAnswer,
    place,
    shown,
)
from gatelodge.client.sending.http import HttpRequest, HttpResponse, json_object, refuse_outage
from gatelodge.protocol.addresses import Address, is_global, may_serve
from gatelodge.protocol.redirect_uri import url_defect

OPENID = ".well-known/openid-configuration"
OAUTH = ".well-known/oauth-authorization-server"

ENDPOINTS = (
    *("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "revocation_endpoint"),
    *("introspection_endpoint", "end_session_endpoint", "device_authorization_endpoint", "registration_endpoint"),
    "pushed_authorization_request_endpoint",
)

WANTED = (  # of a client; what only OpenID Connect knows stands where OpenID Connect puts it
    *("authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint"),
    *("introspection_endpoint", "device_authorization_endpoint"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerMetadata:
    """One server. Write it by hand for a server that publishes nothing; its URLs are then yours to vouch for.

    `None` and the empty tuple mean that the server does not say. `document` is all it published.
    """

    issuer: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    jwks_uri: str | None = None
    userinfo_endpoint: str | None = None
    revocation_endpoint: str | None = None
    introspection_endpoint: str | None = None
    end_session_endpoint: str | None = None
    device_authorization_endpoint: str | None = None
    registration_endpoint: str | None = None
    pushed_authorization_request_endpoint: str | None = None
    scopes_supported: tuple[str, ...] = ()
    grant_types_supported: tuple[str, ...] = ()
    code_challenge_methods_supported: tuple[str, ...] = ()
    token_endpoint_auth_methods_supported: tuple[str, ...] = ()
    authorization_response_iss_parameter_supported: bool = False
    require_pushed_authorization_requests: bool = False
    document: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    def endpoint(self, name: str) -> str:
        """Return the URL of an endpoint such as `token_endpoint`. Raises `NotSupported` if there is none."""
        url = getattr(self, name)
        if url is None:
            raise NotSupported(self.issuer, name)
        return url

    def completed(self, other: "ServerMetadata") -> "ServerMetadata":
        """Return the same with what only another document of this server says."""
        said = {each.name: getattr(self, each.name) or getattr(other, each.name) for each in fields(self)}
        said["document"] = {**other.document, **self.document}
        return replace(self, **said)


def discovery_request(issuer: str) -> HttpRequest:
    """Ask an issuer for its metadata where OpenID Connect puts it. Raises `AddressRefused`."""
    return discovery_requests(issuer)[0]


def discovery_requests(issuer: str) -> tuple[HttpRequest, ...]:
    """Ask wherever metadata may be, to be tried in turn while the answer is 404. Raises `AddressRefused`.

    OpenID Connect puts it below the issuer's path; RFC 8414 3.1 between host and path, under either name.
    """
    defect = url_defect(issuer)
    if defect is not None or "?" in issuer:
        raise AddressRefused(issuer, "an issuer: https, or http on loopback, without query and fragment")
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    paths = (f"{path}/{OPENID}", f"/{OAUTH}{path}", f"/{OPENID}{path}")
    urls = dict.fromkeys(urlunsplit((parts.scheme, parts.netloc, one, "", "")) for one in paths)
    return tuple(HttpRequest("GET", url) for url in urls)


def read_discovery_response(issuer: str, response: HttpResponse, *, allow_private: bool = False) -> ServerMetadata:
    """Return the metadata of exactly this issuer. Raises `DiscoveryFailed`, `ServerUnavailable`.

    No endpoint may lead from a public issuer into a private network, unless `allow_private` says that the server is
    inside your own; and none from another machine to this one.
    """
    refuse_outage(response, issuer)
    if response.status != 200:
        raise DiscoveryFailed(_of(issuer), "200 and a JSON document", str(response.status))
    try:
        document = json_object(response, _of(issuer))
    except UnexpectedAnswer as error:
        raise DiscoveryFailed(error.what, error.expected, error.came) from None
    check_issuer(issuer, document.get("issuer"))
    return ServerMetadata(
        issuer=issuer,
        **{name: _endpoint(issuer, name, document.get(name), allow_private) for name in ENDPOINTS},
        scopes_supported=_names(document, "scopes_supported"),
        grant_types_supported=_names(document, "grant_types_supported"),
        code_challenge_methods_supported=_names(document, "code_challenge_methods_supported"),
        token_endpoint_auth_methods_supported=_names(document, "token_endpoint_auth_methods_supported"),
        authorization_response_iss_parameter_supported=_is_true(
            document.get("authorization_response_iss_parameter_supported")
        ),
        require_pushed_authorization_requests=_is_true(document.get("require_pushed_authorization_requests")),
        document=document,
    )


def search(
    issuer: str, wanted: Collection[str], *, allow_private: bool = False
) -> Generator[HttpRequest, HttpResponse, ServerMetadata]:
    """Yield what to ask until the metadata is known, and return it; whoever asks sends back each answer.

    A server may say in one document what it leaves out in another: a `wanted` endpoint that is missing, such as that of
    the device grant, is looked for in the next. Raises as `read_discovery_response` does, and what is thrown in.
    """
    waiting = list(discovery_requests(issuer))
    response = yield waiting.pop(0)
    while waiting and response.status in _MISSING:
        response = yield waiting.pop(0)
    metadata = read_discovery_response(issuer, response, allow_private=allow_private)
    while waiting and any(getattr(metadata, name) is None for name in wanted):
        with suppress(OAuthClientError):
            other = read_discovery_response(issuer, (yield waiting.pop(0)), allow_private=allow_private)
            metadata = metadata.completed(other)
    return metadata


_MISSING = frozenset({400, 403, 404, 405, 410})


def check_issuer(expected: str, came: object) -> None:
    """Compare issuers byte for byte (RFC 8414 3.3); the usual slip is named. Raises `DiscoveryFailed`."""
    if came == expected:
        return
    slash = isinstance(came, str) and came.rstrip("/") == expected.rstrip("/")
    hint = "; they differ in the slash at the end: configure the issuer exactly as the server says it" if slash else ""
    raise DiscoveryFailed(_of(expected), f"issuer {shown(expected)}", f"{shown(came)}{hint}")


def _endpoint(issuer: str, name: str, url: object, allow_private: bool) -> str | None:
    """Return an endpoint's URL if it may be opened, `None` if the server has none. Raises `DiscoveryFailed`."""
    if url is None:
        return None
    defect = url_defect(url) if isinstance(url, str) else None
    if not isinstance(url, str) or defect is not None:
        raise DiscoveryFailed(_of(issuer), f"{name} to be https, or http on loopback", shown(url))
    if not _may_lead(issuer, url, allow_private):
        wanted = (
            "away from this machine, as the issuer is" if allow_private else "on the open internet, as the issuer is"
        )
        raise DiscoveryFailed(_of(issuer), f"{name} to be {wanted}", place(url))
    return url


def _may_lead(issuer: str, url: str, allow_private: bool) -> bool:
    """Whether a server at `issuer` may name `url`: its own host, or a public one. Names are judged when dialled."""
    host = urlsplit(url).hostname or ""
    if host == urlsplit(issuer).hostname or (_is_loopback(issuer) and _is_loopback(url)):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return not _is_loopback(url)
    return is_global(address) or (allow_private and may_serve(address) and not _is_this_machine(address))


def _is_this_machine(address: Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.endswith(".localhost") or host.startswith("127.")


def _names(document: Mapping[str, Any], member: str) -> tuple[str, ...]:
    """Return a list of names; anything else counts as not said."""
    value = document.get(member)
    if not isinstance(value, list):
        return ()
    return tuple(name for name in cast("list[object]", value) if isinstance(name, str))


def _is_true(value: object) -> bool:
    """Whether a promise was made. A string counts too: to doubt it would switch a check off."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _of(issuer: str) -> str:
    return f"metadata of {place(issuer)}"
