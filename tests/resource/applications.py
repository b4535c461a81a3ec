"""One API written for each web framework: what it shows a caller, and how to call it.

`/orders` needs `orders:read`; `/pay` needs `orders:write`, a strong sign-in and a recent one; each says who called.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import anyio
import django
import httpx2
from django.conf import settings
from django.test import AsyncClient, Client, override_settings
from fastapi import Depends, FastAPI
from flask import Flask
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatelodge.resource import Principal, TokenVerifier
from gatelodge.resource import fastapi as for_fastapi
from gatelodge.resource import flask as for_flask
from gatelodge.resource import starlette as for_starlette

READ = "orders:read"
STRONG: dict[str, Any] = {"acr_values": "urn:strong", "max_age": 300}


@dataclass(frozen=True)
class Answer:
    """What came back; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def challenge(self) -> str:
        return self.headers["www-authenticate"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


# A way to call an application: method, path with query, headers, body
Call = Callable[..., Answer]


def told(caller: Principal) -> dict[str, Any]:
    return {"issuer": caller.issuer, "sub": caller.sub, "scopes": sorted(caller.scopes)}


def brought(raw: bytes, form: Mapping[str, Any]) -> dict[str, str]:
    """What a view still finds of the body, whoever looked into it before."""
    return {"raw": raw.decode(), "form": str(form.get("a", ""))}


# Starlette and FastAPI


def over_asgi(app: Any) -> Call:
    async def send(method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="https://api.test") as http:
            return await http.request(method, path, headers=headers, content=body)

    def call(path: str, *headers: tuple[str, str], method: str = "GET", body: bytes = b"") -> Answer:
        came = anyio.run(send, method, path, list(headers), body)
        return Answer(came.status_code, {name.lower(): value for name, value in came.headers.items()}, came.content)

    return call


def starlette_app(verifier: TokenVerifier) -> Starlette:
    auth = for_starlette.Auth(verifier, metadata=verifier.describe([READ]))

    @auth.require(READ)
    async def orders(request: Request) -> Response:
        return JSONResponse(told(request.user.principal) | brought(await request.body(), await request.form()))

    @auth.require("orders:write", **STRONG)
    def pay(request: Request) -> Response:
        return JSONResponse(told(request.user.principal))

    class Whole(HTTPEndpoint):
        @auth.require(READ)
        async def get(self, request: Request) -> Response:
            return JSONResponse(told(request.user.principal))

    routes = [
        Route("/orders", orders, methods=["GET", "POST"]),
        Route("/pay", pay),
        Route("/whole", Whole),
        auth.metadata_route,
    ]
    return Starlette(routes=routes)


def fastapi_auth(verifier: TokenVerifier) -> for_fastapi.Auth:
    return for_fastapi.Auth(verifier, metadata=verifier.describe([READ]), scopes={READ: "See your orders"})


def fastapi_app(verifier: TokenVerifier) -> FastAPI:
    auth = fastapi_auth(verifier)
    app = FastAPI(docs_url=None)
    app.include_router(auth.docs("docs"))
    app.include_router(auth.router)

    async def orders(caller: Annotated[Principal, Depends(auth.require(READ))], request: Request) -> dict[str, Any]:
        return told(caller) | brought(await request.body(), await request.form())

    def pay(caller: Annotated[Principal, Depends(auth.require("orders:write", **STRONG))]) -> dict[str, Any]:
        return told(caller)

    app.add_api_route("/orders", orders)
    app.add_api_route("/orders", orders, methods=["POST"])
    app.add_api_route("/pay", pay)
    return app


# Flask


def flask_app(verifier: TokenVerifier) -> Flask:
    auth = for_flask.Auth(verifier, metadata=verifier.describe([READ]))
    app = Flask(__name__)
    app.register_blueprint(auth.blueprint)

    @app.route("/orders", methods=["GET", "POST"])
    @auth.require(READ)
    def orders() -> dict[str, Any]:
        from flask import request

        return told(auth.principal) | brought(request.get_data(), request.form)

    @app.route("/pay")
    @auth.require("orders:write", **STRONG)
    def pay() -> dict[str, Any]:
        return told(auth.principal)

    return app


def over_wsgi(app: Flask) -> Call:
    client = app.test_client()

    def call(path: str, *headers: tuple[str, str], method: str = "GET", body: bytes = b"") -> Answer:
        came = client.open(path, method=method, headers=list(headers), data=body)
        return Answer(came.status_code, {name.lower(): value for name, value in came.headers.items()}, came.data)

    return call


# Django and Django REST framework


def set_up_django() -> None:
    if settings.configured:
        return
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="tests.resource.django_project",
        INSTALLED_APPS=["rest_framework"],
        MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
        REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
    )
    django.setup()


def over_django(verifier: TokenVerifier, prefix: str, *, is_async: bool = False) -> Call:
    """Call the Django project below `prefix`; `is_async` has it answer as under ASGI."""
    set_up_django()

    def call(path: str, *headers: tuple[str, str], method: str = "GET", body: bytes = b"") -> Answer:
        below = path if path.startswith("/.well-known") else prefix + path
        kind = next((value for name, value in headers if name == "content-type"), "application/octet-stream")
        joined = {}
        for name, value in headers:  # as WSGI servers and Django under ASGI do it
            joined[name] = f"{joined[name]},{value}" if name in joined else value
        joined.pop("content-type", None)
        changed = override_settings(GATELODGE_VERIFIER=verifier, GATELODGE_METADATA=verifier.describe([READ]))
        client: Any = (AsyncClient if is_async else Client)(enforce_csrf_checks=True)

        async def send() -> Any:
            return await client.generic(method, below, body, kind, headers=joined)

        with changed:
            came = anyio.run(send) if is_async else client.generic(method, below, body, kind, headers=joined)
        return Answer(came.status_code, {name.lower(): value for name, value in came.items()}, came.content)

    return call


# MCP


async def call_tool(app: Any, *headers: tuple[str, str]) -> httpx2.Response:
    """Call the tool as an MCP client would, or get the refusal."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami", "arguments": {}}}
    accept = ("accept", "application/json, text/event-stream")
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
            return await http.post("/mcp", json=message, headers=[accept, *headers])


APPLICATIONS: dict[str, Callable[[TokenVerifier], Call]] = {
    "starlette": lambda verifier: over_asgi(starlette_app(verifier)),
    "fastapi": lambda verifier: over_asgi(fastapi_app(verifier)),
    "flask": lambda verifier: over_wsgi(flask_app(verifier)),
    "django": lambda verifier: over_django(verifier, "/plain"),
    "django async": lambda verifier: over_django(verifier, "/awaited", is_async=True),
    "django rest framework": lambda verifier: over_django(verifier, "/rest"),
}
