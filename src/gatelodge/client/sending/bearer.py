"""Where an access token may be put: what httpx2 and httpx need from us is the same, though their types do not mix."""

from collections.abc import Collection

from gatelodge.client.errors import AddressRefused
from gatelodge.client.messages.tokens import Narrowed

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def refuse_plain(scheme: str, host: str, plain_hosts: Collection[str]) -> None:
    """Raise `AddressRefused` for a request from which anybody on the way could read the token (RFC 6750 5.3)."""
    if scheme != "https" and host not in LOOPBACK and host not in plain_hosts:
        raise AddressRefused(f"{scheme}://{host}", "https; name the host in plain_hosts if its network is trusted")


def narrowed_to(scope: str, resource: str | tuple[str, ...]) -> Narrowed:
    """Return what a token is for, where one API is the usual case."""
    return Narrowed(scope=scope, resource=(resource,) if isinstance(resource, str) else resource)
