"""The events of becoming a person here and of coming back; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationAsked(Event):
    """Somebody asked for an account; `letter` is what was sent to the address, of an account that is there if any."""

    by: ClassVar[ActorKind] = "stranger"
    letter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited(Event):
    """An operator invited somebody to make an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Event):
    """Somebody proved their address and made an account."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryAsked(Event):
    """Somebody asked for a new password; `user_id` is set if a link was sent."""

    by: ClassVar[ActorKind] = "stranger"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRecovered(Event):
    """A person set a new password by a mailed link: every session and every token of theirs ended."""

    by: ClassVar[ActorKind] = "person"
