"""Who a person is called at a client: the same at all of them, or another at each sector (OpenID Connect Core 8).

A pairwise name is a keyed one-way value of sector and person: clients of different sectors cannot tell by it that they
know the same person, and nobody but this server finds the person by it (8.1).
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gatelodge.protocol.client import Client

PURPOSE = "pairwise subjects"  # of the key
_BYTES = 24


@dataclass(frozen=True, slots=True)
class Subjects:
    """Names people to clients. `key` stays as long as the installation, or every application would lose everybody."""

    key: bytes = field(repr=False)

    def told(self, client: Client, sub: str) -> str:
        """Return what the person `sub` is called at a client."""
        if client.subject_type == "public":
            return sub
        said = f"{sector_of(client)}\0{sub}".encode()
        return urlsafe_b64encode(hmac.digest(self.key, said, "sha256")[:_BYTES]).decode()

    def named(self, client: Client, said: str) -> Callable[[str], bool]:
        """Return what knows whether a person is the one whom this client means by `said`."""
        return lambda sub: hmac.compare_digest(self.told(client, sub).encode(), said.encode(errors="replace"))


def sector_of(client: Client) -> str:
    """Return the host that stands for all clients who may know people by the same name; empty if that is not clear."""
    if client.sector_identifier_uri is not None:
        return _host(client.sector_identifier_uri)
    hosts = set(map(_host, client.redirect_uris))
    return hosts.pop() if len(hosts) == 1 else ""


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
