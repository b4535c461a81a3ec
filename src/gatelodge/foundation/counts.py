"""How often something happened at each address, in the memory of this process, each for a window of time.

The table is bounded; the address that was counted longest ago goes first.
"""

from collections import OrderedDict
from dataclasses import dataclass

from gatelodge.protocol.addresses import network_of

ROOM = 10_000  # addresses


@dataclass(slots=True)
class Count:
    """How often, in a window that is over at `until`, in monotonic seconds; whoever counts may move its end."""

    count: int
    until: float


class AddressCounts:
    """Counts by address; an IPv6 /64 is one. `window` is in seconds."""

    def __init__(self, window: float) -> None:
        self._window = window
        self._counts: OrderedDict[str, Count] = OrderedDict()

    def one_more(self, address: str, now: float) -> Count:
        """Count one more, in a window of its own if the last is over. `now` is monotonic."""
        counted = self._of(network_of(address))
        if counted.until <= now:
            counted.count, counted.until = 0, now + self._window
        counted.count += 1
        return counted

    def __len__(self) -> int:
        return len(self._counts)

    def _of(self, where: str) -> Count:
        counted = self._counts.setdefault(where, Count(0, float("-inf")))
        self._counts.move_to_end(where)
        if len(self._counts) > ROOM:
            self._counts.popitem(last=False)
        return counted
