"""An orders API: who brings a token for it may read the orders, or place them, as far as the token allows.

    .venv/bin/python examples/orders_api.py     then call http://localhost:8005/orders

The demo serves such an API already, at /demo/api/orders, and the other examples call that one; this is how you would
write it on Starlette (FastAPI, Django and Flask: docs/protect-an-api.md). Point an example at it:

    ORDERS_API=http://localhost:8005 .venv/bin/python examples/daemon.py

It needs a server: `make demo` or `gatelodge demo` in another terminal. The server is asked for its keys, once, and for
nothing else: every token is checked right here.
"""

import os
from collections import defaultdict
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gatelodge.resource import TokenVerifier
from gatelodge.resource.starlette import Auth

ISSUER = os.environ.get("ISSUER", "http://localhost:8000")
PORT = int(os.environ.get("PORT", "8005"))

# Who issues the tokens, and by which name this API is registered there. Tokens for anything else are refused.
verifier = TokenVerifier(ISSUER, ISSUER + "/demo/api")
auth = Auth(verifier)

# Whose orders: `principal.key` is issuer and subject, since the same subject of two issuers is two people.
orders: defaultdict[tuple[str, str], list[str]] = defaultdict(lambda: ["a looking glass", "a pocket watch"])


@auth.require("orders:read")
async def listed(request: Request) -> JSONResponse:
    caller = request.user.principal
    numbered = [{"number": number, "item": item} for number, item in enumerate(orders[caller.key], 1)]
    return JSONResponse({"orders_of": caller.sub, "through": caller.client_id, "orders": numbered})


@auth.require("orders:write")
async def placed(request: Request) -> JSONResponse:
    caller = request.user.principal
    form = parse_qs((await request.body()).decode())
    item = form.get("item", [""])[0]
    if not 0 < len(item) <= 80:
        return JSONResponse({"error": "item is missing or too long"}, 422)
    orders[caller.key].append(item)
    return JSONResponse({"placed": {"number": len(orders[caller.key]), "item": item}}, 201)


app = Starlette(
    routes=[Route("/orders", listed, methods=["GET"]), Route("/orders", placed, methods=["POST"])],
    # Scripts of other origins may call it: they need a token like anybody else, and no cookie is ever looked at.
    middleware=[Middleware(CORSMiddleware, allow_origins=["*"], allow_headers=["authorization"])],
)

if __name__ == "__main__":
    print(f"Orders: http://localhost:{PORT}/orders, for tokens of {ISSUER} (`make demo` starts that)", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
