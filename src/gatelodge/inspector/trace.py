"""The trace of one answered request: small, and without any value that a request brought."""

from collections.abc import Sequence
from dataclasses import fields
from functools import cache

import msgspec
from msgspec import Struct

from gatelodge.telemetry.events import Event

LONGEST = 1_000  # characters of a text in a trace
MOST_EVENTS = 20

_SHOWN_ELSEWHERE = frozenset({"client_id"})


class Happened(Struct, frozen=True):
    """An event of the request: its name, and its members as text."""

    event: str
    members: dict[str, str]


class Trace(Struct, frozen=True, omit_defaults=True):
    """Why one request was answered as it was.

    `at` is in seconds since 1970. `endpoint` is the name of a route, `none` if there was none. `flow` is the grant type
    or the response type. `sent` are the names of the parameters that are known here. `error` is the code that was said,
    `rule` the id of the check that refused, `reason` what was said and `explanation` what only a developer is told.
    """

    request_id: str
    at: int
    endpoint: str
    method: str
    status: int
    client_id: str = ""
    flow: str = ""
    sent: tuple[str, ...] = ()
    happened: tuple[Happened, ...] = ()
    error: str = ""
    rule: str = ""
    reason: str = ""
    explanation: str = ""

    @property
    def refused(self) -> bool:
        """Whether it got anything else than what it asked for."""
        return self.status >= 400 or bool(self.error)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Trace).decode


def write_trace(trace: Trace) -> str:
    """Return the text to keep."""
    return _encode(trace).decode()


def read_trace(text: str) -> Trace:
    """Return what was kept."""
    return _decode(text)


def told(events: Sequence[Event]) -> tuple[Happened, ...]:
    """Return events as a trace tells of them; their members never hold a secret."""
    return tuple(Happened(type(event).event_name(), _members(event)) for event in events[:MOST_EVENTS])


def _members(event: Event) -> dict[str, str]:
    values = ((name, getattr(event, name)) for name in _names(type(event)))
    return {name: str(value)[:LONGEST] for name, value in values if value is not None}


@cache
def _names(kind: type[Event]) -> tuple[str, ...]:
    return tuple(member.name for member in fields(kind) if member.name not in _SHOWN_ELSEWHERE)
