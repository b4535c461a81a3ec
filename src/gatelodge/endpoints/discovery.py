"""What the server publishes: its metadata (OpenID Connect Discovery, RFC 8414) and its public keys (RFC 7517)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from gatelodge.clock import Clock
from gatelodge.database.tx import Unavailable
from gatelodge.endpoints.request import Request
from gatelodge.keys.keys import SigningKeys
from gatelodge.protocol.reply import Reply
from gatelodge.protocol.targets import Apis
from gatelodge.stores.registry import Registry

MAX_AGE = 300  # seconds a copy may be used: far less than a key is published ahead
# Whether scripts may read a copy depends on who asked for it (`endpoints/cors.py`): a cache must not mix them up.
_HEADERS = (
    ("cache-control", f"public, max-age={MAX_AGE}"),
    ("content-type", "application/json"),
    ("vary", "origin"),
)
_NONE_YET = Reply(200)
_NO_APIS = Apis()


@dataclass(slots=True)
class MetadataEndpoint:
    """Serves the metadata document; the registered scopes are added to it, and the claims that they release."""

    document: Mapping[str, Any]
    registry: Registry
    _for: Apis | None = None
    _reply: Reply = _NONE_YET

    async def handle(self, request: Request) -> Reply:
        """Answer at every well-known address."""
        apis = await self._apis()
        if apis is not self._for:
            body = msgspec.json.encode({**self.document, **self._registered(apis)})
            self._for, self._reply = apis, Reply(200, _HEADERS, body)
        return self._reply

    def _registered(self, apis: Apis) -> dict[str, Any]:
        """Return the members that tell of what operators register."""
        of_apis = sorted({scope for api in apis.values() for scope in api.scopes})
        scopes = [*self.document["scopes_supported"], *apis.claim_scopes.custom, *of_apis]
        return {"scopes_supported": scopes, "claims_supported": list(apis.claim_scopes.supported())}

    async def _apis(self) -> Apis:
        """Return the APIs, or those last known: where the endpoints are does not depend on the database."""
        try:
            return await self.registry.apis()
        except Unavailable:
            return _NO_APIS if self._for is None else self._for


@dataclass(slots=True)
class JwksEndpoint:
    """Serves the public signing keys: next, active, and retired ones whose tokens still live."""

    keys: SigningKeys
    clock: Clock
    _for: object = None
    _reply: Reply = _NONE_YET

    async def handle(self, request: Request) -> Reply:
        """Answer `GET /jwks`."""
        document = self.keys.ring.jwks(self.clock.now())
        if document is not self._for:
            self._for, self._reply = document, Reply(200, _HEADERS, msgspec.json.encode(document))
        return self._reply
