"""Which answers scripts of other origins may read (RFC 9700 2.6): the machine endpoints, and never with credentials."""

from collections.abc import Mapping

from gatelodge.endpoints.routes import Route
from gatelodge.protocol.reply import Headers, Reply

ALLOWED_HEADERS = "authorization, content-type, dpop, mcp-protocol-version"
EXPOSED_HEADERS = "www-authenticate, retry-after, dpop-nonce, x-request-id"


def headers_for(route: Route, request_headers: Mapping[str, str]) -> Headers:
    """Return what lets a script read this answer. An opaque origin (`null`) is nobody, so it gets nothing."""
    if not route.cors or request_headers.get("origin", "null") == "null":
        return ()
    return (("access-control-allow-origin", "*"), ("access-control-expose-headers", EXPOSED_HEADERS))


def preflight(route: Route, request_headers: Mapping[str, str]) -> Reply | None:
    """Answer a preflight request, or `None` when this route has no cross-origin readers.

    That its answer may be read is said by `headers_for`, as of any other: said twice, a browser believes neither.
    """
    if not headers_for(route, request_headers) or "access-control-request-method" not in request_headers:
        return None
    methods = ", ".join(sorted(route.handlers))
    return Reply(
        204,
        (
            ("access-control-allow-methods", methods),
            ("access-control-allow-headers", ALLOWED_HEADERS),
            ("access-control-max-age", "3600"),
        ),
    )
