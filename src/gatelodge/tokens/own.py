"""Access tokens of our own, presented back to us: at UserInfo, introspection and revocation.

A JWT is verified once; its claims are then remembered under the digest of its bytes, for as long as the same keys are
published. Whether it still works is asked of the database every time.
"""

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.grants.families import read_wanted
from gatelodge.keys.keyring import KeyRing
from gatelodge.keys.keys import Keys
from gatelodge.keys.secrets import StoredValue, digest, read_grant_id, take_apart
from gatelodge.protocol import access_token
from gatelodge.stores import access_tokens, refresh_tokens
from gatelodge.stores.users import User
from gatelodge.tokens.issue import OPAQUE, OPAQUE_PREFIX

ROOM = 4_096  # verified JWTs remembered at most

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Live(Struct, frozen=True):
    """An access token that works now: what it says, and its person if there is one."""

    claims: Mapping[str, Any]
    user: User | None
    grounds: str = "{}"

    @property
    def wanted(self) -> tuple[str, ...]:
        """The claims that were asked for one by one, for UserInfo (OpenID Connect Core 5.5)."""
        return read_wanted(self.grounds).claims_userinfo

    @property
    def scope(self) -> tuple[str, ...]:
        """What it allows."""
        return tuple(str(self.claims.get("scope", "")).split())


class OwnTokens:
    """Reads access tokens this server issued."""

    def __init__(self, issuer: str, epoch: bytes, db: Database, keys: Keys, clock: Clock) -> None:
        self._epoch = epoch
        self._db = db
        self._keys = keys
        self._clock = clock
        self._issuer = issuer
        self._verified: OrderedDict[bytes, Mapping[str, Any]] = OrderedDict()
        self._ring: KeyRing | None = None

    async def find(self, token: str) -> Live | None:
        """Return an access token that works now; `None` if it never was one, has expired, or was ended in any way."""
        if token.startswith(OPAQUE_PREFIX):
            value = take_apart(token, OPAQUE_PREFIX)
            return None if value is None else await self._find_opaque(value)
        claims = self.read_jwt(token)
        return None if claims is None else await self._find_jwt(claims)

    async def _find_opaque(self, value: StoredValue) -> Live | None:
        proof = digest(self._epoch, OPAQUE, value.secret)
        found = await self._db.read(access_tokens.find, value.row_id, proof, self._clock.now())
        return None if found is None else Live(_decode(found.payload), found.user, found.grounds or "{}")

    async def _find_jwt(self, claims: Mapping[str, Any]) -> Live | None:
        grant = claims.get("grant_id")
        if grant is None:
            return None if await self._db.read(access_tokens.is_revoked_jwt, claims["jti"]) else Live(claims, None)
        named = read_grant_id(grant)
        if named is None:
            return None
        found = await self._db.read(refresh_tokens.find_live, *named, self._clock.now(), claims["jti"])
        return None if found is None else Live(claims, found.user, found.payload)

    def read_jwt(self, token: str) -> Mapping[str, Any] | None:
        """Return the claims of a JWT access token we signed and that has not expired; it may still have been ended."""
        now = self._clock.now()
        known = self._verified if self._ring is self._keys.ring else self._forget()
        fingerprint = sha256(token.encode("utf-8", "surrogatepass")).digest()
        claims = known.get(fingerprint)
        if claims is None:
            claims = self._keys.ring.read(token, access_token.TYPE, now)
            if claims is None or claims["iss"] != self._issuer:
                return None
            if len(known) >= ROOM:
                known.popitem(last=False)
            known[fingerprint] = claims
        return claims if claims["exp"] > now else None

    def _forget(self) -> OrderedDict[bytes, Mapping[str, Any]]:
        """Trust nothing that was verified with keys that are no longer the same."""
        self._ring = self._keys.ring
        self._verified = OrderedDict()
        return self._verified
