"""The management listener's thread: beside the server, so that it answers when that does not."""

import asyncio
import socket
import threading
from collections.abc import Callable

import uvicorn

from gatelodge.clock import SystemClock
from gatelodge.config.policies import Config
from gatelodge.serving.listening import listen


def start_management(config: Config, accepts: Callable[[], bool]) -> None:
    """Serve `/livez`, `/readyz` and `/metrics` from a thread of this process, if a port is set."""
    if not config.server.management_port:
        return
    where = "server.management_host and server.management_port"
    listener = listen(config.server.management_host, config.server.management_port, where)
    threading.Thread(target=_serve_management, args=(config, listener, accepts), name="management", daemon=True).start()


def _serve_management(config: Config, listener: socket.socket, accepts: Callable[[], bool]) -> None:
    from gatelodge.serving.health import Health, checks, concerns
    from gatelodge.serving.management import Management

    async def serve() -> None:
        health, hosts = Health(config, SystemClock()), (config.server.management_host, *config.server.hosts)
        settings = uvicorn.Config(
            Management(checks(health, accepts), concerns(health), health.ages, hosts),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
        )
        await uvicorn.Server(settings).serve(sockets=[listener])

    asyncio.run(serve())
