"""Redirect URIs: which may be registered, and which of them was sent (RFC 6749 3.1.2, RFC 8252 7, RFC 9700 4.1.3).

Nothing here normalises: two URIs are the same when their bytes are. Nothing here uses a URL parser either, since no two
of them read a hostile URI alike; a URI that is not of the plain form below is refused.
"""

import re
from collections.abc import Collection, Iterable
from ipaddress import AddressValueError, IPv6Address

from gatelodge.protocol import rules
from gatelodge.protocol.client import Client, ClientType
from gatelodge.protocol.rules import Rule

MAX_LENGTH = 2_000

# What browsers and systems run, show, fetch or dial themselves: no application's own, whoever says so (ASVS 1.2.2).
NEVER = frozenset[str](
    {
        *("javascript", "vbscript", "jscript", "livescript", "mocha", "data", "blob", "file", "filesystem"),
        *("about", "intent", "content", "jar", "view-source", "chrome", "chrome-extension", "edge", "moz-extension"),
        *("resource", "res", "ms-its", "mhtml", "mk", "shell", "http", "https", "ws"),
        *("wss", "ftp", "ftps", "sftp", "gopher", "ldap", "ldaps", "mailto", "tel"),
        *("sms", "smsto", "callto", "ssh", "telnet", "rlogin", "smb", "nfs", "cid"),
        *("mid", "urn", "search-ms", "ms-msdt", "ms-officecmd"),
    }
)

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "[::1]", "localhost"})
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(?::([0-9]{1,5}))?([/?].*)?")
_TEXT = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_WEB = re.compile(r"(https?)://([^/?]*)([^?]*)(?:\?.*)?")
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::(.*))?")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_USUAL_PORTS = {"https": ":443", "http": ":80"}
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_DOT_SEGMENT = re.compile(r"/(?:\.|%2[Ee]){1,2}(?:[/;]|$)")
_SCHEME = re.compile(r"[a-z][a-z0-9+-]{0,62}")
_PRIVATE_USE = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/(?!/).*")


def is_registered(sent: str, client: Client) -> bool:
    """Whether `sent` is one of the client's redirect URIs: equal to it, or on loopback but for the port.

    Only a native client listens on whatever port is free (RFC 8252 7.3, RFC 9700 2.1).
    """
    if sent in client.redirect_uris:
        return True
    return client.type == "native" and any(_same_but_port(sent, registered) for registered in client.redirect_uris)


def is_custom_scheme(scheme: str) -> bool:
    """Whether an operator may permit this scheme: well-formed, and one that opens an application alone."""
    return _SCHEME.fullmatch(scheme) is not None and scheme not in NEVER


def private_schemes(uris: Iterable[str]) -> frozenset[str]:
    """Return the schemes of these redirect URIs that open an application of a device (RFC 8252 7.1)."""
    return frozenset(uri.partition(":")[0] for uri in uris) - {"https", "http"}


def defect(uri: str, client_type: ClientType, permitted: Collection[str] = ()) -> Rule | None:
    """Return the rule that keeps a client of this type from registering `uri`, or `None` if it may.

    `permitted` are schemes without a dot that the operator spoke out for this client.
    """
    if uri.startswith(("https:", "http:")):
        return url_defect(uri)
    if not _plain(uri):
        return rules.REDIRECT_SYNTAX
    if "#" in uri:
        return rules.REDIRECT_FRAGMENT
    scheme, _, rest = uri.partition(":")
    spoken = scheme in permitted and is_custom_scheme(scheme) and rest.startswith("/")
    fits = client_type == "native" and (spoken or _PRIVATE_USE.fullmatch(uri))
    return None if fits else rules.REDIRECT_SCHEME


def url_defect(url: str) -> Rule | None:
    """Return the rule that `url` breaks, or `None` if it is plain https, or http on loopback."""
    if not _plain(url):
        return rules.REDIRECT_SYNTAX
    if "#" in url:
        return rules.REDIRECT_FRAGMENT
    parts = _WEB.fullmatch(url)
    if parts is None:
        return rules.REDIRECT_SCHEME
    scheme, authority, path = parts.groups()
    return _authority_defect(scheme, authority) or (rules.REDIRECT_PATH if _DOT_SEGMENT.search(path) else None)


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL without a defect, as browsers compare them; empty for any other."""
    if url_defect(url) is not None:
        return ""
    scheme, authority = url.split("/")[0][:-1], url.split("/")[2].partition("?")[0].lower()
    return f"{scheme}://{authority.removesuffix(_USUAL_PORTS[scheme])}"


def _plain(uri: str) -> bool:
    """Whether it is made of the characters of RFC 3986 only, so without controls, spaces, backslash and look-alikes."""
    return len(uri) <= MAX_LENGTH and _TEXT.fullmatch(uri) is not None


def _authority_defect(scheme: str, authority: str) -> Rule | None:
    if "@" in authority:
        return rules.REDIRECT_USERINFO
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None or not _is_host(parts[1]):
        return rules.REDIRECT_HOST
    if parts[2] is not None and not _is_port(parts[2]):
        return rules.REDIRECT_PORT
    return rules.REDIRECT_HTTPS if scheme == "http" and parts[1] not in LOOPBACK_HOSTS else None


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return _is_ipv6(host[1:-1])
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return "%" not in text


def _is_port(text: str) -> bool:
    return _PORT.fullmatch(text) is not None and int(text) <= 65_535


def _same_but_port(sent: str, registered: str) -> bool:
    here, there = _LOOPBACK.fullmatch(sent), _LOOPBACK.fullmatch(registered)
    if here is None or there is None or (here[2] is not None and not _is_port(here[2])):
        return False
    return (here[1], here[3]) == (there[1], there[3])
