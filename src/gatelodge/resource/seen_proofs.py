"""Which proofs this process saw, until they are too old to be good."""

from collections import OrderedDict

from gatelodge.client.forks import ForkedLock
from gatelodge.clock import Clock

ROOM = 100_000  # proofs remembered at most, about 15 MB: as many requests in two minutes


class SeenProofs:
    """Remembers proofs by digest, for threads and tasks alike. Where there is no room, the oldest is forgotten."""

    def __init__(self, clock: Clock, room: int = ROOM) -> None:
        self._clock = clock
        self._room = room
        self._until: OrderedDict[bytes, int] = OrderedDict()
        self._lock = ForkedLock()

    def __len__(self) -> int:
        return len(self._until)

    def first_use(self, name: bytes, until: int) -> bool:
        """Remember a proof until then; `False` if it was seen before."""
        now = self._clock.now()
        with self._lock:
            while self._until and next(iter(self._until.values())) < now:
                self._until.popitem(last=False)
            if name in self._until:
                return False
            self._until[name] = until
            if len(self._until) > self._room:
                self._until.popitem(last=False)
            return True
