"""What is noted of one request while it is served, if the inspector is on. It is forgotten with the answer.

A trace is made of it that holds names of parameters and never a value of one (`inspector/tracing.py`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from msgspec import Struct

from gatelodge.protocol.params import EMPTY, Params
from gatelodge.telemetry.event import Event

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Notes(Struct):
    """The notes of one request.

    `query`, `form` and `headers` are what it sent, `parked` the parameters of the request it continues.
    `client_id` is whom it is about, once that was proven. `error` and `said` are those of a refusal by HTTP itself.
    """

    query: Params = EMPTY
    form: Params = EMPTY
    parked: Params = EMPTY
    headers: Mapping[str, str] = NO_HEADERS
    client_id: str = ""
    events: tuple[Event, ...] = ()
    error: str = ""
    said: str = ""

    @property
    def authorization(self) -> str | None:
        """The header with which a client proves itself."""
        return self.headers.get("authorization")

    def __repr__(self) -> str:
        """Show nothing of what was sent."""
        return f"Notes({len(self.events)} events)"

    def read(self, query: Params, form: Params, headers: Mapping[str, str]) -> None:
        """Note what the request sent."""
        self.query = query
        self.form = form
        self.headers = headers

    def refused(self, error: str, said: str) -> None:
        """Note that HTTP itself refuses the request."""
        self.error, self.said = error, said


class NoteKeeper(Protocol):
    """Whoever makes something of the notes of a request that was answered with `status`."""

    def keep(self, notes: Notes, request_id: str, endpoint: str, method: str, status: int) -> None: ...
