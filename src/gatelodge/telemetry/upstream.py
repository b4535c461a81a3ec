"""The events of signing in with other providers; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSignedIn(Event):
    """A person came back from a provider, and it is known whose account they have."""

    by: ClassVar[ActorKind] = "person"
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRefused(Event):
    """A sign-in with a provider came to nothing.

    `cause` is `unavailable`, `declined`, `rejected` or `not_welcome`; `rule` is the check that refused it, if one did.
    `reason` says more and holds nothing secret.
    """

    audited: ClassVar[bool] = False
    by: ClassVar[ActorKind] = "stranger"
    level: ClassVar[Level] = "warning"
    provider: str
    cause: str
    rule: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked(Event):
    """An account at a provider was connected to a person: it signs them in from now on."""

    by: ClassVar[ActorKind] = "person"
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlinked(Event):
    """An account at a provider signs a person in no more."""

    by: ClassVar[ActorKind] = "person"
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReclaimed(Event):
    """Whoever proved an address got its account; what it was entered by before, which never did, was taken off."""

    by: ClassVar[ActorKind] = "person"
    level: ClassVar[Level] = "warning"
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSignedOut(Event):
    """A provider said that a person signed out there: `count` sessions that began with it ended."""

    by: ClassVar[ActorKind] = "stranger"
    provider: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamTokenLost(Event):
    """The refresh token that was kept of a provider for a person was forgotten.

    `reason` is `refused`, since the provider renews it no more, or `unreadable`, since no secret key opens it.
    """

    by: ClassVar[ActorKind] = "server"
    level: ClassVar[Level] = "warning"
    provider: str
    reason: str
