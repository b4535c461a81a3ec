"""Revocation: a client ends what it holds (RFC 7009). A refresh token ends its family, an access token only itself."""

from dataclasses import dataclass

from gatelodge.clock import Clock
from gatelodge.database.tx import Database, Tx
from gatelodge.keys.mint import Mint, StoredValue
from gatelodge.keys.refresh import RefreshKeys
from gatelodge.keys.secrets import REFRESH_PREFIX
from gatelodge.protocol.client import Client
from gatelodge.protocol.rotation import RefreshValue
from gatelodge.stores import access_tokens, audit, live_families, refresh_tokens
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Event, Origin, RevocationIgnored, TokenRevoked
from gatelodge.tokens.issue import OPAQUE, OPAQUE_PREFIX
from gatelodge.tokens.own import OwnTokens

ACCESS_TOKEN = "access_token"
FAMILY = "family"


@dataclass(frozen=True, slots=True)
class Revocation:
    """Ends tokens their own client presents; another client's are left alone, and only the operator hears of it.

    A token lives with its person, and what is told of its end with the client who asked for it: two places.
    """

    mint: Mint
    own: OwnTokens
    refresh: RefreshKeys
    db: Database
    clock: Clock

    async def revoke(self, token: str, client: Client, origin: Origin) -> None:
        """End `token` if it is one of `client`'s and works."""
        event = await self._ended(token, client, origin, self.clock.now())
        if event is not None:
            emit(event, origin)

    async def _ended(self, token: str, client: Client, origin: Origin, now: int) -> Event | None:
        """Return what happened, `None` if the token is nobody's or had ended."""
        if token.startswith(REFRESH_PREFIX):
            value = self.refresh.read(token)
            if value is None:
                return None
            return await self.db.write(_end_family, value, client.id, origin, now)
        if token.startswith(OPAQUE_PREFIX):
            stored = self.mint.take_apart(token, OPAQUE_PREFIX)
            if stored is None:
                return None
            proof = self.mint.digest(OPAQUE, stored.secret)
            return await self.db.write(_end_opaque, stored, proof, client.id, origin, now)
        return await self._ended_jwt(token, client, origin, now)

    async def _ended_jwt(self, token: str, client: Client, origin: Origin, now: int) -> Event | None:
        claims = self.own.read_jwt(token)
        if claims is None:
            return None
        if claims["client_id"] != client.id:
            return RevocationIgnored(client_id=client.id, what=ACCESS_TOKEN)
        jti, expires_at = str(claims["jti"]), int(claims["exp"])
        if claims.get("grant_id") is None:
            return await self.db.write(_end_jwt, jti, expires_at, client.id, origin, now)
        named = self.mint.read_grant_id(claims["grant_id"])
        if named is None:
            return None
        return await self.db.write(_end_jwt_of_family, *named, jti, expires_at, client.id, origin, now)


async def _end_family(tx: Tx, value: RefreshValue, client_id: str, origin: Origin, now: int) -> Event | None:
    if await refresh_tokens.revoke_presented(tx, value, client_id, now):
        return await _told(tx, TokenRevoked(client_id=client_id, what=FAMILY), origin, now)
    family = await refresh_tokens.why_refused(tx, value)
    if family is None or family.client_id == client_id:
        return None
    return RevocationIgnored(client_id=client_id, what=FAMILY)


async def _end_opaque(
    tx: Tx, stored: StoredValue, proof: bytes, client_id: str, origin: Origin, now: int
) -> Event | None:
    if await access_tokens.revoke(tx, stored.row_id, proof, client_id, now):
        return await _told(tx, TokenRevoked(client_id=client_id, what=ACCESS_TOKEN), origin, now)
    if await access_tokens.find(tx, stored.row_id, proof, now) is None:
        return None
    return RevocationIgnored(client_id=client_id, what=ACCESS_TOKEN)


async def _end_jwt(tx: Tx, jti: str, expires_at: int, client_id: str, origin: Origin, now: int) -> Event | None:
    if not await access_tokens.revoke_jwt(tx, jti, expires_at):
        return None
    return await _told(tx, TokenRevoked(client_id=client_id, what=ACCESS_TOKEN), origin, now)


async def _end_jwt_of_family(
    tx: Tx, family_id: int, nonce: bytes, jti: str, expires_at: int, client_id: str, origin: Origin, now: int
) -> Event | None:
    if not await live_families.end_jwt(tx, family_id, nonce, jti, expires_at, now):
        return None
    return await _told(tx, TokenRevoked(client_id=client_id, what=ACCESS_TOKEN), origin, now)


async def _told(tx: Tx, event: Event, origin: Origin, now: int) -> Event:
    await audit.record(tx, event, origin, now)
    return event
