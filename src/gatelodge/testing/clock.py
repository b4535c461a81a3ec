"""The time of a test: it begins now, stands still, and moves when the test says so."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import ClassVar

import pytest

from gatelodge.clock import SystemClock

BETWEEN_TESTS = 200_000.0  # seconds: by then nothing that a cache of another test holds counts as fresh


class MovingClock:
    """A clock that only `advance` moves. `at` is where it begins, in seconds since 1970; by default it is now.

    Its monotonic time is later in every test than in any before: what your application keeps between tests, such as a
    verifier with its cached keys, looks again.
    """

    _latest: ClassVar[float] = 0.0

    def __init__(self, at: int | None = None) -> None:
        system = SystemClock()
        self._now = system.now() if at is None else at
        MovingClock._latest = self._monotonic = max(MovingClock._latest, system.monotonic()) + BETWEEN_TESTS

    def now(self) -> int:
        """Return the wall-clock time in whole seconds since 1970 UTC."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""
        return self._monotonic

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        if seconds < 0:
            raise ValueError("time does not go back: begin at another time instead")
        self._now += seconds
        self._monotonic += seconds
        MovingClock._latest = max(MovingClock._latest, self._monotonic)


@contextmanager
def time_of(clock: MovingClock) -> Generator[None]:
    """Let everything of Gatelodge in this process go by `clock`: verifiers, clients and the server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SystemClock, "now", staticmethod(clock.now))
        patch.setattr(SystemClock, "monotonic", staticmethod(clock.monotonic))
        yield
