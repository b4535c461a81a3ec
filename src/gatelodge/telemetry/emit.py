"""Where events go: the log and the counters. `stores/audit` writes the audit trail, in the event's own transaction."""

from dataclasses import fields
from functools import cache

from gatelodge.telemetry import metrics
from gatelodge.telemetry.events import Event, Origin
from gatelodge.telemetry.log import write_event


def emit(event: Event, origin: Origin) -> None:
    """Log, count and note `event`. Call it after the commit of what it tells of: a body may run more than once."""
    name = type(event).event_name()
    metrics.happened(name)
    said: dict[str, object] = {"request_id": origin.request_id, "address": origin.address}
    for field in _field_names(type(event)):
        value = getattr(event, field)
        if value is not None:
            said[field] = value
    write_event(event.level, name, said)
    if origin.notes is not None:
        origin.notes.events += (event,)


@cache
def _field_names(event: type[Event]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(event))
