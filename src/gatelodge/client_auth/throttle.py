"""Says whose proofs fail too often, by address.

A failure costs only where it came from, and only what fails there: a right proof is never held against it.
"""

from dataclasses import dataclass

from gatelodge.clock import Clock
from gatelodge.foundation.counts import AddressCounts

LIMIT = 100  # failures of one address before they are slowed, and again before the wait doubles
WINDOW = 60.0  # seconds the first of them are remembered
LONGEST = 3_600.0  # seconds at most, however often it doubled


@dataclass(frozen=True, slots=True)
class Slowed:
    """An address that failed too often: `wait` in seconds; `just_now` with the failure that made it or doubled it."""

    wait: int
    just_now: bool


class FailureThrottle:
    """Says whose failures are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = AddressCounts(WINDOW)

    def failed(self, address: str) -> Slowed | None:
        """Count a failure; `None` while those of this address are few."""
        now = self._clock.monotonic()
        failures = self._failures.one_more(address, now)
        full, over = divmod(failures.count, LIMIT)
        if not full:
            return None
        if not over:
            failures.until = now + min(WINDOW * 2 ** (full - 1), LONGEST)
        return Slowed(int(failures.until - now) + 1, just_now=not over)
