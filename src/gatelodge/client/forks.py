"""Locks that a forked process finds open: gunicorn with `--preload` and Celery fork a program that has threads.

The child has a copy of every lock and only one of the threads: a lock that another one held would stay shut for ever,
and what it guards might be half written. So whoever forks takes all of them first, as pthread_atfork(3) advises.
"""

import os
from threading import Lock
from weakref import WeakSet

PATIENCE = 10.0  # seconds a fork waits for a statement of a store to end; after that the child does without


class ForkedLock:
    """A lock for threads, used in a `with`. Nobody may fork inside."""

    def __init__(self) -> None:
        self._lock = Lock()
        with _roll.lock:
            _roll.members.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def hold(self) -> "Lock | None":
        """Return the lock underneath, held; `None` if somebody does not let go of it."""
        lock = self._lock
        return lock if lock.acquire(timeout=PATIENCE) else None

    def renew(self) -> None:
        """Be open, whoever held it before the fork."""
        self._lock = Lock()


class _Roll:
    """Every lock there is, and those that are held while somebody forks."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.members: WeakSet[ForkedLock] = WeakSet()
        self._held: list[Lock] = []

    def hold(self) -> None:
        self.lock.acquire()
        self._held = [lock for member in self.members if (lock := member.hold()) is not None]

    def release(self) -> None:
        for lock in self._held:
            lock.release()
        self._held = []
        self.lock.release()

    def renew(self) -> None:
        for member in self.members:
            member.renew()
        self._held = []
        self.lock = Lock()


_roll = _Roll()
if hasattr(os, "register_at_fork"):  # not on Windows, where nobody forks
    os.register_at_fork(before=_roll.hold, after_in_parent=_roll.release, after_in_child=_roll.renew)
