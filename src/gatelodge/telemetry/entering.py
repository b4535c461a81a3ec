"""The events of becoming a person here and of coming back; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationAsked(Event):
    """Somebody asked for an account; `letter` is what was sent to the address, of an account that is there if any."""

    by: ClassVar[ActorKind] = "stranger"
    letter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited(Event):
    """An operator invited somebody to make an account."""

    by: ClassVar[ActorKind] = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Event):
    """Somebody proved their address and made an account."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangeAsked(Event):
    """A person asked for another address for their account, which is to be proved first."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChanged(Event):
    """The account of a person has another address, which they proved."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangeUndone(Event):
    """The old address of an account took it back: all that was held of it ended, and its password is void."""

    by: ClassVar[ActorKind] = "person"
    level: ClassVar[Level] = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryAsked(Event):
    """Somebody asked for a new password; `user_id` is set if a link was sent."""

    by: ClassVar[ActorKind] = "stranger"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryBegun(Event):
    """All that an account is entered by can be taken off by a mailed link from `due_at` on, unless that is stopped."""

    by: ClassVar[ActorKind] = "person"
    level: ClassVar[Level] = "warning"
    due_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryStopped(Event):
    """A delayed recovery is over; `reason` says whether a mailed link or a sign-in stopped it."""

    by: ClassVar[ActorKind] = "person"
    level: ClassVar[Level] = "warning"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecovered(Event):
    """A delayed recovery gave an account a new password and took off all else that it was entered by."""

    by: ClassVar[ActorKind] = "person"
    level: ClassVar[Level] = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRecovered(Event):
    """A person set a new password by a mailed link: every session and every token of theirs ended."""

    by: ClassVar[ActorKind] = "person"
