"""What is counted and timed, for `/metrics` in the Prometheus text format."""

import os
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where several processes keep their counters; it may be set after this is imported
EDGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds

REQUESTS = Counter("gatelodge_requests", "Requests answered, by endpoint and status.", ["endpoint", "status"])
SECONDS = Histogram("gatelodge_request_seconds", "Seconds from request to answer.", ["endpoint"], buckets=EDGES)
EVENTS = Counter("gatelodge_events", "Events, by name.", ["event"])
UNAVAILABLE = Counter("gatelodge_unavailable", "Requests answered 503, by reason.", ["reason"])
KEY_AGE = Gauge(
    "gatelodge_signing_key_age_seconds", "Age of the active signing key.", ["alg"], multiprocess_mode="mostrecent"
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


def exposition() -> bytes:
    """Return every metric as Prometheus reads it, summed over this server's processes."""
    if SHARED in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
        return generate_latest(registry)
    return generate_latest()
