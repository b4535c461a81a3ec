"""LOG-02: standard error is a full pipe that nobody reads. The server answers on, says so, and ends when told to."""

import os
import re
import socket
from pathlib import Path

import httpx2
import pytest
from tests.conftest import ENGINES, Postgres
from tests.server_process import PATIENCE, Installation, answers, eventually
from tests.telemetry.test_outlet import fill

from gatelodge.telemetry.outlet import ROOM

ASKED = 200
PIPELINED = 100
HEAD = "GET /authorize HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("engine", ENGINES)
def test_LOG_02_a_log_that_nobody_reads_stops_no_request_and_no_end(
    tmp_path: Path, engine: str, workers: int, request: pytest.FixtureRequest
):
    database = f"sqlite:///{tmp_path / 'gatelodge.db'}"
    if engine == "postgres":
        server: Postgres = request.getfixturevalue("postgres_server")
        database = server.make(f"unread_{workers}")
    installation = Installation(tmp_path, database, {"LOG_LEVEL": "debug"})
    reads, writes = os.pipe()
    fill(writes)
    started = installation.start("--workers", str(workers), stderr=writes)
    os.close(writes)
    try:
        eventually(lambda: answers(f"{installation.issuer}/jwks"), "it starts")
        with started.http() as http:
            refused = {http.get("/authorize").status_code for _ in range(ASKED)}
        assert refused == {400}  # each of which is a record
        eventually(lambda: httpx2.get(f"{started.management}/readyz", timeout=PATIENCE).status_code == 200, "ready")
        assert started.stop() == 0
    finally:
        started.kill()
        os.close(reads)


def test_LOG_02_what_was_dropped_is_counted_and_told_when_somebody_reads_again(tmp_path: Path):
    installation = Installation(tmp_path, f"sqlite:///{tmp_path / 'gatelodge.db'}")
    reads, writes = os.pipe()
    filled = fill(writes)
    started = installation.start(stderr=writes)
    os.close(writes)
    try:
        eventually(lambda: answers(f"{installation.issuer}/jwks"), "it starts")
        flood(installation.port, 2 * ROOM + 500)  # as many may be on their way as wait
        counted = dropped(started.management)
        assert counted > 0
        said = os.read(reads, filled)
        while f'"records":{counted:.0f}' not in said[filled:].decode():
            said += os.read(reads, 65_536)
        assert dropped(started.management) == counted
        assert started.stop() == 0
    finally:
        started.kill()
        os.close(reads)


def flood(port: int, requests: int) -> None:
    """Send refused requests, many at a time, and read every answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        for _ in range(-(-requests // PIPELINED)):
            connection.sendall(HEAD.format(port=port).encode() * PIPELINED)
            answered = b""
            while answered.count(b"HTTP/1.1 400") < PIPELINED or not answered.rstrip().endswith(b"</html>"):
                answered += connection.recv(1 << 20)


def dropped(management: str) -> float:
    text = httpx2.get(f"{management}/metrics", timeout=PATIENCE).text
    found = re.search(r"^gatelodge_log_dropped_total (\S+)$", text, re.M)
    return float(found[1]) if found else 0.0
