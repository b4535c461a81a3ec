"""How a mistake is told: JSON to machines, a page to people, and never more than a stranger may know."""

from dataclasses import dataclass
from typing import Protocol

from gatelodge.endpoints.routes import Route
from gatelodge.protocol import rules
from gatelodge.protocol.errors import OAuthError, UnsafeRequest
from gatelodge.protocol.reply import Headers, Reply, json_reply
from gatelodge.protocol.token import refusal, too_many


@dataclass(frozen=True, slots=True)
class Onward:
    """An application, and the address it gave for itself."""

    name: str
    uri: str


class HttpRefusal(Exception):
    """A request refused before any endpoint saw it: `status`, an error `code`, and a lower-case `description`.

    `onward` is where a person may go on from its page, `None` if nobody knows.
    """

    def __init__(
        self,
        status: int,
        description: str,
        code: str = "invalid_request",
        headers: Headers = (),
        onward: Onward | None = None,
    ) -> None:
        super().__init__(status, description)
        self.status = status
        self.code = code
        self.description = description
        self.headers = headers
        self.onward = onward


class ErrorPage(Protocol):
    """Draws the page that says what went wrong."""

    def __call__(
        self, code: str, description: str, request_id: str, status: int = ..., onward: Onward | None = ...
    ) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Failures:
    """Turns a mistake into an answer of the route's kind; `error_page` draws it for people."""

    error_page: ErrorPage

    def refused(self, route: Route | None, error: HttpRefusal, request_id: str) -> Reply:
        """Answer a request that HTTP itself refuses: wrong method, host, size or content type, unknown path."""
        reply = self._told(route, error.code, error.description, request_id, error.status, error.onward)
        return reply.with_headers(*error.headers) if error.headers else reply

    def oauth(self, route: Route, error: OAuthError, request_id: str) -> Reply:
        """Answer with an OAuth error (RFC 6749 5.2)."""
        if route.kind == "machine":
            return refusal(error)
        return self.error_page(error.code, error.description, request_id, 400)

    def unsafe(self, error: UnsafeRequest, request_id: str) -> Reply:
        """Tell the person, since nobody else is proven. A request that is over is no application's mistake."""
        code = "expired" if error.rule in (rules.INTERACTION, rules.PUSHED_KNOWN) else error.code
        return self.error_page(code, error.description, request_id, 400)

    def too_many(self, route: Route, retry_after: int, request_id: str) -> Reply:
        """Answer 429: too many failures from there (RFC 6585 4)."""
        if route.kind == "machine":
            return too_many(retry_after)
        reply = self.error_page("temporarily_unavailable", "too many failed attempts", request_id, 429)
        return reply.with_headers(("retry-after", str(retry_after)))

    def unavailable(self, route: Route, retry_after: int, request_id: str) -> Reply:
        """Answer 503: the server cannot decide now, so it refuses (security rule 10)."""
        said = "the server cannot answer now, try again shortly"
        reply = self._told(route, "temporarily_unavailable", said, request_id, 503)
        return reply.with_headers(("retry-after", str(retry_after)))

    def broken(self, route: Route, request_id: str) -> Reply:
        """Answer 500 without a word of what broke; the log has it under the request id."""
        return self._told(route, "server_error", "something went wrong on our side", request_id, 500)

    def _told(
        self,
        route: Route | None,
        code: str,
        description: str,
        request_id: str,
        status: int,
        onward: Onward | None = None,
    ) -> Reply:
        if route is None or route.kind == "page":
            return self.error_page(code, description, request_id, status, onward)
        return json_reply({"error": code, "error_description": description}, status)
