"""The management listener: alive, ready, and counters that add up whoever answered."""

import os
import re
import signal
from collections.abc import Generator
from pathlib import Path

import httpx2
import pytest
from tests.server_process import Installation, Started, eventually

ASKED = 30


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Started]:
    folder = tmp_path_factory.mktemp("managed")
    installation = Installation(folder, f"sqlite:///{folder / 'gatelodge.db'}")
    with installation.serve(workers=request.param) as started:
        yield started


def counted(server: Started, metric: str) -> float:
    """The value of one sample, 0 if there is none."""
    text = httpx2.get(f"{server.management}/metrics", timeout=20).text
    found = re.search(rf"^{re.escape(metric)} (\S+)$", text, re.M)
    return float(found[1]) if found else 0.0


def ask_often(server: Started) -> None:
    """Ask over a new connection each time, so that every worker gets its share."""
    for _ in range(ASKED):
        assert httpx2.get(f"{server.issuer}/jwks", timeout=20).status_code == 200


def test_it_tells_and_counts(server: Started):
    assert httpx2.get(f"{server.management}/livez").text == "alive\n"
    said = httpx2.get(f"{server.management}/readyz").json()
    assert (said["ready"], said["wrong"], said["warnings"]) == (True, {}, {})
    assert sorted(said["watches"]) == [
        *("kept_tokens", "keys", "outbox", "outbox_logout", "providers", "registry", "sweep"),
    ]

    jwks = 'gatelodge_requests_total{endpoint="jwks",status="200"}'
    before = counted(server, jwks)
    ask_often(server)
    assert counted(server, jwks) == before + ASKED
    assert counted(server, 'gatelodge_request_seconds_count{endpoint="jwks"}') == before + ASKED

    httpx2.post(f"{server.issuer}/token", data={"grant_type": "x"}, timeout=20)
    assert counted(server, 'gatelodge_requests_total{endpoint="token",status="401"}') == 1
    strangers = counted(server, 'gatelodge_requests_total{endpoint="none",status="404"}')
    httpx2.get(f"{server.issuer}/what-a-stranger-typed", timeout=20)
    assert counted(server, 'gatelodge_requests_total{endpoint="none",status="404"}') == strangers + 1
    assert "what-a-stranger" not in httpx2.get(f"{server.management}/metrics").text


def test_counters_outlive_the_worker_that_counted(tmp_path: Path):
    installation = Installation(tmp_path, f"sqlite:///{tmp_path / 'gatelodge.db'}")
    with installation.serve(workers=2) as server:
        jwks = 'gatelodge_requests_total{endpoint="jwks",status="200"}'
        ask_often(server)
        before = counted(server, jwks)
        os.kill(server.workers()[0], signal.SIGKILL)
        eventually(lambda: server.is_ready(workers=3), "its successor serves")
        assert counted(server, jwks) >= before


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/healthz", "/docs", "/debug"])
def test_HTTP_15_nothing_of_it_is_on_the_public_listener(server: Started, path: str):
    assert httpx2.get(server.issuer + path).status_code == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [("evil.test", 421), ("127.0.0.1.evil.test:9000", 421), ("10.0.0.7:9000", 200), ("[::1]:9000", 200)],
)
def test_HTTP_18_no_page_of_another_name_reads_it(server: Started, host: str, status: int):
    for path in ("/livez", "/readyz", "/metrics"):
        answer = httpx2.get(f"{server.management}{path}", headers={"host": host})
        assert answer.status_code == status
        assert (status == 200) or "gatelodge_" not in answer.text


def test_it_does_nothing_else(server: Started):
    assert httpx2.get(f"{server.management}/").status_code == 404
    assert httpx2.post(f"{server.management}/livez").status_code == 405
    assert httpx2.head(f"{server.management}/metrics").content == b""
