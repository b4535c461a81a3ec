"""The code to take away works: the commands in a shell, the programs in their frameworks, against a demo that runs."""

import json
import re
import subprocess
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.testclient import TestClient
from tests.docs.conftest import Demo, Person
from tests.docs.conftest import demo as demo
from tests.docs.conftest import person as person

from gatelodge.web.playground.flows import FLOWS
from gatelodge.web.playground.sample import Sample
from gatelodge.web.playground.snippets import snippets

pytestmark = pytest.mark.slow


def snippet(demo: Demo, flow: str, language: str, **instead: str) -> str:
    sample = Sample(demo.issuer, "playground-secret", 60)
    text = next(one.text for one in snippets(FLOWS[flow], sample) if one.key == language)
    for old, new in instead.items():
        text = text.replace(old, new)
    return text


def run(text: str, monkeypatch: pytest.MonkeyPatch, secret: str) -> dict[str, Any]:
    """Run a program and return what it defines."""
    monkeypatch.setenv("CLIENT_SECRET", secret)
    names: dict[str, Any] = {"__name__": "main"}
    exec(compile(text, "main.py", "exec"), names)
    return names


@pytest.mark.parametrize("flow", ["code", "public"])
def test_the_commands_of_a_sign_in(demo: Demo, person: Person, flow: str) -> None:
    shell = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", snippet(demo, flow, "curl")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdout is not None
    page = person.open(shell.stdout.readline().strip())
    assert "Nobody here asked for this answer" in page.text
    (code,) = parse_qs(urlsplit(str(page.url)).query)["code"]
    said, _ = shell.communicate(code + "\n", timeout=30)

    orders, refreshed = said.partition("]}")[::2]
    assert json.loads(orders + "]}")["orders_of"] == "demo-alice"
    assert {"access_token", "refresh_token"} <= json.loads(refreshed).keys()


def test_the_commands_of_a_machine(demo: Demo) -> None:
    said = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", snippet(demo, "machine", "curl")],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert json.loads(said.stdout)["orders_of"] == "playground"


def test_a_fastapi_service_calls_the_api(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run(snippet(demo, "machine", "fastapi"), monkeypatch, "playground-secret")["app"]

    assert TestClient(app).get("/report").json() == {"orders": 2}


def test_a_flask_service_calls_the_api(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run(snippet(demo, "machine", "flask"), monkeypatch, "playground-secret")["app"]

    assert app.test_client().get("/report").json == {"orders": 2}


@pytest.mark.parametrize("language", ["fastapi", "flask"])
def test_the_api_that_a_public_client_calls(demo: Demo, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run(snippet(demo, "public", language), monkeypatch, "")["app"]
    client = TestClient(app) if language == "fastapi" else app.test_client()
    form = {"grant_type": "client_credentials", "scope": "orders:read"}
    token = httpx2.post(f"{demo.issuer}/token", data=form, auth=("playground", "playground-secret")).json()

    answer = client.get("/orders", headers={"authorization": f"Bearer {token['access_token']}"})
    assert answer.status_code == 200
    assert client.get("/orders").status_code == 401


@pytest.mark.parametrize("language", ["fastapi", "flask"])
def test_ten_lines_log_people_in(demo: Demo, person: Person, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The demo's web application plays the one that the comment tells to register.
    text = snippet(demo, "code", language, **{'"my-app"': '"demo-web"'})
    app = run(text, monkeypatch, "demo-web-secret")["app"]
    if language == "fastapi":
        client: Any = TestClient(app, base_url=demo.issuer, follow_redirects=False)
        answer = client.get("/login")
    else:
        client = app.test_client()
        answer = client.get("/login", base_url=demo.issuer)
    where = answer.headers["location"]

    assert answer.status_code == 303
    assert where.startswith(f"{demo.issuer}/authorize?")
    assert re.search("code_challenge_method=S256", where)
