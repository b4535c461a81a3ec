"""The events of passkeys; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyAdded(Event):
    """A person added a passkey, in an authenticator of this `aaguid`.

    It is `synced` if it may be copied to other devices; `asked` unless their browser made it by itself.
    """

    by: ClassVar[ActorKind] = "person"
    passkey: int
    aaguid: str
    synced: bool
    asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRenamed(Event):
    """A person called a passkey something else."""

    by: ClassVar[ActorKind] = "person"
    passkey: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRemoved(Event):
    """A person removed a passkey: it signs nobody in any more."""

    by: ClassVar[ActorKind] = "person"
    passkey: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyCounterRegressed(Event):
    """A passkey was used whose counter had gone back: it was copied, or its authenticator counts badly."""

    by: ClassVar[ActorKind] = "person"
    level: ClassVar[Level] = "warning"
    passkey: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyNotAdded(Event):
    """A new passkey was not taken; `rule` is the check."""

    by: ClassVar[ActorKind] = "person"
    level: ClassVar[Level] = "warning"
    rule: str
