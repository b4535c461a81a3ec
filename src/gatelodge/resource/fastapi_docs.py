"""Swagger UI with a login button that works whatever the authorization server's pages forbid.

Swagger signs people in through a window it opens, and expects the answer to come back from that window. A careful
server cuts the tie between the two (Cross-Origin-Opener-Policy), so the answer travels between pages of this
application instead, over a channel that no other origin can hear.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gatelodge.resource.missing import demanded

with demanded("fastapi", "fastapi"):
    from fastapi import APIRouter
    from fastapi.openapi.docs import get_swagger_ui_html
    from starlette.requests import Request
    from starlette.responses import HTMLResponse

_CHANNEL = "gatelodge-sign-in"

# What Swagger does when the answer comes from its window, but that an answer to nothing we asked is dropped, and one of
# another server (RFC 9207 2.4).
_LISTENER = f"""<script>
new BroadcastChannel("{_CHANNEL}").onmessage = ({{ data }}) => {{
  const asked = window.swaggerUIRedirectOauth2;
  const answer = new URLSearchParams(data);
  if (!asked || !asked.state || answer.get("state") !== asked.state) return;
  if (answer.has("iss") ? answer.get("iss") !== @ISSUER@ : @SAYS_ISS@) return;
  delete asked.state;
  if (answer.get("code")) {{
    asked.auth.code = answer.get("code");
    asked.callback({{ auth: asked.auth, redirectUrl: asked.redirectUrl }});
  }} else {{
    const message = [answer.get("error"), answer.get("error_description")].filter(Boolean).join(": ");
    asked.errCb({{ authId: asked.auth.name, source: "auth", level: "error", message }});
  }}
}};
</script>"""

_ANSWERED = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Signed in</title></head>
<body><p>You can close this window.</p><script>
new BroadcastChannel("{_CHANNEL}").postMessage(location.search.slice(1));
history.replaceState(null, "", location.pathname);
window.close();
</script></body></html>"""

_PRIVATE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


@dataclass(frozen=True, slots=True)
class Answering:
    """Whose answers are taken: `says_iss` is whether that server promises to name itself in them."""

    issuer: str
    says_iss: bool


def docs_router(path: str, init_oauth: Mapping[str, Any], answering: Callable[[], Answering]) -> APIRouter:
    """Return Swagger UI at `path`, and below it the page that takes the answer."""
    redirect = f"{path}/oauth2-redirect"

    async def swagger(request: Request) -> HTMLResponse:
        root: str = request.scope.get("root_path", "").rstrip("/")
        page = get_swagger_ui_html(
            openapi_url=root + request.app.openapi_url,
            title=f"{request.app.title} - Swagger UI",
            oauth2_redirect_url=root + redirect,
            init_oauth=dict(init_oauth),
        )
        return HTMLResponse(bytes(page.body).decode("utf-8").replace("</body>", f"{_listener(answering())}</body>"))

    async def answered() -> HTMLResponse:
        return HTMLResponse(_ANSWERED, headers=_PRIVATE)

    router = APIRouter()
    router.add_api_route(path, swagger, include_in_schema=False)
    router.add_api_route(redirect, answered, include_in_schema=False)
    return router


def _listener(answering: Answering) -> str:
    issuer = json.dumps(answering.issuer).replace("<", "\\u003c")
    return _LISTENER.replace("@ISSUER@", issuer).replace("@SAYS_ISS@", json.dumps(answering.says_iss))
