"""Counts proofs that failed, in the memory of this process: per client and address, and per address.

A failure counts where it came from, so a stranger elsewhere cannot lock a client out. Both tables are bounded; the
oldest entries go first.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeVar

from gatelodge.client_auth.contract import TooManyFailures
from gatelodge.clock import Clock
from gatelodge.protocol.addresses import network_of

WINDOW = 60.0  # seconds a failure counts
PER_CLIENT = 20  # failures of one client from one address
PER_ADDRESS = 100  # failures from one address, whatever clients they name
ROOM = 10_000  # entries of a table
_MAX_NAME = 64  # characters of a made-up client id that are worth remembering

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class _Failures:
    count: int
    until: float


class FailureThrottle:
    """Refuses further proofs where too many failed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pairs: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self._addresses: OrderedDict[str, _Failures] = OrderedDict()
        self._welcome: OrderedDict[tuple[str, str], None] = OrderedDict()

    def admit(self, client_id: str, address: str) -> None:
        """Raise `TooManyFailures` if this client, or anyone, failed too often from this address.

        A client that proved itself from here before goes on although its neighbours behind the same address fail.
        """
        if not self._addresses:
            return
        where = network_of(address)
        pair = (client_id[:_MAX_NAME], where)
        self._refuse(self._pairs.get(pair), PER_CLIENT)
        if pair not in self._welcome:
            self._refuse(self._addresses.get(where), PER_ADDRESS)

    def failed(self, client_id: str, address: str) -> None:
        """Count a proof that failed."""
        where = network_of(address)
        self._count(self._pairs, (client_id[:_MAX_NAME], where))
        self._count(self._addresses, where)

    def succeeded(self, client_id: str, address: str) -> None:
        """Remember that this client is at home at this address."""
        pair = (client_id[:_MAX_NAME], network_of(address))
        if pair not in self._welcome:
            self._welcome[pair] = None
            _bound(self._welcome)

    def _refuse(self, failures: _Failures | None, limit: int) -> None:
        if failures is not None and failures.count >= limit:
            remaining = failures.until - self._clock.monotonic()
            if remaining > 0:
                raise TooManyFailures(int(remaining) + 1)

    def _count(self, table: "OrderedDict[K, _Failures]", key: K) -> None:
        now = self._clock.monotonic()
        failures = table.get(key)
        if failures is None or failures.until <= now:
            table[key] = _Failures(1, now + WINDOW)
            table.move_to_end(key)
            _bound(table)
        else:
            failures.count += 1


def _bound(table: "OrderedDict[K, V]") -> None:
    if len(table) > ROOM:
        table.popitem(last=False)
