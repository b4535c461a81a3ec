"""Which network addresses lead to the open internet, which to this machine (RFC 6890), and which count as one."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

# Addresses that carry an IPv4 address inside and so can lead anywhere (RFC 6052, RFC 8215, RFC 3056, RFC 4380).
_CARRIERS = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))

_TRANSLATED = _CARRIERS[0]  # what IPv6-only networks reach IPv4 by: the last 32 bits are the address

_NOWHERE = IPv4Network("0.0.0.0/8")

# Where clouds hand a machine its credentials, beside the link-local address that most of them have for it.
_METADATA = frozenset(map(ip_address, ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200")))


def is_global(address: Address) -> bool:
    """Whether an address is one of the open internet and can only be that."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_global(address.ipv4_mapped)
        if address.scope_id or address.is_site_local or any(address in network for network in _CARRIERS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_private


def may_serve(address: Address) -> bool:
    """Whether a server somebody runs may have this address: in a network of their own, on this machine, or anywhere.

    Link-local addresses are not: whoever answers there does so for whatever machine asks, as clouds' metadata do.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return may_serve(address.ipv4_mapped)
        if address in _TRANSLATED:
            return may_serve(IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.is_loopback:
            return True
        if any(address in network for network in _CARRIERS):
            return False
    if address.is_link_local or address.is_multicast or address.is_reserved or address in _METADATA:
        return False
    return address not in _NOWHERE


def is_loopback(address: Address) -> bool:
    """Whether an address is this machine, said in one of the plain ways."""
    return str(address) == "::1" or (isinstance(address, IPv4Address) and address.is_loopback)


@lru_cache(maxsize=4_096)
def network_of(address: str) -> str:
    """Return what is counted as one address: an IPv4 address, or the /64 one IPv6 subscriber has to themselves."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((int(ip), 64), strict=False))


def is_same_family(one: str, other: str) -> bool:
    """Whether two addresses are both of IPv4, or both of IPv6: of one machine's two nothing is alike."""
    return (":" in network_of(one)) == (":" in network_of(other))


@lru_cache(maxsize=4_096)
def site_of(address: str) -> str | None:
    """Return the /48 that one IPv6 site may have to itself, with its 65,536 networks; `None` for any other address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    if not isinstance(ip, IPv6Address) or ip.ipv4_mapped is not None:
        return None
    return str(ip_network((int(ip), 48), strict=False))
