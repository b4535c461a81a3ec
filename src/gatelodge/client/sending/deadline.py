"""One end for a whole exchange from a thread: httpx2 bounds each wait, and a server that trickles makes many of them.

In a task `asyncio.timeout` does this; a thread has to be given less time for each wait than for the one before.
"""

import socket
import ssl
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import cast

import httpcore2
import httpx2


class Deadline:
    """The moment by which all is over, so many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._at = monotonic() + seconds

    def left(self, timeout: float | None = None) -> float:
        """Return the seconds a wait may take, at most `timeout`. Raises `TimeoutError` if there are none left."""
        left = self._at - monotonic()
        if left <= 0:
            raise TimeoutError
        return left if timeout is None else min(left, timeout)


class BoundedTransport(httpx2.BaseTransport):
    """Carries requests of an `httpx2.Client` until the deadline: a connection each, HTTP/1.1."""

    def __init__(self, tls: ssl.SSLContext, deadline: Deadline, proxy: httpcore2.Proxy | None = None) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls,
            proxy=proxy,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=_Backend(deadline),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, and return the answer with its body still to be read."""
        url = request.url
        with _said_by_httpx2():
            answer = self._pool.handle_request(
                httpcore2.Request(
                    request.method,
                    httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=cast("Iterable[bytes]", request.stream),
                    extensions=request.extensions,
                )
            )
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Hang up."""
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _said_by_httpx2():
            yield from cast("Iterable[bytes]", self._answer.stream)

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _said_by_httpx2() -> Generator[None]:
    """Raise httpx2's error in the place of httpcore2's: their names are the same."""
    try:
        yield
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError) as error:
        raise getattr(httpx2, type(error).__name__)(str(error)) from error


class _Backend(httpcore2.NetworkBackend):
    """Opens connections, none of whose waits lasts beyond the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        with _told_apart(httpcore2.ConnectTimeout, httpcore2.ConnectError):
            connection = socket.create_connection((host, port), self._deadline.left(timeout))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Stream(connection, self._deadline)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _told_apart(httpcore2.ReadTimeout, httpcore2.ReadError):
            self._connection.settimeout(self._deadline.left(timeout))
            return self._connection.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _told_apart(httpcore2.WriteTimeout, httpcore2.WriteError):
            rest = memoryview(buffer)
            while rest:
                self._connection.settimeout(self._deadline.left(timeout))
                rest = rest[self._connection.send(rest) :]

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Shake hands; the time a socket is given is for the whole of that."""
        try:
            with _told_apart(httpcore2.ConnectTimeout, httpcore2.ConnectError):
                self._connection.settimeout(self._deadline.left(timeout))
                sealed = ssl_context.wrap_socket(self._connection, server_hostname=server_hostname)
        except BaseException:
            self.close()
            raise
        return _Stream(sealed, self._deadline)

    def get_extra_info(self, info: str) -> None:
        """Return nothing: only connections that are kept are asked about, and HTTP/2 is not spoken."""

    def close(self) -> None:
        self._connection.close()


@contextmanager
def _told_apart(late: type[Exception], broken: type[Exception]) -> Generator[None]:
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except OSError as error:
        raise broken(str(error)) from error
