"""The events of clients that cannot prove who they are; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAuthFailed(Event):
    """A client could not prove who it is; `registered` is the method of the client that was named, if it is known."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "warning"
    method: str
    registered: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAuthThrottled(Event):
    """Clients failed to prove themselves from one address so often that failures there are told to wait.

    They are answered 429 for `wait` seconds and not logged one by one; a right proof is taken all the same.
    """

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "warning"
    wait: int
