"""How uvicorn runs a worker, and what a worker is."""

import os
import ssl
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from typing import Any

import structlog
import uvicorn

from gatelodge.config.policies import Config, DatabasePolicy
from gatelodge.serving.wire import GuardedProtocol

GRACE = 10  # seconds that running requests get when the server stops
KEEP_ALIVE = 65  # seconds an idle connection is kept: longer than the usual load balancer's 60
SETTLED = (  # at the start, until the process ends: the management listener watches the database of the start
    *(("server", name) for name in ("host", "port", "workers", "management_host", "management_port")),
    *(("database", field.name) for field in fields(DatabasePolicy)),
)

_log = structlog.stdlib.get_logger()

Reread = Callable[[], Config]


def uvicorn_settings(config: Config, make: Callable[[], Any] | None = None) -> uvicorn.Config:
    """Return how uvicorn runs one worker: fastest loop and parser, no proxy headers (ours decide), no Server header.

    `make` returns the application, if it is not to be made from nothing.
    """
    settings = uvicorn.Config(
        make or partial(make_app, config),
        factory=True,
        workers=config.server.workers,
        loop="uvloop" if os.name == "posix" else "asyncio",
        http=GuardedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=config.server.tls_cert or None,
        ssl_keyfile=config.server.tls_key or None,
        ssl_ciphers="ECDHE+AESGCM:ECDHE+CHACHA20",
    )
    if config.server.tls_cert:
        settings.ssl_context_factory = _tls
    return settings


def _tls(_config: uvicorn.Config, default: Any) -> ssl.SSLContext:
    context: ssl.SSLContext = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def make_app(config: Config) -> Any:
    """Return the application of one worker; called in the worker's own process."""
    from gatelodge.app import App  # a supervisor never needs it
    from gatelodge.telemetry import log

    log.configure(config.log)
    return App(config)


def renewed_by(reread: Reread, old: Config) -> Config:
    """Return the new configuration, with what is settled for as long as the process lives as it was at the start."""
    new = reread()
    for section, name in SETTLED:
        policy, before = getattr(new, section), getattr(getattr(old, section), name)
        if getattr(policy, name) != before:
            _log.warning("stays as it was until a restart", setting=f"{section}.{name}")
            new = replace(new, **{section: replace(policy, **{name: before})})
    return new
