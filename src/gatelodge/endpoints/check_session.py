"""The frame that applications ask whether somebody is still signed in (OpenID Connect Session Management 1.0 3.2).

Legacy: browsers keep cookies from frames of other sites more and more, and then it says `changed`. It shows nothing and
does nothing but answer, so any page may frame it.
"""

from gatelodge.endpoints.request import Request
from gatelodge.endpoints.routes import Route
from gatelodge.protocol.reply import Headers, Reply
from gatelodge.sessions.states import STATE

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Session</title>
<script src="{base}/static/check_session.js" data-cookie="{cookie}"></script>
</head>
</html>
"""
_HEADERS: Headers = (
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors http: https:"),
    ("cross-origin-resource-policy", "cross-origin"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "public, max-age=300"),
)


def routes(base: str, *, secure: bool) -> tuple[Route, ...]:
    """Return its row of the route table; `base` is the issuer's path, `secure` says whether that is https."""
    body = _PAGE.format(base=base, cookie=f"{'__Host-' if secure else ''}{STATE}").encode()

    async def show(request: Request) -> Reply:
        del request
        return Reply(200, _HEADERS, body)

    return (Route("check_session", "/check-session", {"GET": show}, metadata="check_session_iframe"),)
