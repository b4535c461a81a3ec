"""The events of devices whose people sign in elsewhere; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCodeShown(Event):
    """A device was given a code to show, and waits for a person to type it elsewhere (RFC 8628)."""

    audited: ClassVar[bool] = False
    by: ClassVar[ActorKind] = "client"
    level: ClassVar[Level] = "debug"
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAllowed(Event):
    """A person let a device act for them as far as `scope` says; `near` if it asked from the network they were in."""

    by: ClassVar[ActorKind] = "person"
    scope: str
    near: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRefused(Event):
    """Somebody who had typed the code of a device refused it, or said that theirs shows another."""

    by: ClassVar[ActorKind] = "stranger"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCodeRepeated(Event):
    """The code of a device was seen in two places, so somebody sent it around: all that came of it ended (RFC 10027).

    `user_id` is whoever had allowed it.
    """

    by: ClassVar[ActorKind] = "stranger"
    level: ClassVar[Level] = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCodesGuessed(Event):
    """So many wrong codes of devices were typed that more are not looked up for a while; `bucket` says whose.

    It is `person` (one who is signed in), `address`, or `everywhere` (all strangers together).
    """

    by: ClassVar[ActorKind] = "stranger"
    level: ClassVar[Level] = "warning"
    bucket: str
