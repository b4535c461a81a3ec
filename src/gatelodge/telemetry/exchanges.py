"""The events of token exchange and of workloads; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenExchanged(Event):
    """A client gave a person's token for another one. `kind` is which, `acting` who acts for the person now, empty
    if nobody is named, and `through` are the clients it came through, the first first."""

    by: ClassVar[ActorKind] = "client"
    kind: str
    acting: str
    through: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Impersonated(Event):
    """A client got a token by which it seems to be a person: nothing in it says who acts."""

    by: ClassVar[ActorKind] = "client"
    level: ClassVar[Level] = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadTokenIssued(Event):
    """A client got a token by what a trusted issuer, `issuer` by name, says of a workload."""

    by: ClassVar[ActorKind] = "client"
    issuer: str
    scope: str
