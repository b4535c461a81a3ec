"""Work in the background that goes on whatever happens to it: it is told of, waited for, and tried again.

One mechanism for all of it, since a task that dies is missed by nobody: the server answers on, with yesterday's keys.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from gatelodge.clock import Clock
from gatelodge.telemetry import metrics
from gatelodge.telemetry.mishap import told

_log = structlog.stdlib.get_logger()

LONGEST_PAUSE = 5.0  # seconds between two looks that fail, unless the watch looks less often anyway


@dataclass(frozen=True, slots=True)
class Watch:
    """Something to `look` at every `pause` seconds, and once more in the end if it is `at_end`."""

    name: str
    look: Callable[[], Awaitable[None]]
    pause: float
    at_end: bool = False

    def pause_after(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row: ever longer, and never long."""
        return max(self.pause, min(self.pause * 2 ** min(failures, 16), LONGEST_PAUSE))


class Watches:
    """What is watched for as long as the server runs. The metric says when each look last succeeded.

    If they are `idle` nobody looks: a test moves its server by hand.
    """

    def __init__(self, clock: Clock, *, idle: bool = False) -> None:
        self._clock = clock
        self._idle = idle
        self.watched = list[Watch]()
        self._tasks = list[asyncio.Task[None]]()

    def start(self, watch: Watch) -> None:
        """Watch from now on. Whoever calls has just looked."""
        self.watched.append(watch)
        if not self._idle:
            metrics.succeeded(watch.name, self._clock.now())
            self._tasks.append(asyncio.create_task(self._go_on(watch), name=f"watch {watch.name}"))

    async def end(self) -> None:
        """Watch no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for watch in self.watched:
            if watch.at_end:
                await self._look(watch, failures=0)

    async def _go_on(self, watch: Watch) -> None:
        failures = 0
        while True:
            await asyncio.sleep(watch.pause_after(failures))
            failures = await self._look(watch, failures)

    async def _look(self, watch: Watch, failures: int) -> int:
        """Look once, after so many failures in a row, and return how many they are now."""
        try:
            await watch.look()
        except (Exception, asyncio.CancelledError) as error:
            if _is_told_to_end():
                raise
            failures += 1
            if failures & (failures - 1) == 0:  # the first, the second, the fourth: a long trouble is one trouble
                _log.error("watch_failed", watch=watch.name, failures=failures, **_said(error))
            return failures
        if failures:
            _log.warning("watch_recovered", watch=watch.name, failures=failures)
        metrics.succeeded(watch.name, self._clock.now())
        return 0


def _is_told_to_end() -> bool:
    """Whether it is this task that was cancelled, and not something it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _said(error: BaseException) -> dict[str, object]:
    reason: object = getattr(error, "reason", None)
    return told(error) | ({"reason": reason} if isinstance(reason, str) else {})
