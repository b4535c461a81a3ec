"""Introspection: what a token says, and to whom it may be said (RFC 7662)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatelodge.clock import Clock
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.grants.families import read_grounds
from gatelodge.keys.refresh import RefreshKeys
from gatelodge.keys.secrets import REFRESH_PREFIX
from gatelodge.protocol.client import Client
from gatelodge.protocol.introspection import INACTIVE, active
from gatelodge.stores import live_families
from gatelodge.stores.registry import Registry
from gatelodge.tokens.own import Live, OwnTokens


@dataclass(frozen=True, slots=True)
class Introspector:
    """Describes tokens to the clients that may know of them: the one it was issued to, and its API's introspectors."""

    issuer: str
    own: OwnTokens
    refresh: RefreshKeys
    registry: Registry
    db: Database
    clock: Clock

    async def describe(self, token: str, asker: Client) -> Mapping[str, Any]:
        """Return the document of a token; `{"active": false}` for whatever the asker may not know."""
        if token.startswith(REFRESH_PREFIX):
            return await self._refresh_token(token, asker)
        live = await self.own.find(token)
        if live is None or not await self._may_know(asker, live):
            return INACTIVE
        if not live.is_held_by(await self.registry.client(live.claims["client_id"])):
            return INACTIVE
        return active(live.claims, live.user.username if live.user else None)

    async def _may_know(self, asker: Client, live: Live) -> bool:
        if asker.id == live.claims["client_id"]:
            return True
        known = await self.registry.apis()
        return any(asker.id in known[name].introspectors for name in live.audience if name in known)

    async def _refresh_token(self, token: str, asker: Client) -> Mapping[str, Any]:
        """Only its own client hears of a refresh token: to an API it means nothing."""
        value, now = self.refresh.read(token), self.clock.now()
        if value is None:
            return INACTIVE
        live = await self.db.at(place_of(value.family_id)).read(
            live_families.find_live, value.family_id, value.nonce, now
        )
        if live is None or live.client_id != asker.id or live.generation != value.generation:
            return INACTIVE
        if live.idle_expires_at <= now:
            return INACTIVE
        grounds = read_grounds(live.payload)
        if grounds.client_generation != asker.generation:
            return INACTIVE
        return {
            "active": True,
            "iss": self.issuer,
            "sub": grounds.sub,
            "client_id": asker.id,
            "scope": " ".join(grounds.scope),
            "exp": min(live.idle_expires_at, live.expires_at),
        }
