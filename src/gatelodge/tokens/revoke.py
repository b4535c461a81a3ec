"""Revocation: a client ends what it holds (RFC 7009). A refresh token ends its family, an access token only itself."""

from dataclasses import dataclass

from gatelodge.clock import Clock
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database, Runner, Tx
from gatelodge.keys.mint import Mint, StoredValue
from gatelodge.keys.refresh import RefreshKeys
from gatelodge.keys.secrets import REFRESH_PREFIX
from gatelodge.protocol.client import Client
from gatelodge.protocol.rotation import RefreshValue
from gatelodge.stores import access_tokens, audit, refresh_tokens
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Event, Origin, TokenRevoked
from gatelodge.tokens.issue import OPAQUE, OPAQUE_PREFIX
from gatelodge.tokens.own import OwnTokens


@dataclass(frozen=True, slots=True)
class Revocation:
    """Ends tokens their own client presents; another client's are left alone, without a word."""

    mint: Mint
    own: OwnTokens
    refresh: RefreshKeys
    db: Database
    clock: Clock

    async def revoke(self, token: str, client: Client, origin: Origin) -> None:
        """End `token` if it is one of `client`'s and works."""
        now = self.clock.now()
        what = "family" if token.startswith(REFRESH_PREFIX) else "access_token"
        event = TokenRevoked(client_id=client.id, what=what)
        if await self._ended(token, client, event, origin, now):
            emit(event, origin)

    async def _ended(self, token: str, client: Client, event: Event, origin: Origin, now: int) -> bool:
        if token.startswith(REFRESH_PREFIX):
            value = self.refresh.read(token)
            if value is None:
                return False
            return await self._at(value.family_id).write(_end_family, value, client.id, event, origin, now)
        if token.startswith(OPAQUE_PREFIX):
            stored = self.mint.take_apart(token, OPAQUE_PREFIX)
            if stored is None:
                return False
            proof = self.mint.digest(OPAQUE, stored.secret)
            return await self._at(stored.row_id).write(_end_opaque, stored, proof, client.id, event, origin, now)
        claims = self.own.read_jwt(token)
        if claims is None or claims["client_id"] != client.id:
            return False
        jti, expires_at = str(claims["jti"]), int(claims["exp"])
        if claims.get("grant_id") is None:
            return await self.db.write(_end_jwt, jti, expires_at, event, origin, now)
        named = self.mint.read_grant_id(claims["grant_id"])
        if named is None:
            return False
        return await self._at(named[0]).write(_end_jwt_of_family, *named, jti, expires_at, event, origin, now)

    def _at(self, row_id: int) -> Runner:
        return self.db.at(place_of(row_id))


async def _end_family(tx: Tx, value: RefreshValue, client_id: str, event: Event, origin: Origin, now: int) -> bool:
    return await refresh_tokens.revoke_presented(tx, value, client_id, now) and await _told(tx, event, origin, now)


async def _end_opaque(
    tx: Tx, stored: StoredValue, proof: bytes, client_id: str, event: Event, origin: Origin, now: int
) -> bool:
    ended = await access_tokens.revoke(tx, stored.row_id, proof, client_id, now)
    return ended and await _told(tx, event, origin, now)


async def _end_jwt(tx: Tx, jti: str, expires_at: int, event: Event, origin: Origin, now: int) -> bool:
    return await access_tokens.revoke_jwt(tx, jti, expires_at) and await _told(tx, event, origin, now)


async def _end_jwt_of_family(
    tx: Tx, family_id: int, nonce: bytes, jti: str, expires_at: int, event: Event, origin: Origin, now: int
) -> bool:
    ended = await refresh_tokens.end_jwt(tx, family_id, nonce, jti, expires_at, now)
    return ended and await _told(tx, event, origin, now)


async def _told(tx: Tx, event: Event, origin: Origin, now: int) -> bool:
    await audit.record(tx, event, origin, now)
    return True
