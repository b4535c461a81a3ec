"""Opening the room: the demo's applications, where this is the demo. Elsewhere nothing of it is imported."""

from collections.abc import Mapping

from gatelodge.endpoints.routes import Route
from gatelodge.foundation.contract import Foundation
from gatelodge.web.pages import Pages


def routes(on: Foundation, pages: Pages) -> tuple[Route, ...]:
    """Return the demo's applications."""
    if not on.config.demo:
        return ()
    from gatelodge.demo import pages as demo
    from gatelodge.demo.pages.line import for_library, to_own_server
    from gatelodge.demo.pages.outbox import OutboxDemo
    from gatelodge.demo.pages.phone import PhoneDemo

    outbox = Route("demo_outbox", "/demo/outbox", {"GET": OutboxDemo(pages, on.db, on.vault, on.clock).show})
    phone = Route("demo_phone", "/demo/phone", {"GET": PhoneDemo(pages, on.clock).show})
    issuer, door = on.site.issuer, on.outbound
    return outbox, phone, *demo.routes(pages, to_own_server(issuer, door), for_library(issuer, door), on.entropy)


def shown(on: Foundation) -> Mapping[str, object]:
    """Return what the home page tells of the demo."""
    if not on.config.demo:
        return {}
    from gatelodge.demo import data

    return data.shown(on.site.issuer)
