"""The events of what people do with their own accounts; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Event):
    """A person gave themselves another password: all their other sessions and every token of theirs ended."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged(Event):
    """A person changed what they say of themselves; `what` names it."""

    by: ClassVar[ActorKind] = "person"
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(Event):
    """A person ended sessions of theirs, `count` of them; `offline` if also what works while they are away."""

    by: ClassVar[ActorKind] = "person"
    count: int
    offline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInDisowned(Event):
    """A person said of a sign-in that it was not them: their password is void, and nobody else is signed in as them."""

    by: ClassVar[ActorKind] = "person"
    level: ClassVar[Level] = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTaken(Event):
    """A person took a copy of all that is kept of them."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionAsked(Event):
    """A person asked for their account to be deleted, which happens at `due_at` (seconds since 1970)."""

    by: ClassVar[ActorKind] = "person"
    level: ClassVar[Level] = "warning"
    due_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionStopped(Event):
    """A person wants to keep the account whose deletion they had asked for."""

    by: ClassVar[ActorKind] = "person"
