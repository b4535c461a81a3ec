"""What each adapter has of its own: middleware, OpenAPI, throttle keys, MCP."""

import asyncio
import importlib
import subprocess
import sys
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, cast

import anyio
import pytest
from asgiref.sync import iscoroutinefunction as is_marked
from asgiref.sync import markcoroutinefunction
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import AsyncRequestFactory, RequestFactory, override_settings
from fastapi import Depends, FastAPI
from flask import Flask
from starlette.applications import Starlette
from starlette.authentication import requires as starlette_requires
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.resource.applications import (
    Call,
    call_tool,
    fastapi_app,
    fastapi_auth,
    flask_app,
    over_asgi,
    over_wsgi,
    set_up_django,
    starlette_app,
)
from tests.resource.conftest import API, ISSUER, Authority

from gatelodge.resource import CannotDecide, Presented, Protection, TokenVerifier
from gatelodge.resource import fastapi as for_fastapi
from gatelodge.resource import flask as for_flask
from gatelodge.resource import starlette as for_starlette

ADAPTERS = {"starlette": "starlette", "fastapi": "fastapi", "flask": "flask", "django": "django", "mcp": "mcp"}


def bearer(token: str) -> tuple[str, str]:
    return "authorization", f"Bearer {token}"


# Imports


def test_the_library_imports_no_framework_and_no_server() -> None:
    code = """
import sys
before = set(sys.modules)
from gatelodge.resource import TokenVerifier
TokenVerifier("https://id.test", "https://api.test")
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"starlette", "fastapi", "flask", "django", "mcp", "httpx2", "structlog", "click"} & set(said)


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_framework_that_is_missing_is_named_in_one_line(adapter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"gatelodge.resource.{adapter}"
    for module in [one for one in sys.modules if one == adapter or one.startswith(f"{adapter}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [_Missing(adapter), *sys.meta_path])
    with pytest.raises(ImportError, match=f"^this adapter needs {adapter}: pip install {adapter}$"):
        importlib.import_module(name)


class _Missing:
    """Finds no module of one framework, as if it were not installed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] == self._name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


# What was asked for: it is handed on with what was brought, for tokens that are bound to a key (RFC 9449 4.3)


def asked_of_starlette() -> Presented:
    scope: dict[str, Any] = {"type": "http", "method": "DELETE", "path": "/shop/a b/ü", "query_string": b"x=1"}
    headers = [(b"host", b"evil.test"), (b"dpop", b"one")]
    raw = b"/shop/a%20b/%C3%BC"
    whole = anyio.run(for_starlette.presented, Request(scope | {"headers": headers, "raw_path": raw}))
    decoded = anyio.run(for_starlette.presented, Request(scope | {"headers": headers}))
    assert whole == decoded
    return whole


def asked_of_flask() -> Presented:
    headers = [("host", "evil.test"), ("dpop", "one")]
    with Flask(__name__).test_request_context(
        "/a%20b/%C3%BC?x=1", "https://evil.test/shop", method="DELETE", headers=headers
    ) as context:
        return for_flask.presented(context.request)


def asked_of_django() -> Presented:
    set_up_django()
    from gatelodge.resource import django

    request: Any = RequestFactory(SCRIPT_NAME="/shop").delete("/a%20b/%C3%BC?x=1", headers={"dpop": "one"})
    return django.presented(request)


@pytest.mark.parametrize("asked", [asked_of_starlette, asked_of_flask, asked_of_django])
def test_an_adapter_says_what_was_asked_for(asked: Callable[[], Presented]) -> None:
    presented = asked()
    assert (presented.method, presented.path) == ("DELETE", "/shop/a%20b/%C3%BC")
    assert list(presented.dpop) == ["one"]


def test_the_address_is_what_was_configured_whatever_the_caller_says(verifier: TokenVerifier) -> None:
    presented = asked_of_starlette()
    assert Protection(verifier).url_of(presented) == "https://api.test/shop/a%20b/%C3%BC"
    for auth in (for_starlette.Auth, for_fastapi.Auth, for_flask.Auth):
        protection = auth(verifier, base_url="https://www.shop.test:8443/").protection
        assert protection.url_of(presented) == "https://www.shop.test:8443/shop/a%20b/%C3%BC"
    assert Protection(TokenVerifier(ISSUER, "orders")).url_of(presented) is None
    for wrong in ("", "shop.test", "http://shop.test", "https://shop.test/api", "https://shop.test/?a"):
        with pytest.raises(ValueError, match="base_url"):
            Protection(verifier, base_url=wrong)


# Starlette


def with_middleware(verifier: TokenVerifier) -> Call:
    auth = for_starlette.Auth(verifier)

    async def anybody(request: Request) -> Response:
        return JSONResponse([request.user.is_authenticated, request.user.identity, request.auth.scopes])

    @starlette_requires("orders:write")
    async def write(request: Request) -> Response:
        return JSONResponse(request.user.display_name)

    return over_asgi(Starlette(routes=[Route("/", anybody), Route("/write", write)], middleware=[auth.middleware]))


def test_starlettes_own_middleware_knows_the_caller(authority: Authority, verifier: TokenVerifier) -> None:
    call = with_middleware(verifier)
    assert call("/").json == [False, "", []]
    assert call("/", bearer(authority.token())).json == [True, f"{ISSUER} alice", ["openid", "orders:read"]]
    assert call("/write", bearer(authority.token())).status == 403
    assert call("/write", bearer(authority.token(scope="orders:write"))).json == "alice"


def test_starlettes_own_middleware_lets_no_bad_token_pass(authority: Authority, verifier: TokenVerifier) -> None:
    call = with_middleware(verifier)
    came = call("/", bearer(authority.token(aud="https://other.test")))
    assert (came.status, came.json["error"]) == (401, "invalid_token")
    assert came.challenge.startswith(f'Bearer realm="{API}", error="invalid_token"')


def test_starlettes_own_middleware_lets_nobody_pass_while_tokens_cannot_be_checked(
    authority: Authority, verifier: TokenVerifier
) -> None:
    authority.down = True
    came = with_middleware(verifier)("/", bearer(authority.token()))
    assert (came.status, came.headers["retry-after"]) == (503, "5")


def test_a_method_of_an_endpoint_can_be_protected(authority: Authority, verifier: TokenVerifier) -> None:
    call = over_asgi(starlette_app(verifier))
    assert call("/whole").status == 401
    assert call("/whole", bearer(authority.token())).json["sub"] == "alice"


def test_a_protected_endpoint_that_gets_no_request_lets_nobody_in(verifier: TokenVerifier) -> None:
    endpoint = for_starlette.Auth(verifier).require("orders:read")(lambda: "in")
    with pytest.raises(TypeError, match="Request"):
        anyio.run(endpoint)


def test_metadata_that_is_not_there_is_not_published(verifier: TokenVerifier) -> None:
    for attempt in (
        lambda: for_starlette.Auth(verifier).metadata_route,
        lambda: for_fastapi.Auth(verifier).router,
        lambda: for_flask.Auth(verifier).blueprint,
    ):
        with pytest.raises(ValueError, match="metadata"):
            attempt()


# FastAPI


def openapi(verifier: TokenVerifier, **options: Any) -> dict[str, Any]:
    app = fastapi_app(verifier)
    return over_asgi(app)("/openapi.json", **options).json


def test_the_openapi_document_says_how_to_get_a_token(verifier: TokenVerifier) -> None:
    document = openapi(verifier)
    assert document["components"]["securitySchemes"] == {
        "OAuth2": {
            "type": "oauth2",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": f"{ISSUER}/authorize?resource=https%3A%2F%2Fapi.test%2Forders",
                    "tokenUrl": f"{ISSUER}/token",
                    "scopes": {"orders:read": "See your orders", "orders:write": ""},
                }
            },
        }
    }


def test_the_openapi_document_says_what_each_operation_needs(verifier: TokenVerifier) -> None:
    paths = openapi(verifier)["paths"]
    assert paths["/orders"]["get"]["security"] == [{"OAuth2": ["orders:read"]}]
    assert paths["/pay"]["get"]["security"] == [{"OAuth2": ["orders:write"]}]
    assert "parameters" not in paths["/orders"]["get"]
    assert not any(path.startswith("/.well-known") for path in paths)


async def _discovered(verifier: TokenVerifier, authority: Authority) -> None:
    await verifier.verify(authority.token())


def test_the_openapi_document_has_the_endpoints_the_server_said(authority: Authority, verifier: TokenVerifier) -> None:
    answer = authority._document
    authority._document = lambda path, request: {  # pyright: ignore[reportAttributeAccessIssue]
        name: value.replace("/authorize", "/oauth2/auth") if isinstance(value, str) else value
        for name, value in answer(path, request).items()
    }
    asyncio.run(_discovered(verifier, authority))
    flows = openapi(verifier)["components"]["securitySchemes"]["OAuth2"]["flows"]
    assert flows["authorizationCode"]["authorizationUrl"].startswith(f"{ISSUER}/oauth2/auth?resource=")


def test_the_openapi_document_has_the_endpoints_it_was_told(verifier: TokenVerifier) -> None:
    auth = for_fastapi.Auth(verifier, authorization_url="https://a.test/x", token_url="https://a.test/y")
    app = FastAPI()
    app.add_api_route("/", lambda: None, dependencies=[Depends(auth.require())])
    flow = app.openapi()["components"]["securitySchemes"]["OAuth2"]["flows"]["authorizationCode"]
    assert flow == {"authorizationUrl": "https://a.test/x", "tokenUrl": "https://a.test/y", "scopes": {}}


def test_an_api_whose_name_is_no_URI_is_not_named_to_the_server(authority: Authority) -> None:
    auth = for_fastapi.Auth(TokenVerifier(ISSUER, "orders"))
    app = FastAPI()
    app.add_api_route("/", lambda: None, dependencies=[Depends(auth.require())])
    flow = app.openapi()["components"]["securitySchemes"]["OAuth2"]["flows"]["authorizationCode"]
    assert flow["authorizationUrl"] == f"{ISSUER}/authorize"


def test_swagger_is_told_who_it_is_and_that_there_is_no_secret(verifier: TokenVerifier) -> None:
    call = over_asgi(fastapi_app(verifier))
    page = call("/docs").body.decode()
    assert 'ui.initOAuth({"clientId": "docs", "usePkceWithAuthorizationCodeGrant": true})' in page
    assert "/docs/oauth2-redirect'" in page
    assert page.index("new BroadcastChannel") < page.index("</body>")
    answered = call("/docs/oauth2-redirect?code=a-code&state=a-state")
    assert (answered.headers["cache-control"], answered.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert b"a-code" not in answered.body


def test_a_websocket_can_be_protected(authority: Authority, verifier: TokenVerifier) -> None:
    from typing import Annotated

    from fastapi import WebSocket
    from starlette.testclient import TestClient, WebSocketDenialResponse

    app = FastAPI()
    auth = fastapi_auth(verifier)

    @app.websocket("/live")
    async def live(socket: WebSocket, caller: Annotated[Any, Depends(auth.require("orders:read"))]) -> None:
        await socket.accept()
        await socket.send_text(caller.sub)
        await socket.close()

    with TestClient(app) as client:
        with client.websocket_connect("/live", headers=dict([bearer(authority.token())])) as socket:
            assert socket.receive_text() == "alice"
        with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/live"):
            pass
    assert caught.value.status_code == 401
    assert caught.value.headers["www-authenticate"].startswith("Bearer realm=")


# Flask


def test_an_async_view_of_flask_would_be_run_as_flask_does_it(authority: Authority, verifier: TokenVerifier) -> None:
    app, auth = flask_app(verifier), for_flask.Auth(verifier)

    @app.route("/awaited")
    @auth.require("orders:read")
    async def awaited() -> dict[str, str]:
        await asyncio.sleep(0)
        return {"sub": auth.principal.sub}

    assert over_wsgi(app)("/awaited", bearer(authority.token())).json == {"sub": "alice"}
    assert over_wsgi(app)("/awaited").status == 401


def test_flask_knows_no_caller_of_a_view_that_is_not_protected(verifier: TokenVerifier) -> None:
    app, auth = flask_app(verifier), for_flask.Auth(verifier)
    with app.test_request_context(), pytest.raises(AttributeError):
        _ = auth.principal


# Django


@pytest.fixture
def project(verifier: TokenVerifier) -> Any:
    set_up_django()
    with override_settings(GATELODGE_VERIFIER=verifier, GATELODGE_REALM="shop"):
        yield


def _echo(request: Any) -> HttpResponse:
    return HttpResponse(str(getattr(request.principal, "sub", "nobody")).encode())


@pytest.mark.usefixtures("project")
def test_djangos_middleware_knows_the_caller(authority: Authority) -> None:
    from gatelodge.resource.django import BearerMiddleware

    middleware = BearerMiddleware(_echo)
    requests = RequestFactory()
    assert middleware(requests.get("/")).content == b"nobody"
    assert middleware(requests.get("/", headers=dict([bearer(authority.token())]))).content == b"alice"
    bad = middleware(requests.get("/", headers=dict([bearer(authority.token(aud="x"))])))
    assert bad.status_code == 401
    assert bad["www-authenticate"].startswith('Bearer realm="shop", error="invalid_token"')
    authority.down = True
    unclear = middleware(requests.get("/", headers=dict([bearer(authority.opaque_token())])))
    assert unclear.status_code == 503


@pytest.mark.usefixtures("project")
def test_djangos_middleware_is_awaited_where_the_rest_is(authority: Authority) -> None:
    from gatelodge.resource.django import BearerMiddleware

    async def echo(request: Any) -> HttpResponse:
        return _echo(request)

    middleware = BearerMiddleware(markcoroutinefunction(echo))
    assert is_marked(middleware)
    requests = AsyncRequestFactory()

    async def ask(**headers: str) -> HttpResponse:
        return await middleware(requests.get("/", headers=headers))

    assert anyio.run(ask).content == b"nobody"
    assert asyncio.run(ask(authorization=f"Bearer {authority.token()}")).content == b"alice"
    assert asyncio.run(ask(authorization="Bearer nonsense")).status_code == 401


@pytest.mark.usefixtures("project")
def test_an_async_view_of_django_stays_one() -> None:
    from gatelodge.resource.django import require

    async def view(request: object) -> None: ...

    assert iscoroutinefunction(require("orders:read")(view))
    assert not iscoroutinefunction(require("orders:read")(_echo))


def test_a_project_without_a_verifier_lets_nobody_in() -> None:
    set_up_django()
    from gatelodge.resource.django import require

    for wrong in (None, "https://id.test"):
        with override_settings(GATELODGE_VERIFIER=wrong), pytest.raises(ImproperlyConfigured, match="VERIFIER"):
            require("orders:read")(_echo)(RequestFactory().get("/"))


def test_a_throttle_of_the_rest_framework_tells_callers_of_two_issuers_apart(
    authority: Authority, verifier: TokenVerifier
) -> None:
    set_up_django()
    from gatelodge.resource.drf import Caller

    other = Authority(authority.clock, issuer="https://other.test")
    mine = Caller(verifier.verify_sync(authority.token()))
    theirs = Caller(other.verifier().verify_sync(other.token()))
    assert str(mine) == str(theirs)
    assert mine.pk != theirs.pk


# MCP


def mcp_app(verifier: TokenVerifier) -> Any:
    from mcp.server.auth.settings import AuthSettings
    from mcp.server.mcpserver import MCPServer

    from gatelodge.resource.mcp import McpVerifier

    auth = AuthSettings(
        issuer_url=cast(Any, ISSUER),
        resource_server_url=cast(Any, API),
        required_scopes=["orders:read"],
        validate_token_resource=True,
    )
    server = MCPServer("orders", token_verifier=McpVerifier(verifier), auth=auth)

    @server.tool()
    def whoami() -> str:
        from mcp.server.auth.middleware.auth_context import get_access_token

        token = get_access_token()
        return f"{token.subject} of {(token.claims or {})['iss']}" if token else "nobody"

    return server.streamable_http_app(stateless_http=True, json_response=True)


def fastmcp_app(verifier: TokenVerifier) -> Any:
    from fastmcp import FastMCP
    from fastmcp.server.auth import RemoteAuthProvider
    from fastmcp.server.dependencies import get_access_token

    from gatelodge.resource.mcp import McpVerifier

    auth = RemoteAuthProvider(
        McpVerifier(verifier, required_scopes=["orders:read"]), [cast(Any, ISSUER)], base_url="https://api.test"
    )
    server = FastMCP("orders", auth=auth)

    @server.tool
    def whoami() -> str:
        token = get_access_token()
        return f"{token.subject} of {token.claims['iss']}" if token else "nobody"

    return server.http_app(stateless_http=True, json_response=True)


@pytest.fixture(params=[mcp_app, fastmcp_app], ids=["MCP SDK", "FastMCP"])
def server(request: pytest.FixtureRequest, verifier: TokenVerifier) -> Any:
    return request.param(verifier)


def test_one_verifier_protects_both_kinds_of_MCP_server(server: Any, authority: Authority) -> None:
    came = asyncio.run(call_tool(server, bearer(authority.token())))
    assert came.status_code == 200, came.text
    assert came.json()["result"]["content"][0]["text"] == f"alice of {ISSUER}"


def test_an_MCP_server_takes_no_token_of_another_API(server: Any, authority: Authority) -> None:
    came = asyncio.run(call_tool(server, bearer(authority.token(aud="https://other.test"))))
    assert came.status_code == 401
    assert 'error="invalid_token"' in came.headers["www-authenticate"]
    assert "resource_metadata=" in came.headers["www-authenticate"]


def test_an_MCP_server_says_which_scope_is_missing(server: Any, authority: Authority) -> None:
    came = asyncio.run(call_tool(server, bearer(authority.token(scope="openid"))))
    assert came.status_code == 403
    assert "insufficient_scope" in came.headers["www-authenticate"]


def test_an_MCP_client_is_not_told_to_throw_its_token_away_while_it_cannot_be_checked(
    server: Any, authority: Authority
) -> None:
    authority.down = True
    assert asyncio.run(call_tool(server, bearer(authority.token()))).status_code == 500


def test_the_MCP_SDK_alone_is_enough(authority: Authority, verifier: TokenVerifier, monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "meta_path", [_Missing("fastmcp"), *sys.meta_path])
    for module in [one for one in sys.modules if one == "fastmcp" or one.startswith("fastmcp.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delitem(sys.modules, "gatelodge.resource.mcp", raising=False)
    came = asyncio.run(call_tool(mcp_app(verifier), bearer(authority.token())))
    assert came.status_code == 200
    assert came.json()["result"]["content"][0]["text"] == f"alice of {ISSUER}"


async def _verified(verifier: TokenVerifier, token: str) -> Any:
    from gatelodge.resource.mcp import McpVerifier

    return await McpVerifier(verifier).verify_token(token)


def test_what_an_MCP_server_learns_of_a_caller(authority: Authority, verifier: TokenVerifier) -> None:
    token = authority.token()
    known = asyncio.run(_verified(verifier, token))
    assert (known.client_id, known.subject, known.resource) == ("shop", "alice", API)
    assert known.scopes == ["openid", "orders:read"]
    assert known.expires_at == authority.clock.now() + 300
    assert known.claims["iss"] == ISSUER
    assert asyncio.run(_verified(verifier, "nonsense")) is None
    authority.down = True
    with pytest.raises(CannotDecide):
        asyncio.run(_verified(verifier, authority.opaque_token()))
