"""Counts proofs that failed, by address, in the memory of this process.

A failure costs only where it came from, and only what fails there: a right proof is never held against it. The table is
bounded; the address that failed longest ago goes first.
"""

from collections import OrderedDict
from dataclasses import dataclass

from gatelodge.clock import Clock
from gatelodge.protocol.addresses import network_of

LIMIT = 100  # failures of one address before they are slowed, and again before the wait doubles
WINDOW = 60.0  # seconds the first of them are remembered
LONGEST = 3_600.0  # seconds at most, however often it doubled
ROOM = 10_000  # addresses


@dataclass(slots=True)
class _Failures:
    count: int
    until: float


@dataclass(frozen=True, slots=True)
class Slowed:
    """An address that failed too often: `wait` in seconds; `just_now` with the failure that made it or doubled it."""

    wait: int
    just_now: bool


class FailureThrottle:
    """Says whose failures are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._addresses: OrderedDict[str, _Failures] = OrderedDict()

    def failed(self, address: str) -> Slowed | None:
        """Count a failure; `None` while those of this address are few."""
        now, failures = self._clock.monotonic(), self._of(network_of(address))
        if failures.until <= now:
            failures.count = 0
        failures.count += 1
        full, over = divmod(failures.count, LIMIT)
        if failures.count == 1 or (full and not over):
            failures.until = now + min(WINDOW * 2 ** max(full - 1, 0), LONGEST)
        return Slowed(int(failures.until - now) + 1, just_now=not over) if full else None

    def _of(self, where: str) -> _Failures:
        failures = self._addresses.setdefault(where, _Failures(0, 0.0))
        self._addresses.move_to_end(where)
        if len(self._addresses) > ROOM:
            self._addresses.popitem(last=False)
        return failures
