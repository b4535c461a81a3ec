"""Access tokens of our own, presented back to us: at UserInfo, introspection and revocation.

A JWT is verified once; its claims are then remembered under the digest of its bytes, for as long as the same keys are
published. Whether it still works is asked of the database every time.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from gatelodge.clock import Clock
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.grants.families import read_wanted
from gatelodge.keys.keyring import KeyRing
from gatelodge.keys.keys import SigningKeys
from gatelodge.keys.mint import Mint, StoredValue
from gatelodge.protocol import access_token, id_token
from gatelodge.protocol.client import Client
from gatelodge.stores import access_tokens, live_families, users
from gatelodge.stores.registry import Registry
from gatelodge.stores.users import UserRecord
from gatelodge.tokens.issue import HOLDER, OPAQUE, OPAQUE_PREFIX

ROOM = 4_096  # verified JWTs remembered at most

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Live(Struct, frozen=True):
    """An access token that works now: what it says, and its person if there is one and they were asked for."""

    claims: Mapping[str, Any]
    user: UserRecord | None
    grounds: str = "{}"

    def is_held_by(self, client: Client | None) -> bool:
        """Whether the client is there and holds it: an id that is given again brings no old token back.

        A machine's JWT does not say which registration of its client got it; the hour does.
        """
        if client is None or client.id != self.claims["client_id"]:
            return False
        if HOLDER in self.claims:
            return bool(self.claims[HOLDER] == client.generation)
        if "grant_id" in self.claims:
            return read_wanted(self.grounds).client_generation == client.generation
        return bool(self.claims["iat"] >= client.created_at)

    @property
    def is_bound(self) -> bool:
        """Whether it is worth something only to whoever has a key (RFC 7800 3)."""
        return "cnf" in self.claims

    @property
    def jkt(self) -> str:
        """The thumbprint of that key, empty without one."""
        return str(self.claims["cnf"]["jkt"]) if self.is_bound else ""

    @property
    def wanted(self) -> tuple[str, ...]:
        """The claims that were asked for one by one, for UserInfo (OpenID Connect Core 5.5)."""
        return read_wanted(self.grounds).claims_userinfo

    @property
    def scope(self) -> tuple[str, ...]:
        """What it allows."""
        return _scope(self.claims)

    @property
    def audience(self) -> tuple[str, ...]:
        """Whom it is for: one API, this server, or both."""
        said = self.claims["aud"]
        return (said,) if isinstance(said, str) else tuple(said)


class OwnTokens:
    """Reads access tokens this server issued."""

    def __init__(self, issuer: str, mint: Mint, db: Database, keys: SigningKeys, clock: Clock) -> None:
        self._mint = mint
        self._db = db
        self._keys = keys
        self._clock = clock
        self._issuer = issuer
        self._verified: OrderedDict[bytes, Mapping[str, Any]] = OrderedDict()
        self._ring: KeyRing | None = None

    async def find(self, token: str, *, with_person: bool = False) -> Live | None:
        """Return an access token that works now; `None` if it never was one, has expired, or was ended in any way.

        Its person comes with it if that is asked for, or if the scope tells of them.
        """
        if token.startswith(OPAQUE_PREFIX):
            value = self._mint.take_apart(token, OPAQUE_PREFIX)
            return None if value is None else await self._find_opaque(value, with_person)
        claims = self.read_jwt(token)
        return None if claims is None else await self._find_jwt(claims, with_person)

    async def _find_opaque(self, value: StoredValue, with_person: bool) -> Live | None:
        proof = self._mint.digest(OPAQUE, value.secret)
        find = access_tokens.find_with_person if with_person else access_tokens.find
        found = await self._db.at(place_of(value.row_id)).read(find, value.row_id, proof, self._clock.now())
        if found is None:
            return None
        claims = _decode(found.payload)
        if not with_person and _tells_of_person(claims):
            return await self._find_opaque(value, with_person=True)
        return Live(claims, found.user, found.grounds or "{}")

    async def _find_jwt(self, claims: Mapping[str, Any], with_person: bool) -> Live | None:
        grant = claims.get("grant_id")
        if grant is None:
            return None if await self._db.read(access_tokens.is_revoked_jwt, claims["jti"]) else Live(claims, None)
        named = self._mint.read_grant_id(grant)
        if named is None:
            return None
        with_person = with_person or _tells_of_person(claims)
        find = live_families.find_live_with_person if with_person else live_families.find_live
        found = await self._db.at(place_of(named[0])).read(find, *named, self._clock.now())
        return None if found is None or found.has_ended(claims["jti"]) else Live(claims, found.user, found.payload)

    async def find_id_token(self, token: str) -> Live | None:
        """Return an ID token we signed that has not expired, with its person; `None` for any other, and for who is
        called otherwise at its client."""
        now = self._clock.now()
        claims = self._keys.ring.read(token, id_token.TYPE, now)
        if claims is None or claims["iss"] != self._issuer or claims["exp"] <= now or "auth_time" not in claims:
            return None
        return Live(claims, await self._db.read(users.find_by_sub, str(claims["sub"])))

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


@dataclass(frozen=True, slots=True)
class HeldTokens:
    """Finds tokens of ours that work and that their clients still have."""

    own: OwnTokens
    registry: Registry

    async def find(self, token: str) -> Live | None:
        """Return such an access token, `None` for any other."""
        live = await self.own.find(token, with_person=True)
        if live is None or not live.is_held_by(await self.registry.client(live.claims["client_id"])):
            return None
        return live

    async def find_id_token(self, token: str) -> Live | None:
        """Return an ID token that has not expired, `None` for any other."""
        return await self.own.find_id_token(token)


def _scope(claims: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(claims.get("scope", "")).split())


def _tells_of_person(claims: Mapping[str, Any]) -> bool:
    return "profile" in _scope(claims)  # the scope behind `preferred_username`
