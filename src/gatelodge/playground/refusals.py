"""Who refused, and why: what the trace of the request says, if this server keeps traces, else what is expected."""

from dataclasses import dataclass

from gatelodge.inspector.trace import Trace
from gatelodge.inspector.tracing import Tracing
from gatelodge.playground.line import Exchange
from gatelodge.playground.messages import Refusal
from gatelodge.protocol.rules import Rule
from gatelodge.protocol.steps import find_rule


@dataclass(frozen=True, slots=True)
class Reasons:
    """Finds the reason of a refusal. `searching` lets it look for one among the last traces of the sample client."""

    tracing: Tracing | None
    searching: bool

    async def of_server(self, exchange: Exchange, expected: Rule | None) -> Refusal | None:
        """Return why the server refused; `None` if it did not."""
        if not exchange.refused:
            return None
        trace = await self.tracing.find(exchange.request_id) if self.tracing else None
        return _refusal(trace, _said(exchange), expected)

    async def of_answer(self, client_id: str, error: str, description: str, expected: Rule | None) -> Refusal:
        """Return why an authorization request was answered with an error, which the browser brought back."""
        trace = None
        if self.tracing and self.searching:
            found = await self.tracing.recent(1, client_id, "", True)
            trace = next((one for one in found if one.error == error), None)
        return _refusal(trace, f"{error}: {description}" if description else error, expected)


def of_api(exchange: Exchange, expected: Rule | None) -> Refusal | None:
    """Return why the API refused; `None` if it did not. The API is no part of the server and has no trace there."""
    return Refusal("api", _said(exchange), expected) if exchange.refused else None


def _refusal(trace: Trace | None, said: str, expected: Rule | None) -> Refusal:
    if trace is None:
        return Refusal("server", said, expected)
    return Refusal("server", said, find_rule(trace.rule) or expected, trace.explanation, trace.request_id)


def _said(exchange: Exchange) -> str:
    error, description = exchange.member("error"), exchange.member("error_description")
    return (f"{error}: {description}" if description else error) or f"status {exchange.status}"
