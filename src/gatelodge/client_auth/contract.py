"""What a client authentication method is: it finds its credentials in a request, and checks them.

`ClientProofs` has already made sure that exactly one method is used, and counts failures; so a method cannot forget
either.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Generic, NamedTuple, TypeVar

from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.keys.remote import RemoteKeys
from gatelodge.keys.workloads import Workloads
from gatelodge.protocol import rules
from gatelodge.protocol.client import AuthMethod, Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.rules import Rule

P = TypeVar("P")


class NotProven(OAuthError):
    """The client could not prove who it is. Every reason is told alike; only `rule` says which (security rule 9)."""

    def __init__(self, rule: Rule = rules.CLIENT_PROVEN) -> None:
        super().__init__("invalid_client", "client authentication failed", rule)


class TooManyFailures(Exception):
    """A proof failed where too many did before: say 429 and `Retry-After` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class PresentedProof(NamedTuple, Generic[P]):
    """Who a request claims to come from, and what it offers as proof."""

    client_id: str
    proof: P

    def __repr__(self) -> str:
        """Show no proof."""
        return f"Presented(client_id={self.client_id!r})"


@dataclass(frozen=True, slots=True)
class Means:
    """What a method may use to check a proof."""

    issuer: str
    db: Database
    remote: RemoteKeys
    clock: Clock
    workloads: Workloads


class Method(ABC, Generic[P]):
    """One way to prove who a client is. `P` is what it takes as proof."""

    name: ClassVar[AuthMethod]

    @abstractmethod
    def read(self, params: Params, authorization: str | None) -> PresentedProof[P] | None:
        """Return the credentials of this method, `None` if the request does not use it.

        Raises `NotProven` if it does but they are malformed. Judges nothing: the claim is not proven yet.
        """

    def serves(self, client: Client, presented: PresentedProof[P]) -> bool:
        """Whether this client may prove itself in this way: in the one it registered, unless the method says more."""
        return client.auth_method == self.name

    @abstractmethod
    async def check(self, presented: PresentedProof[P], client: Client | None, means: Means) -> None:
        """Raise `NotProven` unless the proof is that client's.

        `client` is `None` for one that is unknown, disabled, or registered otherwise: the same work is done for it, so
        the time tells nothing.
        """
