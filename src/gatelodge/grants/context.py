"""What a grant works with: who asks, what there is to give, and under which policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from msgspec import Struct

from gatelodge.clock import Clock, Entropy
from gatelodge.config.policies import TokenPolicy
from gatelodge.keys.mint import Mint
from gatelodge.keys.refresh import RefreshKeys
from gatelodge.keys.workloads import Workloads
from gatelodge.protocol.client import Client
from gatelodge.protocol.dpop import DpopProof
from gatelodge.protocol.proof import AuthnEvent
from gatelodge.protocol.subjects import Subjects
from gatelodge.protocol.targets import Apis
from gatelodge.stores.registry import Registry
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.events import Origin

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Authenticate(Protocol):
    """Checks a user name and password. Raises `SignInRefused` or `Throttled`."""

    async def __call__(self, login: str, password: str, origin: Origin) -> AuthnEvent: ...


class FoundToken(Protocol):
    """A token of ours that works: what it says, and its person, if there is one and they were asked for."""

    @property
    def claims(self) -> Mapping[str, Any]: ...
    @property
    def user(self) -> UserRecord | None: ...


class PresentedTokens(Protocol):
    """Reads tokens of ours that a client presents as somebody's."""

    async def find(self, token: str) -> FoundToken | None:
        """Return an access token that works and whose client still has it, `None` for any other."""
        ...

    async def find_id_token(self, token: str) -> FoundToken | None:
        """Return an ID token that has not expired with its person, `None` for any other."""
        ...


class GrantContext(Struct, frozen=True):
    """What a grant works with; nothing in it changes while it works.

    `refresh` writes and reads refresh tokens, `presented` finds other tokens of ours.
    `subjects` says what people are called at the client. `now` is in seconds
    since 1970. `headers` are the request's, by lower-case name; there are none where a browser takes the answer along.
    `proof` is of the key that tokens are bound to, `None` if they are bound to none.
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
    presented: PresentedTokens
    workloads: Workloads
    headers: Mapping[str, str] = NO_HEADERS
    proof: DpopProof | None = None


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
    presented: PresentedTokens
    workloads: Workloads

    async def open(
        self,
        client: Client,
        origin: Origin,
        headers: Mapping[str, str] = NO_HEADERS,
        proof: DpopProof | None = None,
    ) -> GrantContext:
        """Return the context of one request with these headers, and with this proof if it brought one."""
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
            presented=self.presented,
            workloads=self.workloads,
            headers=headers,
            proof=proof,
        )
