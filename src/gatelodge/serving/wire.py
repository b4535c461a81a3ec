"""The guard at the socket: what a request may take, in bytes and in time, before it is there as a whole.

uvicorn ends idle connections, but waits for ever for a head or a body that trickles in, keeps any number of bytes of a
head or of chunk extensions, loses the body of a request that offers an upgrade, and takes trailers for headers.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gatelodge.serving.parser import RequestParser

HEAD_SECONDS = 10.0  # from connecting, or from the first byte, to the end of the head
BODY_SECONDS = 15.0  # from there to the end of the body; `endpoints/reading.py` says so before, where it reads one
LAST_WORDS = 1.0  # from being told to stop, to the end of the head on a connection that has not been used
MAX_HEAD = 32_768  # bytes of a request that are not its body: request line, headers, chunk sizes and extensions


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol that closes connections whose request is too slow or has too much around its body.

    Every request is read whole and alone: an upgrade is not heard, a trailer is not a header (RFC 9110 6.5.1, 7.8).
    """

    _deadline: asyncio.TimerHandle | None = None
    _in_head = True  # also before a request has begun, and after blank lines that may precede one
    _segment = 0  # bytes that arrived together, last
    _arrived = 0  # bytes of this request
    _decoded = 0  # bytes of its body
    _is_leaving = False  # the server ends, and no request has come
    _is_void = False  # the head offered an upgrade and will be read again, without the offer

    def connection_made(self, transport: Any) -> None:
        self.parser = RequestParser(self)
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
        if not self._is_void:  # the same head is read again
            self._arrived, self._decoded = self._segment, 0
        self._in_head, self._is_void = True, False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        # What is raised here becomes a 400, and the connection ends.
        if not self.url.startswith(b"/"):
            raise ValueError("the request target is not a path")  # absolute-form names a second host (RFC 9112 3.2.2)
        if self.parser.get_http_version() not in ("1.1", "1.0"):
            raise ValueError("the version is not one that is spoken here")
        self._is_void = self.parser.offers_upgrade()
        if self._is_void:
            return
        self._in_head = False
        self._forget_deadline()
        if self._arrived > MAX_HEAD and self._head_size() > MAX_HEAD:
            raise ValueError("the head is too long")
        super().on_headers_complete()
        if self._is_leaving:
            self.cycle.keep_alive = False
        self.headers = []  # what comes behind the body is no header of this request

    def on_body(self, body: bytes) -> None:
        self._decoded += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._is_void:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.expect_100_continue and self.cycle.response_complete and self.cycle.more_body:
            self.transport.close()  # whether the body it asked to send comes now, nobody can tell (RFC 9110 10.1.1)

    def shutdown(self) -> None:
        """Finish what runs. Who has only just connected is heard, if they speak at once."""
        if self._has_been_asked:
            super().shutdown()
            return
        self._is_leaving = True
        self.loop.call_later(LAST_WORDS, self._leave_unheard)

    @property
    def _has_been_asked(self) -> bool:
        """Whether a request came on this connection; uvicorn's types say that there is always one."""
        return getattr(self, "cycle", None) is not None

    def _leave_unheard(self) -> None:
        if not self._has_been_asked and not self.transport.is_closing():
            self.transport.close()

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
