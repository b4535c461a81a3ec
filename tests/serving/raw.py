"""Bytes to a socket and bytes back: what no HTTP client would send."""

import select
import socket
from base64 import b64encode
from dataclasses import dataclass

FORM = "application/x-www-form-urlencoded"
PATIENCE = 20.0  # seconds


@dataclass(frozen=True)
class Peer:
    """Who connects to the server on `port`."""

    port: int

    @property
    def host(self) -> bytes:
        return b"127.0.0.1:%d" % self.port

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def send(self, raw: bytes) -> bytes:
        """Send bytes and return everything up to the moment the server closes. Fails if it never does."""
        with self.connect() as connection:
            return read_to_end(connection, raw)

    def get(self, path: str, *headers: str) -> bytes:
        """Send a well-formed GET, with further header lines, and return the whole answer."""
        return self.send(request("GET", path, self.host, *headers))

    def post(self, path: str, body: bytes, *headers: str, kind: str = FORM) -> bytes:
        lines = (f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers)
        return self.send(request("POST", path, self.host, *lines) + body)


def request(method: str, path: str, host: bytes, *headers: str) -> bytes:
    """A request head that asks for the connection to be closed."""
    lines = (f"{method} {path} HTTP/1.1", f"Host: {host.decode()}", "Connection: close", *headers)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def read_to_end(connection: socket.socket, raw: bytes = b"") -> bytes:
    """Send what there is to send, then read until the other side closes."""
    answer = b""
    try:
        connection.sendall(raw)
        while piece := connection.recv(65_536):
            answer += piece
    except (ConnectionResetError, BrokenPipeError):
        pass
    return answer


def read_answers(connection: socket.socket, count: int) -> list[bytes]:
    """Read so many answers, each with a `Content-Length`, and leave the connection open. Fewer if it ends before."""
    arrived, answers = b"", list[bytes]()
    while len(answers) < count:
        head, gap, rest = arrived.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]) if gap else 0
        if gap and len(rest) >= length:
            answers.append(head + gap + rest[:length])
            arrived = rest[length:]
            continue
        piece = connection.recv(65_536)
        if not piece:
            break
        arrived += piece
    return answers


def is_silent(connection: socket.socket, seconds: float) -> bool:
    """Whether nothing arrives for so long."""
    return not select.select([connection], [], [], seconds)[0]


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def status(answer: bytes) -> int:
    """The status of the one answer that came. Fails if there are none or several."""
    assert answer.count(b"HTTP/1.1 ") == 1, answer[:2_000]
    return int(answer.split()[1])


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def basic(client_id: str, secret: str) -> str:
    return "Authorization: Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()
