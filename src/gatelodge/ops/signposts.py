"""Signposts: which application a page was shown for, told by the page's own address.

A request is forgotten some time, and a bookmark is not. What stands in the address proves nothing and opens nothing: it
says where a person who has come to a dead end may go on. Only this server makes it, so that nobody learns from its
pages which clients there are.
"""

import hmac
from collections.abc import Sequence

from gatelodge.keys.secrets import b64, same
from gatelodge.protocol.client import Client
from gatelodge.stores.registry import Registry

PARAMETER = "app"  # of the pages of an interaction
_SIGN_BYTES = 9


class Signposts:
    """Writes and reads them. `keys` come from `Vault.derive_all`, newest first: the first writes, all read."""

    def __init__(self, keys: Sequence[bytes], registry: Registry) -> None:
        self._keys = tuple(keys)
        self._registry = registry

    def to(self, client_id: str) -> str:
        """Return the value of `PARAMETER` for pages that are shown for this client."""
        return f"{_sign(self._keys[0], client_id)}.{client_id}"

    async def follow(self, value: str | None) -> Client | None:
        """Return the client, if the value is ours and the client is still there and enabled."""
        sign, _, client_id = (value or "").partition(".")
        if not any(same(sign.encode(), _sign(key, client_id).encode()) for key in self._keys):
            return None
        client = await self._registry.client(client_id)
        return client if client is not None and client.enabled else None


def _sign(key: bytes, client_id: str) -> str:
    return b64(hmac.digest(key, client_id.encode(), "sha256")[:_SIGN_BYTES])
