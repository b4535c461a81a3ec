"""Opening the room: tracing, where it is switched on, and the pages that show it or say how to have it."""

from typing import TYPE_CHECKING

from gatelodge.endpoints.routes import Route
from gatelodge.foundation.contract import Foundation
from gatelodge.telemetry.watches import Watch
from gatelodge.web.administrators import everybody
from gatelodge.web.room import Web

if TYPE_CHECKING:
    from gatelodge.inspector.tracing import Tracing


def open(on: Foundation) -> "Tracing | None":
    """Open the room; `None` where it is switched off."""
    if not on.config.server.inspector:
        return None
    from gatelodge.inspector.tracing import INTERVAL, Tracing

    tracing = Tracing(on.db, on.registry, on.clock, on.site.issuer)
    on.watch(Watch("traces", tracing.flush, INTERVAL, at_end=True))
    return tracing


def routes(on: Foundation, web: Web, tracing: "Tracing | None") -> tuple[Route, ...]:
    """Return the pages that show traces, or say how to have some."""
    guard = everybody if on.config.demo else web.admins.only
    if tracing is None:
        from gatelodge.inspector import off

        return off.routes(web.pages, guard)
    from gatelodge.inspector import pages as shown

    return shown.routes(web.pages, tracing, guard)
