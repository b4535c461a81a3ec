"""What not to write any more: a page that gets its token in its own address (implicit flow). Read on in app.js.

    .venv/bin/python examples/legacy_implicit/app.py     then open http://localhost:8003

`make demo` starts it; alone it needs a server, `gatelodge demo` in another terminal. It is here so that you recognise
the flow when you meet it in an old application, and see what to put in its place. Only the demo switches it on.
"""

import os
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

ISSUER = os.environ.get("ISSUER", "http://localhost:8000")
API = os.environ.get("ORDERS_API", ISSUER + "/demo/api")
PORT = int(os.environ.get("PORT", "8003"))
FILES = {"/": "index.html", "/app.js": "app.js", "/style.css": "../style.css"}
HEADERS = {"referrer-policy": "no-referrer", "cache-control": "no-cache"}

WARNING = "WARNING: examples/legacy_implicit shows a flow that is not used any more. The way out is on its page."


async def file(request: Request) -> Response:
    return FileResponse(Path(__file__).parent / FILES[request.url.path], headers=HEADERS)


async def settings(_request: Request) -> Response:
    return JSONResponse({"issuer": ISSUER, "api": API, "client": "demo-implicit"}, headers=HEADERS)


app = Starlette(routes=[Route("/settings.json", settings), *(Route(path, file) for path in FILES)])

if __name__ == "__main__":
    print(WARNING, file=sys.stderr)
    print(f"Open http://localhost:{PORT}; the server is {ISSUER}. `make demo` starts both.", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
