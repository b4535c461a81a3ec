"""Requests over real sockets, to a server that answers whatever a test wants."""

import re
import socket
import ssl
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Event, Thread

import httpx2
import pytest
import trustme

from gatelodge.client import (
    AddressRefused,
    AsyncSender,
    HttpRequest,
    HttpResponse,
    NetworkRoute,
    Sender,
    ServerUnavailable,
    UnexpectedAnswer,
)

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


class Wire:
    """A server made of bytes: it says `answer` to everybody and keeps what it heard."""

    def __init__(self, answer: bytes | Callable[[socket.socket], object], tls: ssl.SSLContext | None, is_deaf: bool):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard: list[bytes] = []
        self._is_deaf = is_deaf
        self._answer, self._tls = answer, tls
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            try:
                self._talk(connection)
            except OSError:
                connection.close()

    def _talk(self, connection: socket.socket) -> None:
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection:
            if not self._is_deaf:
                self.heard.append(whole_request(connection))
            if callable(self._answer):
                self._answer(connection)
            else:
                connection.sendall(self._answer)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits for a connection
        self._listener.close()


def whole_request(connection: socket.socket) -> bytes:
    heard = connection.recv(65_536)
    while heard and not is_whole(heard):
        heard += connection.recv(65_536)
    return heard


def is_whole(heard: bytes) -> bool:
    head, end, body = heard.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head.lower())
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


@contextmanager
def wire(
    answer: bytes | Callable[[socket.socket], object] = OK, tls: ssl.SSLContext | None = None, *, is_deaf: bool = False
) -> Generator[Wire]:
    """Serve; a deaf server answers before anything was said."""
    server = Wire(answer, tls, is_deaf)
    yield server
    server.close()


async def both(request: HttpRequest, route: NetworkRoute | None = None) -> HttpResponse:
    """Send from a thread and from a task, and see that it is the same."""
    outcomes: list[object] = []
    for send in (lambda: Sender(route)(request), lambda: AsyncSender(route)(request)):
        try:
            answer = send()
            outcomes.append(answer if isinstance(answer, HttpResponse) else await answer)
        except Exception as error:  # noqa: BLE001 - compared and raised below
            outcomes.append(error)
    first, second = outcomes
    if isinstance(first, Exception):
        assert (type(first), str(first)) == (type(second), str(second))
        raise first
    assert first == second
    assert isinstance(first, HttpResponse)
    return first


pytestmark = pytest.mark.anyio


async def test_a_form_goes_out_and_an_answer_comes_back():
    with wire() as server:
        form = (("grant_type", "client_credentials"), ("resource", "https://a.test"), ("resource", "https://b.test/ü"))
        request = HttpRequest(
            "POST", f"http://127.0.0.1:{server.port}/token?a=b", {"authorization": "Basic eA=="}, form
        )
        assert await both(request) == HttpResponse(
            200, {"content-type": "application/json", "content-length": "2"}, b"{}"
        )

    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    lines = head.lower().splitlines()
    assert head.startswith(b"POST /token?a=b HTTP/1.1")
    assert f"host: 127.0.0.1:{server.port}".encode() in lines
    assert b"accept-encoding: identity" in lines
    assert b"authorization: basic ea==" in lines
    assert body == (
        b"grant_type=client_credentials&resource=https%3A%2F%2Fa.test&resource=https%3A%2F%2Fb.test%2F%C3%BC"
    )


async def test_CL_06_a_redirect_is_an_answer_and_is_not_followed():
    with wire() as elsewhere:
        moved = f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{elsewhere.port}/\r\ncontent-length: 0\r\n\r\n"
        with wire(moved.encode()) as server:
            assert (await both(HttpRequest("GET", f"http://127.0.0.1:{server.port}/"))).status == 302
        assert elsewhere.heard == []


async def test_CL_06_ten_megabytes_are_not_read_to_their_end():
    sent: list[int] = []

    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n")
        try:
            for number in range(100):
                connection.sendall(b" " * 100_000)
                sent.append(number)
        except OSError:
            pass

    with wire(pour) as server:
        with pytest.raises(UnexpectedAnswer, match="262144 bytes"):
            await both(HttpRequest("GET", f"http://127.0.0.1:{server.port}/"))
        assert 99 not in sent


async def test_a_compressed_answer_is_not_unpacked():
    packed = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nbomb"
    with wire(packed) as server, pytest.raises(UnexpectedAnswer, match="compressed"):
        await both(HttpRequest("GET", f"http://127.0.0.1:{server.port}/"))


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("https://id.test", ["10.0.0.1"]),
        ("https://id.test", ["127.0.0.1"]),
        ("https://id.test", ["::1"]),
        ("https://id.test", ["9.9.9.9", "192.168.1.1"]),
        ("https://id.test", ["::ffff:127.0.0.1"]),
        ("https://10.0.0.1", ["10.0.0.1"]),
    ],
)
async def test_CL_06_a_name_that_leads_into_a_private_network_is_not_dialled(host: str, addresses: list[str]):
    route = NetworkRoute(resolve=lambda _host, _port: addresses)
    with pytest.raises(AddressRefused, match=r"open internet.*: NetworkRoute\(allow_private=True\)"):
        await both(HttpRequest("GET", f"{host}/token"), route)


@pytest.mark.parametrize("allow_private", [False, True])
@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe"),
        *("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "2002:a00:1::", "2001::1"),
        *("0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1"),
    ],
)
async def test_CL_06_no_server_has_a_link_local_address(address: str, allow_private: bool):
    route = NetworkRoute(allow_private=allow_private, resolve=lambda _host, _port: ["9.9.9.9", address])
    with pytest.raises(AddressRefused, match="neither link-local") as refused:
        await both(HttpRequest("GET", "https://id.test/token"), route)
    assert "allow_private" not in str(refused.value)  # it would not help


@pytest.mark.parametrize("allow_private", [False, True])
@pytest.mark.parametrize(
    ("host", "address"), [("http://localhost:80", "9.9.9.9"), ("https://localhost", "10.0.0.1"), ("http://[::1]", "::")]
)
async def test_CL_06_a_name_of_loopback_leads_nowhere_else(host: str, address: str, allow_private: bool):
    route = NetworkRoute(allow_private=allow_private, resolve=lambda _host, _port: [address])
    with pytest.raises(AddressRefused, match="to lead to this machine"):
        await both(HttpRequest("GET", f"{host}/token"), route)


@pytest.mark.parametrize("url", ["http://id.test/", "ftp://id.test/", "file:///etc/passwd", "https://a@id.test/", "x"])
@pytest.mark.parametrize("allow_private", [False, True])
async def test_CL_06_what_is_neither_https_nor_loopback_is_not_opened(url: str, allow_private: bool):
    with pytest.raises(AddressRefused, match="https, or http on loopback"):
        await both(HttpRequest("GET", url), NetworkRoute(allow_private=allow_private))


async def test_a_name_is_looked_up_once_and_the_certificate_is_of_the_name():
    """The second look-up of a rebinding attacker never happens; the server still hears which host is meant."""
    authority = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(serving)
    authority.configure_trust(trusting)
    names: list[str | None] = []
    serving.sni_callback = lambda _socket, name, _context: names.append(name)
    looked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        looked.append(host)
        return ["127.0.0.1"] if len(looked) < 3 else ["10.0.0.1"]

    with wire(tls=serving) as server:
        url = f"https://localhost:{server.port}/"
        assert (await both(HttpRequest("GET", url), NetworkRoute(resolve=resolve, tls=trusting))).status == 200
    assert looked == ["localhost"] * 2
    assert names == ["localhost"] * 2
    assert all(f"host: localhost:{server.port}".encode() in heard.lower() for heard in server.heard)


async def test_a_certificate_of_another_name_is_refused():
    authority = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("another.test").configure_cert(serving)
    authority.configure_trust(trusting)
    with wire(tls=serving) as server:
        with pytest.raises(ServerUnavailable) as failure:
            await both(HttpRequest("GET", f"https://localhost:{server.port}/"), NetworkRoute(tls=trusting))
        assert not failure.value.sent


async def test_nobody_there_is_known_not_to_have_heard_us():
    with wire() as server:
        port = server.port
    with pytest.raises(ServerUnavailable) as failure:
        await both(HttpRequest("POST", f"http://127.0.0.1:{port}/token", form=()))
    assert (failure.value.sent, failure.value.status) == (False, None)


async def test_a_name_without_an_address_is_known_not_to_have_heard_us():
    def nowhere(_host: str, _port: int) -> list[str]:
        raise OSError

    with pytest.raises(ServerUnavailable, match="no address") as failure:
        await both(HttpRequest("GET", "https://id.test/"), NetworkRoute(resolve=nowhere))
    assert not failure.value.sent


async def test_the_next_address_is_tried_where_nobody_heard_us():
    with wire() as server:
        route = NetworkRoute(resolve=lambda _host, _port: ["::1", "127.0.0.1"])
        assert (await both(HttpRequest("GET", f"http://localhost:{server.port}/"), route)).status == 200


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", b"nonsense\r\n\r\n"])
async def test_a_lost_answer_may_have_been_heard_and_is_not_asked_for_again(answer: bytes):
    with wire(answer) as server:
        with pytest.raises(ServerUnavailable) as failure:
            await both(HttpRequest("POST", f"http://127.0.0.1:{server.port}/token", form=()))
        assert failure.value.sent
        assert len(server.heard) == 2  # one from the thread, one from the task


def trickling(begin: bytes, byte: bytes) -> Callable[[socket.socket], None]:
    """Say `begin`, then a byte every now and then: no single wait is long, and all of them are 20 seconds."""

    def trickle(connection: socket.socket) -> None:
        connection.sendall(begin)
        connection.settimeout(0.02)
        for _ in range(1_000):
            connection.sendall(byte)
            try:
                connection.recv(1)
            except TimeoutError:
                continue

    return trickle


@pytest.mark.parametrize(
    ("scheme", "begin", "byte"),
    [
        ("http", b"", b"H"),
        ("http", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-header: ", b"x"),
        ("http", b"HTTP/1.1 100 Continue\r\n", b"x: y\r\n"),
        ("http", b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", b" "),
        ("http", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"0"),
        ("https", b"\x16\x03\x03\x40\x00", b"\x02"),
    ],
    ids=["status", "header", "informational", "body", "chunk", "handshake"],
)
async def test_a_server_that_trickles_is_given_up(scheme: str, begin: bytes, byte: bytes):
    with wire(trickling(begin, byte), is_deaf=scheme == "https") as server:
        request, route = HttpRequest("GET", f"{scheme}://localhost:{server.port}/"), NetworkRoute(timeout=0.4)
        with pytest.raises(ServerUnavailable, match="in time"):
            Sender(route)(request)
        with pytest.raises(ServerUnavailable, match="in time"):
            await AsyncSender(route)(request)


async def test_a_server_that_does_not_read_is_given_up():
    """What cannot be sent is waited for no longer than what does not come."""
    done = Event()
    with wire(lambda _: done.wait(20), is_deaf=True) as server:
        form, route = (("a", "b" * 20_000_000),), NetworkRoute(timeout=0.4)
        sending = HttpRequest("POST", f"http://127.0.0.1:{server.port}/", form=form)
        with pytest.raises(ServerUnavailable, match="in time"):
            await both(sending, route)
        done.set()


async def test_a_dead_address_leaves_time_for_the_next_one():
    """A port whose queue is full takes no connection and says nothing."""
    with wire() as server, socket.create_server(("127.0.0.2", server.port), backlog=0) as dead:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(dead.getsockname())
        route = NetworkRoute(timeout=1.5, resolve=lambda _host, _port: ["127.0.0.2", "127.0.0.1"])
        assert (await both(HttpRequest("GET", f"http://localhost:{server.port}/"), route)).status == 200
        for one in waiting:
            one.close()


async def test_no_proxy_variable_is_believed(monkeypatch: pytest.MonkeyPatch):
    with wire() as proxy, wire() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await both(HttpRequest("GET", f"http://127.0.0.1:{server.port}/"))
        assert proxy.heard == []


async def test_an_own_client_replaces_the_connection():
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"a": 1})

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http:
        assert Sender(http=http)(HttpRequest("GET", "https://id.internal/")).status == 200
        with pytest.raises(AddressRefused):
            Sender(http=http)(HttpRequest("GET", "http://id.internal/"))
    assert [str(request.url) for request in seen] == ["https://id.internal/"]
