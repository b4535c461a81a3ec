"""What is counted and timed, for `/metrics` in the Prometheus text format."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where several processes keep their counters; it may be set after this is imported
EDGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds

REQUESTS = Counter("gatelodge_requests", "Requests answered, by endpoint and status.", ["endpoint", "status"])
SECONDS = Histogram("gatelodge_request_seconds", "Seconds from request to answer.", ["endpoint"], buckets=EDGES)
EVENTS = Counter("gatelodge_events", "Events, by name.", ["event"])
UNAVAILABLE = Counter("gatelodge_unavailable", "Requests answered 503, by reason.", ["reason"])
LOG_DROPPED = Counter("gatelodge_log_dropped", "Log records dropped, since nobody read standard error in time.")
KEY_AGE = Gauge(
    "gatelodge_signing_key_age_seconds", "Age of the active signing key.", ["alg"], multiprocess_mode="mostrecent"
)
OUTBOX_DEAD = Gauge(
    "gatelodge_outbox_dead",
    "Parcels of the outbox that nobody will deliver any more, by kind: see gatelodge outbox list.",
    ["kind"],
    multiprocess_mode="mostrecent",
)
WATCH_SUCCESS = "gatelodge_watch_success_timestamp_seconds"
WATCHED = Gauge(
    WATCH_SUCCESS,
    "When work in the background last succeeded, of the worker where that is longest ago.",
    ["watch"],
    multiprocess_mode="livemin",
)


@cache
def _request_counter(endpoint: str, status: int) -> Counter:
    return REQUESTS.labels(endpoint, str(status))


@cache
def _request_timer(endpoint: str) -> Histogram:
    return SECONDS.labels(endpoint)


@cache
def _event_counter(event: str) -> Counter:
    return EVENTS.labels(event)


def answered(endpoint: str, status: int, seconds: float) -> None:
    """Count one answered request; `endpoint` is the route's name, never what a stranger sent."""
    _request_counter(endpoint, status).inc()
    _request_timer(endpoint).observe(seconds)


def happened(event: str) -> None:
    """Count one event."""
    _event_counter(event).inc()


def succeeded(watch: str, now: int) -> None:
    """Note that work in the background succeeded just now."""
    WATCHED.labels(watch).set(now)


def parcels_dead(kind: str, count: int) -> None:
    """Note how many parcels of this kind are dead."""
    OUTBOX_DEAD.labels(kind).set(count)


def last_success() -> Mapping[str, float]:
    """Return when each work in the background last succeeded, in whichever process that is longest ago."""
    families = (family for family in _registry().collect() if family.name == WATCH_SUCCESS)
    return {sample.labels["watch"]: sample.value for family in families for sample in family.samples}


def exposition() -> bytes:
    """Return every metric as Prometheus reads it, summed over this server's processes."""
    return generate_latest(_registry())


def forget_the_dead() -> None:
    """Forget what only a living process can measure, of those that ended."""
    for file in Path(os.environ.get(SHARED, os.devnull)).glob("gauge_live*_*.db"):
        if not _is_alive(int(file.stem.rpartition("_")[2])):
            file.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _registry() -> CollectorRegistry:
    if SHARED not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return registry
