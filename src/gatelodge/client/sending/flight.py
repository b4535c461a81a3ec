"""One flight at a time: what many threads and tasks need at once is fetched by the first and shared by the rest."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class _Abandoned(Exception):
    """The one who fetched was stopped midway: somebody else has to."""


class Flight(Generic[T]):
    """Shares one fetch between threads and tasks of any event loop; a failure is shared like a value.

    Nobody who comes after the end of a fetch gets its value: what is kept is the caller's business.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way: Future[T] | None = None
        self._task: asyncio.Future[None] | None = None  # held here: nobody else may

    @property
    def is_under_way(self) -> bool:
        """Whether somebody is fetching now."""
        return self._under_way is not None

    def run(self, fetch: Callable[[], T]) -> T:
        """Return what `fetch` returns, or what the one under way brings."""
        while True:
            mine, future = self._board()
            if mine:
                return self._flown(future, fetch)
            if self._would_wait_for_itself():
                return fetch()
            try:
                return future.result()
            except _Abandoned:
                continue

    async def run_async(self, fetch: Callable[[], Awaitable[T]]) -> T:
        """Do the same from a task. Whoever stops waiting stops nothing: what was begun is brought to its end."""
        while True:
            mine, future = self._board()
            if mine:
                self._task = asyncio.ensure_future(self._flown_async(future, fetch))
            try:
                return await asyncio.wrap_future(future)
            except _Abandoned:
                continue

    def _board(self) -> tuple[bool, Future[T]]:
        """Return whether it is ours to fetch, and the future that everybody waits for."""
        with self._lock:
            if self._under_way is not None:
                return False, self._under_way
            self._under_way = Future()
            self._under_way.set_running_or_notify_cancel()  # a task that stops waiting must not cancel it for all
            return True, self._under_way

    def _would_wait_for_itself(self) -> bool:
        """Whether the one who fetches is a task of the loop that a wait here would stop, and with it the fetch."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        return self._task is not None and not self._task.done() and self._task.get_loop() is loop

    def _flown(self, future: Future[T], fetch: Callable[[], T]) -> T:
        try:
            value = fetch()
        except BaseException as error:
            self._land(future, error)
            raise
        self._land(future, None, value)
        return value

    async def _flown_async(self, future: Future[T], fetch: Callable[[], Awaitable[T]]) -> None:
        try:
            value = await fetch()
        except BaseException as error:
            self._land(future, error)
            if not isinstance(error, Exception):
                raise
        else:
            self._land(future, None, value)

    def _land(self, future: Future[T], error: BaseException | None, *value: T) -> None:
        """Let the next one take off, then tell those who wait."""
        with self._lock:
            self._under_way = None
        if error is None:
            future.set_result(*value)
        else:
            future.set_exception(error if isinstance(error, Exception) else _Abandoned())
