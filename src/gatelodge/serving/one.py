"""One worker in this process. It can begin anew: what is new is laid before what is old ends, and nobody is refused."""

import asyncio
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass

import structlog
import uvicorn
from uvicorn.config import STARTUP_FAILURE

from gatelodge.app import App
from gatelodge.config.policies import Config
from gatelodge.foundation.contract import Foundation
from gatelodge.server import lay_foundation
from gatelodge.serving.settings import Reread, renewed_by, uvicorn_settings
from gatelodge.serving.watching import start_management
from gatelodge.telemetry import log

_log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Generation:
    """What is served from a start, or from a SIGHUP, until the next."""

    config: Config
    foundation: Foundation
    settings: uvicorn.Config


class OneServer(uvicorn.Server):
    """Serves one generation. `successor` is what follows; without one the public listener closes when this ends."""

    def __init__(self, generation: Generation, public: socket.socket) -> None:
        super().__init__(generation.settings)
        self._public = public
        self.successor: Generation | None = None

    def succeed_by(self, successor: Generation) -> None:
        """Finish what runs, and let those who connect meanwhile wait for the successor."""
        self.successor = successor
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing new and finish what runs."""
        if self.successor is None:
            self._public.close()
        await super().shutdown(sockets)


async def serve_one(
    config: Config, public: socket.socket, begin: Callable[[Config], None], reread: Reread | None
) -> None:
    """Serve, generation by generation, until told to stop."""
    log.configure(config.log)
    now: list[OneServer] = []
    generation: Generation | None = await lay(config)
    start_management(config, lambda: any(server.started and not server.should_exit for server in now))
    while generation is not None:
        begin(generation.config)
        server = OneServer(generation, public)
        now[:] = [server]
        _heed_hangup(server, generation.config, reread)
        generation = await _serve(server, public)


async def _serve(server: OneServer, public: socket.socket) -> Generation | None:
    """Serve one generation, and return what follows. What would have followed is closed if told to stop meanwhile."""
    try:
        await server.serve(sockets=[public.dup()])
        if not server.started:
            raise SystemExit(STARTUP_FAILURE)
    except BaseException:
        if server.successor is not None:
            await server.successor.foundation.close()
        raise
    return server.successor


async def lay(config: Config) -> Generation:
    """Lay the foundation of a generation, and check that it can be served."""
    foundation = await lay_foundation(config)

    async def laid(_config: Config) -> Foundation:
        return foundation

    try:
        settings = uvicorn_settings(config, lambda: App(config, laid))
    except BaseException:
        await foundation.close()
        raise
    return Generation(config, foundation, settings)


def _heed_hangup(server: OneServer, config: Config, reread: Reread | None) -> None:
    """Begin anew at SIGHUP, or finish where nobody knows with what."""
    renewing: list[asyncio.Task[None]] = []

    async def renew(reread: Reread) -> None:
        try:
            successor = await lay(renewed_by(reread, config))
            if server.should_exit:  # told to stop meanwhile
                await successor.foundation.close()
            else:
                server.succeed_by(successor)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with what is new, what is old serves
            _log.error("refused to begin anew", reason=str(error))
        renewing.clear()

    def hangup() -> None:
        if reread is None:
            server.should_exit = True
        elif not renewing and not server.should_exit:
            renewing.append(asyncio.create_task(renew(reread)))

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hangup)
