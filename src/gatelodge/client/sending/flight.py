"""One flight at a time: what many threads and tasks need at once is fetched by the first and shared by the rest.

Nobody waits for somebody who cannot come any more: whose process was forked away from, whose event loop stands still,
or who is at it longer than anything takes. Then the next one fetches.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

from gatelodge.client.forks import ForkedLock

T = TypeVar("T")

PATIENCE = 90.0  # seconds: more than the longest fetch, a renewal that waits for another process and is sent twice
GLANCE = 0.2  # seconds between two looks whether the one who fetches still can


class _Abandoned(Exception):
    """The one who fetched was stopped midway: somebody else has to."""


@dataclass(slots=True, eq=False)
class _Trip(Generic[T]):
    """One fetch under way, and by whom."""

    until: float
    future: Future[T] = field(default_factory=Future[T])
    process: int = field(default_factory=os.getpid)
    task: asyncio.Future[None] | None = None  # held here: nobody else may

    def is_lost(self) -> bool:
        """Whether nothing comes of it any more, as far as can be seen."""
        if self.future.done():
            return False
        return self.process != os.getpid() or monotonic() >= self.until or not self._is_driven()

    def _is_driven(self) -> bool:
        """Whether the event loop that has to go on with it runs."""
        return self.task is None or self.task.done() or self.task.get_loop().is_running()


class Flight(Generic[T]):
    """Shares one fetch between threads and tasks of any event loop; a failure is shared like a value.

    Nobody who comes after the end of a fetch gets its value: what is kept is the caller's business. `patience` is in
    seconds, for one fetch.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._lock = ForkedLock()
        self._under_way: _Trip[T] | None = None
        self._patience = patience

    @property
    def is_under_way(self) -> bool:
        """Whether somebody is fetching now."""
        trip = self._under_way
        return trip is not None and not trip.is_lost()

    def run(self, fetch: Callable[[], T]) -> T:
        """Return what `fetch` returns, or what the one under way brings."""
        while True:
            mine, trip = self._board()
            if mine:
                return self._flown(trip, fetch)
            if _would_wait_for_itself(trip):
                return fetch()
            try:
                return self._brought(trip)
            except _Abandoned:
                continue

    async def run_async(self, fetch: Callable[[], Awaitable[T]]) -> T:
        """Do the same from a task. Whoever stops waiting stops nothing: what was begun is brought to its end."""
        while True:
            mine, trip = self._board()
            if mine:
                trip.task = asyncio.ensure_future(self._flown_async(trip, fetch))
            try:
                return await (asyncio.wrap_future(trip.future) if mine else self._brought_async(trip))
            except _Abandoned:
                continue

    def _board(self) -> tuple[bool, _Trip[T]]:
        """Return whether it is ours to fetch, and the trip that everybody waits for."""
        with self._lock:
            if self._under_way is not None and not self._under_way.is_lost():
                return False, self._under_way
            self._under_way = _Trip(monotonic() + self._patience)
            self._under_way.future.set_running_or_notify_cancel()  # a task that stops waiting must not cancel it
            return True, self._under_way

    def _brought(self, trip: _Trip[T]) -> T:
        """Wait for what another one brings. Raises `_Abandoned` when that is in vain."""
        while not wait([trip.future], GLANCE).done:
            if trip.is_lost():
                raise _Abandoned
        return trip.future.result()

    async def _brought_async(self, trip: _Trip[T]) -> T:
        bringing = asyncio.wrap_future(trip.future)
        while not (await asyncio.wait({bringing}, timeout=GLANCE))[0]:
            if trip.is_lost():
                bringing.cancel()
                raise _Abandoned
        return bringing.result()

    def _flown(self, trip: _Trip[T], fetch: Callable[[], T]) -> T:
        try:
            value = fetch()
        except BaseException as error:
            self._land(trip, error)
            raise
        self._land(trip, None, value)
        return value

    async def _flown_async(self, trip: _Trip[T], fetch: Callable[[], Awaitable[T]]) -> None:
        try:
            value = await fetch()
        except BaseException as error:
            self._land(trip, error)
            if not isinstance(error, Exception):
                raise
        else:
            self._land(trip, None, value)

    def _land(self, trip: _Trip[T], error: BaseException | None, *value: T) -> None:
        """Let the next one take off, if somebody else did not already, then tell those who wait."""
        with self._lock:
            if self._under_way is trip:
                self._under_way = None
        if error is None:
            trip.future.set_result(*value)
        else:
            trip.future.set_exception(error if isinstance(error, Exception) else _Abandoned())


def _would_wait_for_itself(trip: _Trip[T]) -> bool:
    """Whether the one who fetches is a task of the loop that a wait here would stop, and with it the fetch."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return False
    return trip.task is not None and not trip.task.done() and trip.task.get_loop() is loop
