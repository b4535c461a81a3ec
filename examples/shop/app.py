"""A web shop: people sign in, and the shop shows and places their orders at the orders API, for them.

    .venv/bin/python examples/shop/app.py     then open http://localhost:8001

`make demo` starts it; alone it needs a server, `gatelodge demo` in another terminal. It is a confidential client: it
has a secret, and its tokens never reach the browser, which holds random ids and nothing else. They are kept encrypted
in a database and renewed in the background before they end, for as long as the person stays signed in.
"""

import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from gatelodge.client import OAuthClientError, TokenExpired
from gatelodge.client.keeping import Event, Renewed, sqlite_store
from gatelodge.client.login.starlette import Login

ISSUER = os.environ.get("ISSUER", "http://localhost:8000")
API = os.environ.get("ORDERS_API", ISSUER + "/demo/api")
PORT = int(os.environ.get("PORT", "8001"))
HOME = f"http://localhost:{PORT}"
LOOK = Path(__file__).parent / "look"


@dataclass(frozen=True)
class Good:
    item: str
    picture: str
    price: str
    words: str


CATALOGUE = (
    Good("a looking glass", "looking_glass", "£ 18.00", "Shows the room, the other way round. Do not step through."),
    Good("a pocket watch", "pocket_watch", "£ 24.50", "Tells the day of the month, and not what o'clock it is."),
    Good("a mock turtle soup", "turtle_soup", "£ 3.20", "So rich and green, waiting in a hot tureen."),
    Good("a white rabbit's glove", "gloves", "£ 6.00", "White kid, hardly worn, and only the left one."),
    Good("a cheshire cat (grin only)", "grin", "£ 9.90", "The rest went away some time ago."),
    Good("a tea for three", "teapot", "£ 4.40", "It is always six o'clock. No room for a fourth."),
)
PICTURES = {good.item: good.picture for good in CATALOGUE}

# Tokens are sealed with this key: without it the database is of no use, neither to a thief nor to the next start of a
# shop that drew one for itself. A shop of your own gets it from where its other secrets are.
KEY = os.environ.get("SHOP_KEY") or secrets.token_urlsafe(32)
STORE = Path(os.environ.get("SHOP_STORE", "var/shop.db"))
STORE.parent.mkdir(parents=True, exist_ok=True)

renewals = 0


def hear(event: Event) -> None:
    """Hear what becomes of tokens: here they are only counted."""
    global renewals
    renewals += isinstance(event, Renewed)


login = Login(
    ISSUER,
    "demo-shop",
    os.environ.get("SHOP_SECRET", "demo-shop-secret"),
    scope="openid profile email offline_access orders:read orders:write",
    base_url=HOME,
    post_logout_redirect_uri=HOME + "/",
    store=sqlite_store(STORE, [KEY]),
    cookie="shop",
    tell=hear,
)
pages = Jinja2Templates(LOOK)


async def home(request: Request) -> Response:
    user = await login.current_user(request)
    shown: dict[str, Any] = {"user": user, "catalogue": CATALOGUE, "pictures": PICTURES, "renewals": renewals}
    shown["account"] = ISSUER + "/account/apps"  # where people take back what they allowed
    if user is not None:
        shown["orders"] = (await call_api(request, "GET")).json()["orders"]
    return pages.TemplateResponse(request, "page.html", shown, headers={"cache-control": "no-store"})


async def buy(request: Request) -> Response:
    await login.require_user(request)
    if request.headers.get("origin") != HOME:  # a form of another page, filled in for the person
        return Response("This order did not come from the shop's own page.", 403)
    item = CATALOGUE[int(request.path_params["number"]) % len(CATALOGUE)].item
    await call_api(request, "POST", data={"item": item})
    return RedirectResponse("/", 303)


async def call_api(request: Request, method: str, **content: Any) -> httpx2.Response:
    """Call the orders API as the person who is signed in."""
    token = await login.access_token(request)  # renewed if need be
    async with httpx2.AsyncClient() as http:
        answer = await http.request(method, API + "/orders", headers={"authorization": f"Bearer {token}"}, **content)
    answer.raise_for_status()
    return answer


async def failed(request: Request, error: Exception) -> Response:
    if isinstance(error, TokenExpired):  # nothing renews it: only the person can, and need not type a password
        return RedirectResponse("/login", 303)
    status, problem = 503, "Your orders cannot be reached now. Try again in a moment."
    if isinstance(error, httpx2.HTTPStatusError) and error.response.status_code in (401, 403):
        status, problem = 403, "You did not allow the shop to do that, or took it back. Sign out, sign in and allow it."
    return pages.TemplateResponse(request, "page.html", {"problem": problem}, status_code=status)


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
    async with login.renewer:  # renews in the background
        yield


app = Starlette(
    routes=[
        Route("/", home),
        Route("/buy/{number:int}", buy, methods=["POST"]),
        Mount("/look", StaticFiles(directory=LOOK)),
        *login.routes(),  # /login, /callback, /logout
    ],
    exception_handlers={OAuthClientError: failed, httpx2.HTTPError: failed},
    lifespan=lifespan,
)

if __name__ == "__main__":
    print(f"Open {HOME}; the server is {ISSUER}. `make demo` starts both.", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
