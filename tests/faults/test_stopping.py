"""Told to stop, the server finishes what it began and takes nothing new."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.server_process import PATIENCE, Installation, Started, eventually

BODY = b"grant_type=client_credentials"


@contextmanager
def half_sent(server: Started) -> Generator[socket.socket]:
    """A token request of which the head and half of the body have arrived."""
    head = (
        f"POST /token HTTP/1.1\r\nHost: 127.0.0.1:{server.installation.port}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(BODY)}\r\n"
        "Expect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.installation.port), timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1_000).startswith(b"HTTP/1.1 100")  # a worker has it in hand
        connection.sendall(BODY[:10])
        yield connection


@pytest.mark.parametrize("workers", [1, 2])
def test_SIGTERM_lets_a_running_request_finish_and_takes_no_new_one(tmp_path: Path, workers: int):
    installation = Installation(tmp_path, f"sqlite:///{tmp_path / 'gatelodge.db'}")
    with installation.serve(workers) as server, half_sent(server) as running:
        server.process.terminate()
        eventually(lambda: "Shutting down" in server.said(), "it hears")
        eventually(lambda: refuses(server), "it takes nothing new")
        running.sendall(BODY[10:])
        assert running.recv(65_536).startswith(b"HTTP/1.1 401")
        assert server.process.wait(PATIENCE) in (0, -15)
        assert '"level":"error"' not in server.said()


def test_an_idle_connection_holds_nothing_up_and_no_file_stays(tmp_path: Path):
    installation = Installation(tmp_path, f"sqlite:///{tmp_path / 'gatelodge.db'}")
    with installation.serve(workers=2) as server, server.http() as http:
        assert http.get("/jwks").status_code == 200
        assert list(tmp_path.glob("gatelodge-metrics-*"))
        assert server.stop() == 0
        assert "graceful shutdown exceeded" not in server.said()
    assert not list(tmp_path.glob("gatelodge-metrics-*"))


def refuses(server: Started) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.installation.port), timeout=5).close()
    except OSError:
        return True
    return False
