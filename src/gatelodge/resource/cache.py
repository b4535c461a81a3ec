"""What is remembered of tokens: under their digests, never more than there is room for, the least used forgotten."""

from collections import OrderedDict
from contextlib import suppress
from hashlib import sha256
from typing import Generic, TypeVar

from gatelodge.client.forks import ForkedLock

T = TypeVar("T")


def digest(token: str) -> bytes:
    """Return what a token is remembered by; nobody who reads our memory can use it."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


class Remembered(Generic[T]):
    """Values by digest, for threads and tasks alike; at most `room` of them."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._values: OrderedDict[bytes, T] = OrderedDict()
        self._lock = ForkedLock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, digest: bytes) -> T | None:
        """Return what was put, or `None` if it was never put or is forgotten."""
        value = self._values.get(digest)
        if value is not None:
            with self._lock, suppress(KeyError):  # somebody may have forgotten it meanwhile
                self._values.move_to_end(digest)
        return value

    def put(self, digest: bytes, value: T) -> None:
        """Remember `value`, forgetting what was not asked for the longest if there is no room."""
        with self._lock:
            self._values[digest] = value
            self._values.move_to_end(digest)
            if len(self._values) > self._room:
                self._values.popitem(last=False)

    def forget(self, digest: bytes) -> None:
        """Forget one value, if it is there."""
        with self._lock:
            self._values.pop(digest, None)
