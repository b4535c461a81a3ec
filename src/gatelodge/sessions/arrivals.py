"""How many sign-ins begin at one address: each is a row that waits for a person, and a stranger may begin any number.

This machine itself is not counted: no stranger is on it, and what comes through a proxy comes from whom it names.
"""

from gatelodge.foundation.counts import AddressCounts

WINDOW = 60.0  # seconds
MOST = 600  # sign-ins that begin at one address in a window: a large office in the morning

_HERE = ("127.0.0.1", "::1")


class Arrivals:
    """Says who has to wait."""

    def __init__(self) -> None:
        self._begun = AddressCounts(WINDOW)

    def admit(self, address: str, now: float) -> int:
        """Count one more at an address; return 0 if it may begin, or the seconds it has to wait. `now` is monotonic."""
        if address in _HERE:
            return 0
        begun = self._begun.one_more(address, now)
        return 0 if begun.count <= MOST else int(begun.until - now) + 1
