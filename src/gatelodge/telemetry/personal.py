"""The events of what people do with their own accounts; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event


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
