"""Threads for what would stop an event loop: each purpose has so many, and none starves another or the application."""

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

P = ParamSpec("P")
T = TypeVar("T")


class WorkerThreads:
    """Runs things in threads, at most `count` at a time in each event loop."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._limiter: RunVar[CapacityLimiter] = RunVar("gatelodge hands")

    async def __call__(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `work` returns. Whoever stops waiting does so at once; the work is brought to its end."""
        return await run_sync(partial(work, *args, **kwargs), abandon_on_cancel=True, limiter=self._here())

    def _here(self) -> CapacityLimiter:
        try:
            return self._limiter.get()
        except LookupError:
            self._limiter.set(limiter := CapacityLimiter(self._count))
            return limiter
