"""The events of requests that were not answered as they asked; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(Event):
    """A request was refused; `rule` is the check, `error` the code that was said."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "warning"
    error: str
    rule: str = ""
    endpoint: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAwaited(RequestRefused):
    """A device asked whether its person has decided, and they have not: nothing is wrong (RFC 8628 3.5)."""

    level: ClassVar[Level] = "debug"
