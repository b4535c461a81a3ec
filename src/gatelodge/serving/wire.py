"""The guard at the socket: what a request may take, in bytes and in time, before it is there as a whole.

uvicorn ends idle connections, but waits for ever for a head or a body that trickles in, and keeps any number of bytes
of a head or of chunk extensions.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0  # from connecting, or from the first byte, to the end of the head
BODY_SECONDS = 15.0  # from there to the end of the body; `endpoints/reading.py` says so before, where it reads one
MAX_HEAD = 32_768  # bytes of a request that are not its body: request line, headers, chunk sizes and extensions


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol that closes connections whose request is too slow or has too much around its body."""

    _deadline: asyncio.TimerHandle | None = None
    _in_head = True  # also before a request has begun, and after blank lines that may precede one
    _segment = 0  # bytes that arrived together, last
    _arrived = 0  # bytes of this request
    _decoded = 0  # bytes of its body

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._give_time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._segment = len(data)
        self._arrived += self._segment
        before = self.cycle
        super().data_received(data)
        if self.cycle is before and (not before or before.response_complete):
            self._in_head = True
        if not self._owes_more():
            self._forget_deadline()
        elif self._arrived - self._decoded > MAX_HEAD:
            self._refuse()
        elif self._deadline is None:
            self._give_time()

    def on_message_begin(self) -> None:
        self._in_head = True
        self._arrived, self._decoded = self._segment, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._forget_deadline()
        # What is raised here becomes a 400, and the connection ends.
        if not self.url.startswith(b"/"):
            raise ValueError("the request target is not a path")  # absolute-form names a second host (RFC 9112 3.2.2)
        if self.parser is None or self.parser.get_http_version() not in ("1.1", "1.0"):
            raise ValueError("the version is not one that is spoken here")
        if self._arrived > MAX_HEAD and self._head_size() > MAX_HEAD:
            raise ValueError("the head is too long")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._decoded += len(body)
        super().on_body(body)

    def _owes_more(self) -> bool:
        """Whether the request is not there as a whole, or none has begun."""
        return self._in_head or self.cycle.more_body

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _give_time(self) -> None:
        if not self.transport.is_closing():
            self._deadline = self.loop.call_later(HEAD_SECONDS if self._in_head else BODY_SECONDS, self._give_up)

    def _refuse(self) -> None:
        self._forget_deadline()
        if not self.transport.is_closing():
            self.send_400_response("The request is too long.")

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.abort()

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
