"""What stands in the inspector's place where it is off: how to turn it on."""

from dataclasses import dataclass

from gatelodge.endpoints.request import Request
from gatelodge.endpoints.routes import Route
from gatelodge.protocol.reply import Reply
from gatelodge.web.administrators import Guard
from gatelodge.web.own_pages import INSPECTOR, TRACE
from gatelodge.web.pages import Pages


def routes(pages: Pages, guard: Guard) -> tuple[Route, ...]:
    """Return the same rows of the route table as the inspector has."""
    show = InspectorOff(pages).show
    return tuple(Route(page.name, page.path, {"GET": guard(page, show)}) for page in (INSPECTOR, TRACE))


@dataclass(frozen=True, slots=True)
class InspectorOff:
    """Says that requests leave no trace here."""

    pages: Pages

    async def show(self, request: Request) -> Reply:
        """Say so, and which setting changes it."""
        del request
        return self.pages.render("inspector/off", status=404)
