"""A television: it shows a code, somebody types it on their phone, and it shows their orders.

    .venv/bin/python examples/television/app.py     then open http://localhost:8006

`make demo` starts it; alone it needs a server, `gatelodge demo` in another terminal. The page is the screen and nothing
more: what signs in is this program, which has no browser (RFC 8628). Whoever sits before it uses one elsewhere. It is a
public client: what is inside a television, people can read.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

import httpx2
import segno
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from gatelodge.client import AsyncOAuthClient, ClientConfig, Narrowed, OAuthClientError, SignInTimedOut, Tokens

ISSUER = os.environ.get("ISSUER", "http://localhost:8000")
API = os.environ.get("ORDERS_API", ISSUER + "/demo/api")
PORT = int(os.environ.get("PORT", "8006"))
HOME = f"http://localhost:{PORT}"
HERE = Path(__file__).parent

POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"content-security-policy": POLICY, "referrer-policy": "same-origin", "cache-control": "no-store"}

client = AsyncOAuthClient(ClientConfig(issuer=ISSUER, client_id="demo-television"))
pages = Jinja2Templates(HERE)


class Television:
    """One screen, before which one person sits. What it shows is in `screen`."""

    def __init__(self) -> None:
        self.screen: dict[str, Any] = {}
        self.tokens: Tokens | None = None
        self.asking: asyncio.Task[None] | None = None

    def switch_on(self) -> None:
        """Begin to sign somebody in, while the screen goes on."""
        if self.asking is None or self.asking.done():
            self.screen = {"waits": True}
            self.asking = asyncio.create_task(self.sign_in())

    async def sign_in(self) -> None:
        """Show a code, ask until somebody has answered it elsewhere, then show their orders."""
        try:
            begun = await client.begin_on_device(Narrowed(scope="openid profile offline_access orders:read"))
            picture = segno.make(begun.verification_uri_complete or begun.verification_uri, micro=False)
            self.screen = {
                "waits": True,
                "code": begun.user_code,
                "page": begun.verification_uri,
                "picture": picture.svg_inline(scale=5, border=2, dark="#000", light="#fff"),
            }
            self.tokens = await client.wait_on_device(begun)  # as often as it may, more slowly when told to
            self.screen = await self.orders(self.tokens)
        except SignInTimedOut:
            self.screen = {"problem": "Nobody typed the code in time."}
        except OAuthClientError as problem:
            self.screen = {"problem": f"You are not signed in: {problem}"}

    async def orders(self, tokens: Tokens) -> dict[str, Any]:
        """Call the orders API as the person who allowed it."""
        assert tokens.person is not None
        person = await client.userinfo(tokens.access_token, tokens.person)
        async with httpx2.AsyncClient() as http:
            answer = await http.get(API + "/orders", headers={"authorization": f"Bearer {tokens.access_token}"})
        if answer.status_code in (401, 403):  # a token without any of its scopes is not for this API at all
            return {"name": person.get("name", tokens.person.sub), "denied": True}
        return {"name": person.get("name", tokens.person.sub), "orders": answer.raise_for_status().json()["orders"]}

    async def switch_off(self) -> None:
        """Give the tokens back, and stop asking."""
        if self.asking is not None:
            self.asking.cancel()
        tokens, self.tokens, self.screen = self.tokens, None, {}
        if tokens is not None:
            await client.revoke(tokens.refresh_token or tokens.access_token)


television = Television()


async def screen(request: Request) -> Response:
    return pages.TemplateResponse(request, "screen.html", television.screen, headers=HEADERS)


async def remote_control(request: Request) -> Response:
    if request.headers.get("origin") != HOME:  # a button on another page
        return Response("This did not come from the television's own page.", 403)
    if request.path_params["button"] == "off":
        await television.switch_off()
    else:
        television.switch_on()
    return RedirectResponse("/", 303)


async def style(_request: Request) -> Response:
    return FileResponse(HERE.parent / "style.css")


app = Starlette(
    routes=[Route("/", screen), Route("/style.css", style), Route("/{button}", remote_control, methods=["POST"])]
)

if __name__ == "__main__":
    print(f"Open http://localhost:{PORT}; the server is {ISSUER}. `make demo` starts both.", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
