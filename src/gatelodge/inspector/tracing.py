"""Tracing: what was noted of a request becomes a trace, and traces are kept where every process finds them.

A request pays for its trace with a microsecond or two and no statement. Traces wait in two short queues; once a second
what waits is written in one transaction. Of refusals the newest wait, of other requests the first: so neither a flood
of refusals nor a busy token endpoint costs more than a fixed number of rows a second.
"""

from collections import deque
from collections.abc import Iterable

import structlog
from msgspec import Struct

from gatelodge.clock import Clock
from gatelodge.database.tx import Database, Unavailable
from gatelodge.inspector import traces
from gatelodge.inspector.advice import BY_STATUS, CODES
from gatelodge.inspector.explain import Case, explain
from gatelodge.inspector.noted import claimed_client, flow_of, named_params, names, values
from gatelodge.inspector.trace import LONGEST, Trace, told
from gatelodge.inspector.traces import Labels
from gatelodge.protocol.client import Client
from gatelodge.protocol.steps import find_rule
from gatelodge.stores.registry import Registry
from gatelodge.telemetry.events import Event, RequestRefused
from gatelodge.telemetry.notes import Notes

_log = structlog.stdlib.get_logger()

INTERVAL = 1.0  # seconds between two batches
REFUSED_WAITING = 100  # of a batch
ANSWERED_WAITING = 100
FRONT = "authorization"  # its refusals travel to the client and look like answers
UNTRACED = frozenset({"static", "inspector", "inspector_trace"})


class Answered(Struct, frozen=True, gc=False):
    """A request that got what it asked for, until its trace is written."""

    request_id: str
    at: int
    endpoint: str
    method: str
    status: int
    client_id: str
    flow: str
    sent: frozenset[str]
    events: tuple[Event, ...]


class Tracing:
    """Makes and keeps the traces of one server."""

    def __init__(self, db: Database, registry: Registry, clock: Clock, issuer: str) -> None:
        self._db = db
        self._registry = registry
        self._clock = clock
        self._issuer = issuer
        self._refused = deque[Trace](maxlen=REFUSED_WAITING)
        self._answered = list[Answered]()
        self._is_full = False  # of answered ones: a refused one always finds room

    def keep(self, notes: Notes, request_id: str, endpoint: str, method: str, status: int) -> None:
        """Make the trace of a request that was answered with `status`, and let it wait to be written."""
        if status == 200 and self._is_full and endpoint != FRONT:
            return
        if endpoint in UNTRACED:
            return
        refusal = next((event for event in notes.events if isinstance(event, RequestRefused)), None)
        if refusal is not None or status >= 400:
            try:
                self._refused.append(self._refusal(notes, refusal, request_id, endpoint, method, status))
            except Exception as error:  # noqa: BLE001 - no request may suffer from what is only told about it
                _log.error("no trace", error=type(error).__name__, request_id=request_id)
        elif not self._is_full:
            about = (request_id, self._clock.now(), endpoint, method, status)
            who = notes.client_id or self._client_id(notes)
            self._answered.append(Answered(*about, who, flow_of(endpoint, notes), names(notes), notes.events))
            self._is_full = len(self._answered) == ANSWERED_WAITING

    async def find(self, request_id: str) -> Trace | None:
        """Return the trace of a request, `None` if there is none or it was forgotten."""
        await self.flush()
        return await self._db.read(traces.find, request_id)

    async def recent(self, limit: int, client_id: str, endpoint: str, refused: bool | None) -> list[Trace]:
        """Return at most `limit` traces, newest first; of one client, endpoint or outcome if it is given."""
        await self.flush()
        return await self._db.read(traces.list_recent, limit, client_id, endpoint, refused)

    async def labels(self) -> Labels:
        """Return the clients and endpoints that there are traces of."""
        return await self._db.read(traces.labels)

    async def flush(self) -> None:
        """Write what waits. Raises `Unavailable`, and what waited waits on, as far as there is room."""
        answered, refused = self._answered, self._refused
        self._let_wait([], ())
        waiting = [*map(_written, answered), *refused]
        if not waiting:
            return
        try:
            await self._db.write(traces.put_all, sorted(waiting, key=_at))
        except Unavailable:
            self._let_wait([*answered, *self._answered], (*refused, *self._refused))
            raise

    def _let_wait(self, answered: list[Answered], refused: Iterable[Trace]) -> None:
        self._answered = answered[:ANSWERED_WAITING]
        self._is_full = len(self._answered) == ANSWERED_WAITING
        self._refused = deque(refused, maxlen=REFUSED_WAITING)

    def _client_id(self, notes: Notes) -> str:
        """Return the client that an event names, or the request itself if such a client is known."""
        for event in notes.events:
            if event.client_id:
                return event.client_id
        client = self._claimed(notes)
        return client.id if client else ""

    def _claimed(self, notes: Notes) -> Client | None:
        client_id = notes.client_id or claimed_client(notes)
        return self._registry.cached_client(client_id) if client_id else None

    def _refusal(
        self, notes: Notes, refusal: RequestRefused | None, request_id: str, endpoint: str, method: str, status: int
    ) -> Trace:
        return Trace(
            request_id=request_id,
            at=self._clock.now(),
            endpoint=endpoint,
            method=method,
            status=status,
            client_id=notes.client_id or self._client_id(notes),
            flow=flow_of(endpoint, notes),
            sent=tuple(sorted(values(notes))),
            happened=told([event for event in notes.events if event is not refusal]),
            error=refusal.error if refusal else notes.error or CODES.get(status, ""),
            rule=refusal.rule if refusal else "",
            reason=(refusal.reason if refusal else notes.said)[:LONGEST],
            explanation=self._explanation(notes, refusal, status)[:LONGEST],
        )

    def _explanation(self, notes: Notes, refusal: RequestRefused | None, status: int) -> str:
        rule = find_rule(refusal.rule) if refusal else None
        if rule is None:
            return BY_STATUS.get(status, "")
        apis, with_header = self._registry.cached_apis(), notes.authorization is not None
        return explain(rule, Case(named_params(notes), with_header, self._claimed(notes), apis, self._issuer))


def _written(answered: Answered) -> Trace:
    return Trace(
        request_id=answered.request_id,
        at=answered.at,
        endpoint=answered.endpoint,
        method=answered.method,
        status=answered.status,
        client_id=answered.client_id,
        flow=answered.flow,
        sent=tuple(sorted(answered.sent)),
        happened=told(answered.events),
    )


def _at(trace: Trace) -> int:
    return trace.at
