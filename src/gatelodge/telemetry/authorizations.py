"""The events of authorization requests, and of what people allow; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Event):
    """A person allowed a client what `scope` names."""

    by: ClassVar[ActorKind] = "person"
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDenied(Event):
    """A person refused a client."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Event):
    """What a person had allowed a client was taken back; every token it had by it ended."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPushed(Event):
    """A client pushed an authorization request, for a browser to bring its name."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "debug"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationAnswered(Event):
    """An authorization request got what `response_type` names: a code, for legacy types also tokens."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "debug"
    response_type: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyUsed(Event):
    """A legacy grant or response type that OAuth 2.1 removed was used."""

    by: ClassVar[ActorKind] = "client"
    level: ClassVar[Level] = "warning"
    what: str
