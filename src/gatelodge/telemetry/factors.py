"""The events of second factors; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorAdded(Event):
    """A person set up a second factor; `kind` is the name of its way to sign in."""

    by: ClassVar[ActorKind] = "person"
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRemoved(Event):
    """A second factor of a person is gone: it proves nothing any more."""

    by: ClassVar[ActorKind] = "person"
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorClosed(Event):
    """Too many wrong codes: a second factor proves nothing until another one opens it. Somebody has the password."""

    by: ClassVar[ActorKind] = "stranger"
    level: ClassVar[Level] = "warning"
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorOpened(Event):
    """A second factor that was closed proves who its person is again, since another one did."""

    by: ClassVar[ActorKind] = "person"
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesMade(Event):
    """A person got new recovery codes; those of before are good no more."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodeUsed(Event):
    """A recovery code stood for a second factor; `left` are still good."""

    by: ClassVar[ActorKind] = "person"
    level: ClassVar[Level] = "warning"
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserTrusted(Event):
    """A browser stands for a person's second factor from now on, for some days."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserDistrusted(Event):
    """A browser, or every one, stands for a person's second factor no more."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorReset(Event):
    """An operator took a person's authenticator app, recovery codes and trusted browsers away."""

    by: ClassVar[ActorKind] = "operator"
    level: ClassVar[Level] = "warning"
