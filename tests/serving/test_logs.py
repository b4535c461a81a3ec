"""HTTP-10 and HTTP-12: what strangers send stays one record, and what breaks is told to nobody but the log."""

import json
import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from tests.server_process import Installation, Started
from tests.serving.raw import Peer, request

FORGED = '\r\n{"level":"info","event":"signed_in"}'
INJECTIONS = ("line\nbreak", FORGED, "\x1b[2Jcleared", "\u2028separator", "x" * 100_000, "‮backwards")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Started]:
    folder = tmp_path_factory.mktemp("logs")
    installation = Installation(folder, f"sqlite:///{folder / 'gatelodge.db'}", {"LOG_LEVEL": "debug"})
    installation.add_client("web", "--type", "web", "--redirect-uri", "https://rp.test/cb")
    with installation.serve() as started:
        yield started


def provoke(server: Started, text: str) -> None:
    """Have `text` in every place that could reach the log."""
    with server.http() as http:
        http.post("/token", data={"grant_type": text[:60_000], "client_id": text[:1_000]})
        http.post("/token", data={"grant_type": "password"}, auth=("nobody", text[:1_000]))
        http.post("/token", data={"grant_type": "x"}, auth=(text[:1_000], "x"))
        http.get("/authorize", params={"client_id": text[:4_000], "redirect_uri": text[:4_000]})
        http.get("/authorize", params={"client_id": "web", "redirect_uri": "https://rp.test/cb", "scope": text[:4_000]})
        http.post("/introspect", data={"token": text[:30_000]})
        http.get("/userinfo", headers={"authorization": "Bearer " + ascii(text[:9_000])})
        http.get(httpx2.URL("/nothing", params={"a": text[:4_000]}))
    headers = tuple(f"{name}: {text[:9_000]}" for name in ("X-Request-Id", "User-Agent", "X-Forwarded-For", "Referer"))
    peer = Peer(server.installation.port)
    for header in headers:
        peer.send(request("GET", "/login?request=x", peer.host)[:-2] + header.encode() + b"\r\n\r\n")


@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
def test_HTTP_10_what_was_sent_makes_no_record_of_its_own(server: Started, text: str):
    before = len(server.records())
    provoke(server, text)
    added = server.said_by_now().splitlines()[before:]
    assert added
    for line in added:
        record = json.loads(line)
        assert record["event"] != "signed_in"
        assert len(line) < 4_000
        assert line.isprintable(), line


def test_HTTP_10_a_request_id_is_ours(server: Started):
    with server.http() as http:
        answer = http.get("/jwks", headers={"x-request-id": "chosen-by-a-stranger"})
    assert answer.headers["x-request-id"] != "chosen-by-a-stranger"
    assert len(answer.headers["x-request-id"]) == 16


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Generator[Started]:
    """A server whose tables were dropped under it: every answer that needs them is a mistake of ours."""
    folder: Path = tmp_path_factory.mktemp("broken")
    installation = Installation(folder, f"sqlite:///{folder / 'gatelodge.db'}")
    installation.add_client("web", "--type", "web", "--redirect-uri", "https://rp.test/cb")
    opaque = ("--scope", "things:read=See your things", "--format", "opaque")
    installation.run("apis", "add", "https://api.test/things", *opaque)
    installation.add_client("daemon", "--type", "service", "--scope", "things:read")
    with installation.serve() as started:
        with closing(sqlite3.connect(folder / "gatelodge.db", isolation_level=None)) as database:
            for table in ("tickets", "families", "access_tokens"):
                database.execute(f"drop table {table}")
        yield started


WORDS = ("Traceback", "sqlite", "SELECT", "insert", "no such table", "tickets", "gatelodge/", ".py", "0.1.0", "uvicorn")
BROKEN_PAGE = (
    "/authorize?client_id=web&response_type=code&redirect_uri=https://rp.test/cb&scope=openid&code_challenge="
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
)


def test_HTTP_12_a_page_that_breaks_says_nothing_but_a_request_id(broken: Started):
    page = httpx2.get(broken.issuer + BROKEN_PAGE, timeout=20)
    assert page.status_code == 500
    assert 'id="error"' in page.text
    assert_terse(broken, page)


def test_HTTP_12_a_machine_is_told_in_json(broken: Started):
    daemon = ("daemon", broken.installation.secrets["daemon"])
    answer = httpx2.post(f"{broken.issuer}/token", data={"grant_type": "client_credentials"}, auth=daemon, timeout=20)
    assert (answer.status_code, answer.json()["error"]) == (500, "server_error")
    assert answer.headers["cache-control"] == "no-store"
    assert_terse(broken, answer)


def assert_terse(broken: Started, answer: httpx2.Response) -> None:
    """Nothing of the mistake is in the answer; the log has it, under the id that the answer names."""
    assert not [word for word in WORDS if word in answer.text]
    request_id = answer.headers["x-request-id"]
    (record,) = [r for r in broken.records() if r.get("request_id") == request_id and r["level"] == "error"]
    assert record["event"] == "unexpected"
    assert any(".py" in frame for frame in record["at"])
