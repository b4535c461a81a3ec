"""The two impurities, time and randomness, as values a test can replace."""

import os
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Return the wall-clock time in whole seconds since 1970 UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back: for rate limits and deadlines."""
        ...


class Entropy(Protocol):
    """Yields unpredictable bytes."""

    def bytes(self, count: int) -> bytes:
        """Return `count` bytes fit for cryptography."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        return int(time.time())

    def monotonic(self) -> float:
        return time.monotonic()


def stamp() -> str:
    """Return the time of a log record, to the microsecond (RFC 3339). Nothing is ever decided by it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class SystemEntropy:
    """The random source of this machine."""

    def bytes(self, count: int) -> bytes:
        return os.urandom(count)
