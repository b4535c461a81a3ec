"""A single-page app: static files. Everything else happens in the browser: read on in app.js.

    .venv/bin/python examples/spa/app.py     then open http://localhost:8002

`make demo` starts it; alone it needs a server, `gatelodge demo` in another terminal. Any web server can serve files.
"""

import os
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

ISSUER = os.environ.get("ISSUER", "http://localhost:8000")
API = os.environ.get("ORDERS_API", ISSUER + "/demo/api")
PORT = int(os.environ.get("PORT", "8002"))
FILES = {"/": "index.html", "/app.js": "app.js", "/style.css": "../style.css"}

# A script from elsewhere could read the tokens, so there is none; and no page may frame this one.
POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' {ISSUER} {API}/;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {"content-security-policy": POLICY, "referrer-policy": "no-referrer", "cache-control": "no-cache"}


async def file(request: Request) -> Response:
    return FileResponse(Path(__file__).parent / FILES[request.url.path], headers=HEADERS)


async def settings(_request: Request) -> Response:
    return JSONResponse({"issuer": ISSUER, "api": API, "client": "demo-single-page"}, headers=HEADERS)


app = Starlette(routes=[Route("/settings.json", settings), *(Route(path, file) for path in FILES)])

if __name__ == "__main__":
    print(f"Open http://localhost:{PORT}; the server is {ISSUER}. `make demo` starts both.", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
