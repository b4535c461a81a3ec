"""Running the server: one process, or several behind one socket, with the management listener beside them."""

import asyncio
import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from gatelodge.config.policies import Config
from gatelodge.serving.supervisor import supervise
from gatelodge.serving.wire import GuardedProtocol

GRACE = 10  # seconds that running requests get when the server stops
KEEP_ALIVE = 65  # seconds an idle connection is kept: longer than the usual load balancer's 60


class CannotListen(Exception):
    """The address cannot be listened on; the message names it, says why, and where another is chosen."""


def run(config: Config, begin: Callable[[], None]) -> None:
    """Serve until told to stop; `begin` is called once, when the server is about to.

    Raises `CannotListen` if an address is taken, and with one worker what `lay_foundation` does; several exit 3.
    """
    if config.server.workers == 1:
        _run_one(config, begin)
        return
    with shared_metrics(), listen(config.server.host, config.server.port) as public:
        begin()
        start_management(config)
        supervise(uvicorn_settings(config), public)


def _run_one(config: Config, begin: Callable[[], None]) -> None:
    """Serve in this process. What keeps it from starting is raised as it is, since the caller is there to say so."""
    make_loop = uvicorn_settings(config).get_loop_factory()
    with (
        listen(config.server.host, config.server.port) as public,
        asyncio.Runner(loop_factory=make_loop) as runner,
    ):
        runner.run(_serve_one(config, public, begin))


async def _serve_one(config: Config, public: socket.socket, begin: Callable[[], None]) -> None:
    from gatelodge.app import App
    from gatelodge.foundation.contract import Foundation
    from gatelodge.server import lay_foundation
    from gatelodge.telemetry import log

    log.configure(config.log)
    foundation = await lay_foundation(config)

    async def laid(_config: Config) -> Foundation:
        return foundation

    begin()
    start_management(config)
    server = uvicorn.Server(uvicorn_settings(config, lambda: App(config, laid)))
    await server.serve(sockets=[public])
    if not server.started:
        raise SystemExit(STARTUP_FAILURE)


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


def listen(host: str, port: int, chosen_with: str = "--host and --port") -> socket.socket:
    """Return a socket bound to `host` and `port`. Raises `CannotListen`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = f"cannot listen on {host}:{port}: {error.strerror}"
        raise CannotListen(f"{reason}; choose another with {chosen_with}") from None
    listener.set_inheritable(True)
    return listener


@contextmanager
def shared_metrics() -> Generator[None]:
    """Let the counters of all worker processes add up: prometheus-client keeps them in files of one folder."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="gatelodge-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def start_management(config: Config) -> None:
    """Serve `/livez`, `/readyz` and `/metrics` from a thread of this process, if a port is set."""
    if not config.server.management_port:
        return
    where = "server.management_host and server.management_port"
    listener = listen(config.server.management_host, config.server.management_port, where)
    threading.Thread(target=_serve_management, args=(config, listener), name="management", daemon=True).start()


def _serve_management(config: Config, listener: socket.socket) -> None:
    from gatelodge.serving.health import checks
    from gatelodge.serving.management import Management

    async def serve() -> None:
        settings = uvicorn.Config(
            Management(checks(config), (config.server.management_host, *config.server.hosts)),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
        )
        await uvicorn.Server(settings).serve(sockets=[listener])

    asyncio.run(serve())
