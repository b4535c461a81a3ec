"""Which sign-ins this process has ended already: the answer to one works once (CL-01)."""

from collections import OrderedDict
from hashlib import sha256

from gatelodge.client.errors import CallbackRejected
from gatelodge.client.forks import ForkedLock
from gatelodge.client.messages.authorization import LIFETIME
from gatelodge.client.messages.callback import Callback

ROOM = 10_000  # sign-ins remembered


class SpentSignIns:
    """Remembers ended sign-ins by the digest of their `state`, for as long as they could be repeated.

    What keeps the transactions should forget each as it is used; this catches it where that is forgotten.
    """

    def __init__(self) -> None:
        self._lock = ForkedLock()
        self._until: OrderedDict[bytes, int] = OrderedDict()

    def spend(self, callback: Callback, now: int) -> None:
        """Note that a sign-in ends now. Raises `CallbackRejected` if it did before."""
        state = sha256(callback.transaction.state.encode()).digest()
        with self._lock:
            if self._until.get(state, now) > now:
                raise CallbackRejected("state_reused", "this answer was used before")
            self._until[state] = now + LIFETIME
            while len(self._until) > ROOM or next(iter(self._until.values())) <= now:
                self._until.popitem(last=False)
