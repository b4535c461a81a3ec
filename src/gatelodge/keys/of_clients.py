"""The keys of a client: those it registered, or the one that it publishes under the name a token says."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from gatelodge.keys.remote import RemoteKeys
from gatelodge.protocol.client import Client
from gatelodge.protocol.jose import TokenParts
from gatelodge.protocol.jwks import BadKeys, PublicKeys, read_jwks

_NO_KEYS = PublicKeys()


async def keys_of(client: Client, parts: TokenParts, algorithms: Collection[str], remote: RemoteKeys) -> PublicKeys:
    """Return the registered keys; of published ones, the one a token names, if its algorithm is worth a look."""
    if client.jwks is not None:
        return _registered(client.jwks)
    alg: Any = parts.header.get("alg")
    if client.jwks_uri is None or alg not in algorithms:
        return _NO_KEYS
    key = await remote.find(client.jwks_uri, parts.kid, alg)
    return _NO_KEYS if key is None else PublicKeys((key,))


@lru_cache(maxsize=1024)
def _registered(jwks: str) -> PublicKeys:
    """Key objects are made once per registration: making them costs more than a verification."""
    try:
        return read_jwks(jwks.encode())
    except BadKeys:
        return _NO_KEYS
