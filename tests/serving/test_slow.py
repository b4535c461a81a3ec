"""HTTP-05: connections that take their time are closed at the deadline, and healthy requests do not notice them."""

import socket
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import pytest
from tests.serving.conftest import DEADLINE, Site
from tests.serving.raw import PATIENCE, basic, read_to_end, request, status

CROWD = 60  # connections of each kind
TOKEN = b"POST /token HTTP/1.1\r\nHost: %b\r\nContent-Type: application/x-www-form-urlencoded\r\n"
FORM = b"grant_type=client_credentials&scope=jobs"

# What is sent at once, and what trickles in behind it.
SLOW = {
    "silence": (b"", b""),
    "blank lines": (b"\r\n", b"\r\n"),
    "a method": (b"GE", b""),
    "a head": (b"GET /jwks HTTP/1.1\r\nHost: %b\r\n", b"X-A: b\r\n"),
    "a length and no body": (TOKEN + b"Content-Length: 40\r\n\r\n", b""),
    "a body": (TOKEN + b"Content-Length: 4000\r\n\r\na=", b"b"),
    "chunks": (TOKEN + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "a chunk's extension": (TOKEN + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x"),
    "a body nobody reads": (b"GET /jwks HTTP/1.1\r\nHost: %b\r\nContent-Length: 4000\r\n\r\n", b"a"),
}


@contextmanager
def connected(site: Site, raw: bytes) -> Generator[socket.socket]:
    with site.peer.connect() as connection:
        connection.sendall(raw.replace(b"%b", site.peer.host))
        yield connection


@pytest.mark.parametrize("name", SLOW)
def test_HTTP_05_a_request_that_does_not_end_is_ended(site: Site, name: str):
    raw, more = SLOW[name]
    with connected(site, raw) as connection:
        assert hangs_up(connection, more)


def hangs_up(connection: socket.socket, more: bytes) -> bool:
    """Send a little more every now and then, until the other side has had enough; whether it ever has."""
    connection.settimeout(DEADLINE / 10)
    for _ in range(int(10 * PATIENCE / DEADLINE)):
        try:
            connection.sendall(more)
            if not connection.recv(65_536):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def test_HTTP_05_a_second_request_has_a_deadline_too(site: Site):
    with connected(site, b"GET /jwks HTTP/1.1\r\nHost: %b\r\n\r\n") as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"\r\n")
        assert read_to_end(connection) == b""  # and it ends: uvicorn alone would wait three times as long as this test


def test_a_connection_is_kept_for_the_next_request(site: Site):
    with connected(site, b"GET /jwks HTTP/1.1\r\nHost: %b\r\n\r\n") as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        time.sleep(1.5 * DEADLINE)  # idle between requests is not slow
        connection.sendall(b"\r\nGET /jwks HTTP/1.1\r\nHost: %b\r\n\r\n" % site.peer.host)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


def test_HTTP_05_healthy_requests_are_answered_meanwhile(site: Site):
    head = request("POST", "/token", site.peer.host, *healthy_headers(site))
    with ExitStack() as crowd:
        for raw, _ in SLOW.values():
            for _ in range(CROWD):
                crowd.enter_context(connected(site, raw))
        assert [status(site.peer.send(head + FORM)) for _ in range(20)] == [200] * 20


def healthy_headers(site: Site) -> tuple[str, ...]:
    kind = "Content-Type: application/x-www-form-urlencoded"
    return kind, f"Content-Length: {len(FORM)}", basic("daemon", site.secret)
