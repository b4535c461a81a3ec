"""The events of what is delivered in the background; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Event):
    """A parcel of the outbox arrived: of this `kind`, for a mail with the `template` it was made of."""

    audited: ClassVar[bool] = False
    by: ClassVar[ActorKind] = "server"
    level: ClassVar[Level] = "debug"
    kind: str
    template: str
    parcel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDelayed(Event):
    """A parcel did not arrive, for this `reason`, and is tried again in `wait` seconds."""

    audited: ClassVar[bool] = False
    by: ClassVar[ActorKind] = "server"
    level: ClassVar[Level] = "warning"
    kind: str
    template: str
    parcel: int
    reason: str
    wait: int
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelRetried(Event):
    """An operator had a parcel of the outbox tried again."""

    by: ClassVar[ActorKind] = "operator"
    kind: str
    template: str
    parcel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelDropped(Event):
    """An operator had a parcel of the outbox forgotten: nobody was told."""

    by: ClassVar[ActorKind] = "operator"
    level: ClassVar[Level] = "warning"
    kind: str
    template: str
    parcel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryGivenUp(Event):
    """A parcel did not arrive in all its time, or never can: it is dead until `gatelodge outbox retry`."""

    by: ClassVar[ActorKind] = "server"
    level: ClassVar[Level] = "error"
    kind: str
    template: str
    parcel: int
    reason: str
    tries: int
