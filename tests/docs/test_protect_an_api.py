"""docs/protect-an-api.md: every example lets the demo's daemon in, and nobody without a token."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from django.test import RequestFactory, override_settings
from tests.docs.conftest import Demo, serving
from tests.docs.examples import example
from tests.ports import free_port
from tests.resource.applications import call_tool, over_asgi, over_wsgi, set_up_django


@pytest.fixture(scope="module")
def token(demo: Demo) -> str:
    """What the demo's daemon has for the demo's API."""
    said = demo.shell().run(
        "curl -s -u demo-daemon:demo-daemon-secret http://localhost:8000/token"
        " -d grant_type=client_credentials -d scope=orders:read"
    )
    return json.loads(said)["access_token"]


def run(demo: Demo, text: str, **instead: str) -> dict[str, Any]:
    """Run an example here, against the demo, and return what it defines."""
    namespace: dict[str, Any] = {"__name__": "an_example"}
    exec(demo.shell(**instead).put(text), namespace)
    return namespace


def bearer(token: str) -> tuple[str, str]:
    return "authorization", f"Bearer {token}"


def test_fastapi_and_curl(demo: Demo) -> None:
    port = free_port()
    shell = demo.shell(**{"localhost:5000": f"localhost:{port}"})
    (demo.folder / "api.py").write_text(shell.put(example("docs/protect-an-api.md", "# api.py")))
    with serving(["uvicorn", "api:app", "--port", str(port)], demo.folder, f"http://localhost:{port}/"):
        said = shell.run(example("docs/protect-an-api.md", "curl -s -u demo-daemon"))
    assert said.startswith('{"orders of":"demo-daemon"}HTTP/1.1 401')
    assert f'www-authenticate: Bearer realm="{demo.issuer}/demo/api", scope="orders:read"' in said


def test_starlette(demo: Demo, token: str) -> None:
    call = over_asgi(run(demo, example("docs/protect-an-api.md", "# starlette_api.py"))["app"])
    assert call("/orders", bearer(token)).json == {"orders of": "demo-daemon"}
    assert call("/orders").status == 401


def test_flask(demo: Demo, token: str) -> None:
    call = over_wsgi(run(demo, example("docs/protect-an-api.md", "# flask_api.py"))["app"])
    assert call("/orders", bearer(token)).json == {"orders of": "demo-daemon"}
    assert call("/orders").status == 401


@pytest.fixture
def settings(demo: Demo) -> Any:
    set_up_django()
    settings = run(demo, example("docs/protect-an-api.md", "# settings.py"))
    with override_settings(GATELODGE_VERIFIER=settings["GATELODGE_VERIFIER"]):
        yield


@pytest.mark.usefixtures("settings")
def test_django(demo: Demo, token: str) -> None:
    view = run(demo, example("docs/protect-an-api.md", "# views.py"))["orders"]
    assert json.loads(view(_request(token)).content) == {"orders of": "demo-daemon"}
    assert view(_request()).status_code == 401


@pytest.mark.usefixtures("settings")
def test_django_rest_framework(demo: Demo, token: str) -> None:
    view = run(demo, example("docs/protect-an-api.md", "# rest_views.py"))["Orders"].as_view()
    assert view(_request(token)).data == {"orders of": "demo-daemon"}
    assert view(_request()).status_code == 401


def _request(token: str | None = None) -> Any:
    return RequestFactory().get("/orders", headers=dict([bearer(token)]) if token else None)


@pytest.mark.parametrize(
    "text",
    [example("docs/protect-an-api.md", "# mcp_server.py"), example("docs/protect-an-api.md", "# fastmcp_server.py")],
    ids=["MCP SDK", "FastMCP"],
)
def test_mcp(text: str, demo: Demo, token: str) -> None:
    here = {"https://id.example.com": demo.issuer, "https://api.example.com/mcp": f"{demo.issuer}/demo/api"}
    answers: list[httpx2.Response] = []
    for headers in ([bearer(token)], []):
        server = run(demo, text, **here)["server"]
        server.tool()(whoami)
        make = getattr(server, "http_app", None) or server.streamable_http_app
        app = make(stateless_http=True, json_response=True)
        answers.append(asyncio.run(call_tool(app, *headers)))
    let_in, refused = answers
    assert let_in.json()["result"]["content"][0]["text"] == "a tool"
    assert refused.status_code == 401


def whoami() -> str:
    """Something to call."""
    return "a tool"


def test_anything_else(demo: Demo, token: str) -> None:
    caller_of = run(demo, example("docs/protect-an-api.md", "# caller.py"))["caller_of"]
    assert caller_of(token).sub == "demo-daemon"
    assert caller_of("nonsense") == "no: the access token is not valid here (RFC 7515 7.1)"


def test_another_framework(demo: Demo, token: str) -> None:
    answer = run(demo, example("docs/protect-an-api.md", "# another_framework.py"))["answer"]
    assert answer([bearer(token)], False) == (200, {"x-caller": "demo-daemon"})
    assert answer([bearer(token)], True)[0] == 400
    status, headers = answer([], False)
    assert (status, 'scope="orders:read"' in headers["www-authenticate"]) == (401, True)


def test_metadata_of_the_api(demo: Demo) -> None:
    call = over_asgi(run(demo, example("docs/protect-an-api.md", "# metadata.py"))["app"])
    assert call("/.well-known/oauth-protected-resource/orders").json["authorization_servers"] == [
        "https://id.example.com"
    ]


def test_opaque_tokens(demo: Demo, token: str) -> None:
    text = example("docs/protect-an-api.md", "# opaque.py")
    here = {"https://id.example.com": demo.issuer, "https://api.example.com/orders": f"{demo.issuer}/demo/api"}
    verifier = run(demo, text, **here)["verifier"]
    assert verifier.verify_sync(token).sub == "demo-daemon"
