"""The inspector: what every request went through, and which check refused it. Looking at it leaves no trace.

`web/administrators.py` says who may look.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.endpoints.routes import Route
from gatelodge.inspector.checked import steps_of
from gatelodge.inspector.trace import Trace
from gatelodge.inspector.tracing import Tracing
from gatelodge.protocol.reply import Reply
from gatelodge.protocol.rules import Rule
from gatelodge.protocol.steps import CheckedStep, find_rule
from gatelodge.web.administrators import Guard
from gatelodge.web.own_pages import INSPECTOR, TRACE
from gatelodge.web.pages import Allows, Pages

MOST = 100  # traces on the page
OUTCOMES: Mapping[str, bool | None] = {"": None, "refused": True, "answered": False}


def routes(pages: Pages, tracing: Tracing, guard: Guard) -> tuple[Route, ...]:
    """Return the inspector's rows of the route table; `guard` lets in who may look."""
    shown = ((INSPECTOR, TraceList(pages, tracing).show), (TRACE, TracePage(pages, tracing).show))
    return tuple(Route(page.name, page.path, {"GET": guard(page, show)}) for page, show in shown)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to; empty means all. `live` says that the page keeps itself fresh."""

    client: str
    endpoint: str
    outcome: str
    live: bool

    @property
    def other(self) -> str:
        """The query of the same list, live if this one is not."""
        members = {"client": self.client, "endpoint": self.endpoint, "outcome": self.outcome}
        return urlencode({**members, "live": "off" if self.live else "on"})


class TraceList:
    """Shows the last requests, newest first."""

    def __init__(self, pages: Pages, tracing: Tracing) -> None:
        self._pages = pages
        self._tracing = tracing

    async def show(self, request: Request) -> Reply:
        """Show the list, or a part of it."""
        wanted = _filter(request)
        seen = await self._tracing.labels()
        found = await self._tracing.recent(MOST, wanted.client, wanted.endpoint, OUTCOMES[wanted.outcome])
        return self._pages.render(
            "inspector/list",
            allows=Allows(scripts=True, forms="here"),
            wanted=wanted,
            clients=seen.clients,
            endpoints=seen.endpoints,
            traces=[ShownTrace(trace) for trace in found],
        )


class TracePage:
    """Shows what one request went through."""

    def __init__(self, pages: Pages, tracing: Tracing) -> None:
        self._pages = pages
        self._tracing = tracing

    async def show(self, request: Request) -> Reply:
        """Show the trace of the request that the address names. Raises `HttpRefusal` if there is none (any more)."""
        trace = await self._tracing.find(request.path_params["request_id"])
        if trace is None:
            raise HttpRefusal(404, "there is no trace of this request, or it was forgotten", "not_found")
        return self._pages.render("inspector/trace", trace=trace, shown=ShownTrace(trace))


@dataclass(frozen=True, slots=True)
class ShownTrace:
    """A trace with what its pages say of it."""

    trace: Trace

    @property
    def rule(self) -> Rule | None:
        """The check that refused."""
        return find_rule(self.trace.rule)

    @property
    def steps(self) -> tuple[CheckedStep, ...]:
        """The checks it went through."""
        return steps_of(self.trace)

    @property
    def moment(self) -> datetime:
        """When the request was answered."""
        return datetime.fromtimestamp(self.trace.at, UTC)


def _filter(request: Request) -> Filter:
    query = request.query
    outcome = query.get("outcome") or ""
    return Filter(
        client=query.get("client") or "",
        endpoint=query.get("endpoint") or "",
        outcome=outcome if outcome in OUTCOMES else "",
        live=query.get("live") != "off",
    )
