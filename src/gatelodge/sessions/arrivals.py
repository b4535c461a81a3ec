"""How many sign-ins begin at one address: each is a row that waits for a person, and a stranger may begin any number.

Counted in the memory of this process, in a table that is bounded; the oldest entries go first. This machine itself is
not counted: no stranger is on it, and what comes through a proxy comes from whom the proxy names.
"""

from collections import OrderedDict
from dataclasses import dataclass

from gatelodge.protocol.addresses import network_of

WINDOW = 60.0  # seconds
MOST = 600  # sign-ins that begin at one address in a window: a large office in the morning
ROOM = 10_000  # addresses remembered

_HERE = ("127.0.0.1", "::1")


@dataclass(slots=True)
class _Counted:
    count: int
    until: float


class Arrivals:
    """Says who has to wait."""

    def __init__(self) -> None:
        self._counted: OrderedDict[str, _Counted] = OrderedDict()

    def admit(self, address: str, now: float) -> int:
        """Count one more at an address; return 0 if it may begin, or the seconds it has to wait. `now` is monotonic."""
        if address in _HERE:
            return 0
        where = network_of(address)
        counted = self._counted.get(where)
        if counted is None or counted.until <= now:
            self._begin(where, now)
            return 0
        counted.count += 1
        return 0 if counted.count <= MOST else int(counted.until - now) + 1

    def _begin(self, where: str, now: float) -> None:
        self._counted[where] = _Counted(1, now + WINDOW)
        self._counted.move_to_end(where)
        if len(self._counted) > ROOM:
            self._counted.popitem(last=False)
