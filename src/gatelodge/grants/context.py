"""What a grant works with: who asks, what there is to give, and under which policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from msgspec import Struct

from gatelodge.clock import Clock, Entropy
from gatelodge.config.policies import TokenPolicy
from gatelodge.keys.mint import Mint
from gatelodge.keys.refresh import RefreshKeys
from gatelodge.protocol.client import Client
from gatelodge.protocol.proof import AuthnEvent
from gatelodge.protocol.subjects import Subjects
from gatelodge.protocol.targets import Apis
from gatelodge.stores.registry import Registry
from gatelodge.telemetry.events import Origin

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Authenticate(Protocol):
    """Checks a user name and password. Raises `SignInRefused` or `Throttled`."""

    async def __call__(self, login: str, password: str, origin: Origin) -> AuthnEvent: ...


class GrantContext(Struct, frozen=True):
    """What a grant works with; nothing in it changes while it works.

    `refresh` writes and reads refresh tokens. `subjects` says what people are called at the client. `now` is in seconds
    since 1970. `headers` are the request's, by lower-case name; there are none where a browser takes the answer along.
    """

    client: Client
    apis: Apis
    issuer: str
    policy: TokenPolicy
    now: int
    mint: Mint
    refresh: RefreshKeys
    entropy: Entropy
    origin: Origin
    authenticate: Authenticate
    subjects: Subjects
    headers: Mapping[str, str] = NO_HEADERS


@dataclass(frozen=True, slots=True)
class GrantContexts:
    """What all grant contexts have in common; `open` makes one: the client, the hour, the APIs of that hour."""

    registry: Registry
    issuer: str
    policy: TokenPolicy
    mint: Mint
    refresh: RefreshKeys
    clock: Clock
    entropy: Entropy
    authenticate: Authenticate
    subjects: Subjects

    async def open(self, client: Client, origin: Origin, headers: Mapping[str, str] = NO_HEADERS) -> GrantContext:
        """Return the context of one request with these headers."""
        return GrantContext(
            client=client,
            apis=await self.registry.apis(),
            issuer=self.issuer,
            policy=self.policy,
            now=self.clock.now(),
            mint=self.mint,
            refresh=self.refresh,
            entropy=self.entropy,
            origin=origin,
            authenticate=self.authenticate,
            subjects=self.subjects,
            headers=headers,
        )
