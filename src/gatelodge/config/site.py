"""What this server is called and whom it believes: decided once from the configuration, never from a request."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from gatelodge.config.policies import ServerPolicy

Network = IPv4Network | IPv6Network
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Site:
    """The issuer taken apart.

    `base` is its path (`""` or `/p`), `hosts` every Host header that is answered, `secure` whether it is https (cookies
    are then `__Host-` and `Secure`), `proxies` the networks whose X-Forwarded-For and -Proto are believed, `max_body`
    the largest request body in bytes, `hsts` the value of Strict-Transport-Security (RFC 6797), empty without https.
    """

    issuer: str
    base: str
    hosts: frozenset[bytes]
    secure: bool
    proxies: tuple[Network, ...]
    max_body: int
    hsts: str = ""

    @property
    def origin(self) -> str:
        """The issuer without its path."""
        return self.issuer.removesuffix(self.base) if self.base else self.issuer

    def believes(self, peer: str) -> bool:
        """Whether `peer` is a proxy the operator named."""
        return bool(self.proxies) and _is_within(peer, self.proxies)


@lru_cache(maxsize=4_096)
def _is_within(peer: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in networks)


def site_of(policy: ServerPolicy) -> Site:
    """Return the site of a checked server policy."""
    parts = urlsplit(policy.issuer)
    hosts = {parts.netloc.lower(), *(host.lower() for host in policy.hosts)}
    if parts.hostname in ("localhost", "127.0.0.1", "::1"):
        port = f":{parts.port}" if parts.port else ""
        hosts.update(name + port for name in LOOPBACK_NAMES)
    return Site(
        issuer=policy.issuer,
        base=parts.path,
        hosts=frozenset(host.encode() for host in hosts),
        secure=parts.scheme == "https",
        proxies=tuple(ip_network(proxy, strict=False) for proxy in policy.proxies),
        max_body=policy.max_body,
        hsts=_hsts(policy) if parts.scheme == "https" else "",
    )


def _hsts(policy: ServerPolicy) -> str:
    return f"max-age={policy.hsts}" + ("; includeSubDomains" if policy.hsts_subdomains else "")
