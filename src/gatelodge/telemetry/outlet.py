"""Standard error, reached over a queue and a thread of its own: who reads it slowly, or not at all, holds nobody up.

What does not fit into the queue is dropped, counted, and told as soon as somebody reads again.
"""

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from gatelodge.telemetry import metrics

ROOM = 4_096  # records that wait at most
GATHER = 0.02  # seconds in which records gather before they are written: one system call for many
PATIENCE = 2.0  # seconds that the end of the process waits for the last records

_STANDARD_ERROR = 2


class Outlet:
    """Takes lines without ever waiting. `tell` says how many were dropped, as a line.

    `is_writing` says whether lines are on their way to whoever reads.
    """

    def __init__(self, tell: Callable[[int], str], descriptor: int = _STANDARD_ERROR) -> None:
        self._tell = tell
        self._descriptor = descriptor
        self._waiting: deque[str] = deque()
        self._dropped = 0
        self._counting = threading.Lock()
        self._bell = threading.Event()
        self._leaving = threading.Event()
        self._thread: threading.Thread | None = None
        self.is_writing = False

    def write(self, line: str) -> None:
        """Have a line written soon, or drop it if too many wait."""
        if len(self._waiting) >= ROOM:
            self._drop(1)
            return
        self._waiting.append(line)
        if not self._bell.is_set():
            self._bell.set()
            if self._thread is None:
                self._begin()

    def flush(self) -> None:
        """Nothing: what was written leaves by itself. Loggers want it of whatever they write to."""

    def finish(self, seconds: float = PATIENCE) -> None:
        """Wait until everything is written, for so long at most; what comes after this is written as before."""
        until = time.monotonic() + seconds
        self._leaving.set()
        while (self._waiting or self.is_writing) and self._thread is not None and time.monotonic() < until:
            time.sleep(0.002)
        self._leaving.clear()

    def _begin(self) -> None:
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while True:
            self._bell.wait()
            self._leaving.wait(GATHER)
            self.is_writing = True
            self._bell.clear()
            self._write_what_waits()
            self.is_writing = False

    def _write_what_waits(self) -> None:
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for piece in _pieces(line.encode("utf-8", "backslashreplace") for line in waiting):
            try:
                _write(self._descriptor, b"".join(piece))
            except OSError:  # the other end is gone for good
                self._drop(len(piece))
                continue
            self._tell_of_dropped()

    def _tell_of_dropped(self) -> None:
        with self._counting:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            self._waiting.append(self._tell(dropped))
            self._bell.set()

    def _drop(self, lines: int) -> None:
        metrics.LOG_DROPPED.inc(lines)
        with self._counting:
            self._dropped += lines


def _pieces(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield lines together as far as they fit into one write that no other process can get in between of."""
    piece, size = list[bytes](), 0
    for line in lines:
        if piece and size + len(line) > select.PIPE_BUF:
            yield piece
            piece, size = [], 0
        piece.append(line)
        size += len(line)
    if piece:
        yield piece


def _write(descriptor: int, text: bytes) -> None:
    """Write everything, however long that takes. Raises `OSError`."""
    while text:
        try:
            text = text[os.write(descriptor, text) :]
        except BlockingIOError:  # somebody who shares it wants it so
            select.select([], [descriptor], [])
