"""The parser of requests: one that knows no other protocol to change to.

A server that does not upgrade ignores the offer and reads the request as any other (RFC 9110 7.8). httptools instead
stops reading behind the head and calls the body the other protocol's: what an attacker puts there would be read as the
next request. So a head that offers an upgrade is read a second time, without the offer, by a parser of its own.
"""

from array import array
from typing import Any, Protocol

import httptools


class Reader(Protocol):
    """Who is told what is in a request: uvicorn's protocol. What it is told of a head that `offers_upgrade` is void."""

    parser: Any
    url: bytes
    headers: list[tuple[bytes, bytes]]


class RequestParser(httptools.HttpRequestParser):
    """httptools' parser, never upgraded."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self._reader = reader
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # an answer first, then the connection ends

    def feed_data(self, data: "bytes | bytearray | memoryview | array[int]") -> None:
        """Read what arrived. Raises `httptools.HttpParserError`."""
        parser = self
        while True:
            try:
                httptools.HttpRequestParser.feed_data(parser, data)
                return
            except httptools.HttpParserUpgrade as offered:
                data = parser.without_offer() + bytes(data[offered.args[0] :])
                parser = self._reader.parser = RequestParser(self._reader)

    def offers_upgrade(self) -> bool:
        """Whether the head that is complete now offers an upgrade and so is void. Raises `ValueError` for CONNECT."""
        if not self.should_upgrade():
            return False
        if self.get_method() == b"CONNECT":
            raise ValueError("nothing is tunnelled here")
        self.set_dangerous_leniencies(lenient_keep_alive=True)  # or it would drop what follows, where this is the last
        return True

    def without_offer(self) -> bytes:
        """Return the head as it would be if it offered nothing."""
        method, version = self.get_method(), self.get_http_version().encode()
        lines = (b"%b: %b\r\n" % header for header in self._reader.headers if header[0] != b"upgrade")
        return b"%b %b HTTP/%b\r\n%b\r\n" % (method, self._reader.url, version, b"".join(lines))
