"""The application: the rows of the route table, room by room, and the ASGI callable that serves them."""

import gc
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from gatelodge.account import room as account
from gatelodge.config.policies import Config
from gatelodge.demo import room as demo
from gatelodge.endpoints import room as endpoints
from gatelodge.endpoints.adapter import HttpAdapter, Send
from gatelodge.endpoints.reading import Receive
from gatelodge.endpoints.routes import Route
from gatelodge.entry import room as entry
from gatelodge.foundation.contract import Foundation
from gatelodge.inspector import room as inspector
from gatelodge.playground import room as playground
from gatelodge.providers import room as providers
from gatelodge.server import Server, build, lay_foundation
from gatelodge.web import room as web

_log = structlog.stdlib.get_logger()

Lay = Callable[[Config], Awaitable[Foundation]]


class App:
    """The ASGI application of one process: builds the server when the process starts, ends it when it stops."""

    def __init__(self, config: Config, lay: Lay = lay_foundation) -> None:
        self._config = config
        self._lay = lay
        self._door: HttpAdapter | None = None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if self._door is None:
                raise RuntimeError("the application answers only after its lifespan has started")
            await self._door.serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            foundation = await self._lay(self._config)
        except Exception as error:  # noqa: BLE001 - whatever it is, the operator gets one line and the process ends
            _log.error("cannot start", reason=str(error))
            await send({"type": "lifespan.startup.failed", "message": ""})
            return
        self._door = open_door(build(foundation))
        _spare_the_collector()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._door = None
        await foundation.close()
        await send({"type": "lifespan.shutdown.complete"})


def _spare_the_collector() -> None:
    """Take what lives as long as the process out of the collector's rounds, which would cost milliseconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def open_door(server: Server) -> HttpAdapter:
    """Return the door behind which this server stands."""
    return endpoints.door(server.foundation, routes(server), server.web.pages.error, server.tracing)


def routes(server: Server) -> tuple[Route, ...]:
    """Return every route of this server, room by room."""
    on, shared, sessions, ops, tokens = server.foundation, server.web, server.sessions, server.ops, server.tokens
    ways = server.authn.ways
    prompts = endpoints.prompts(on, sessions, ops, ways)
    found = (
        *endpoints.machine_routes(on, server.proofs, server.granting, ops, tokens),
        *endpoints.push_routes(on, server.proofs, sessions, ops, prompts, tokens),
        *endpoints.browser_routes(on, sessions, ops, tokens, shared.logout, prompts),
        *web.routes(on, shared, sessions, ops, server.authn, prompts, demo.shown(on)),
        *account.routes(on, shared, sessions, server.authn, tokens),
        *entry.routes(on, shared, sessions, server.authn),
        *providers.routes(on, shared, sessions, server.authn, web.contexts(on, shared, sessions, ops, prompts)),
        *inspector.routes(on, shared, server.tracing),
        *demo.routes(on, shared.pages),
        *playground.routes(on, shared.pages, server.tracing),
    )
    return (*found, *endpoints.discovery_routes(on, found, server.granting.grants, ways.acrs))
