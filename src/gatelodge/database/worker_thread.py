"""One thread that does what would hold up the event loop: wait for a lock, wait for the disk."""

import threading
from asyncio import AbstractEventLoop, Future, get_running_loop
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

_Order = tuple[Callable[[], None], Future[None], AbstractEventLoop]


class WorkerThread:
    """Does one thing after the other. An executor would do, at several times the cost of a wake-up."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def do(self, act: Callable[[], None]) -> Future[None]:
        """Have `act` done; the future holds what it raised."""
        if self._thread is None:
            self._thread = threading.Thread(target=_work, args=(self._orders,), name=self._name, daemon=True)
            self._thread.start()
        loop = get_running_loop()
        done = loop.create_future()
        self._orders.put((act, done, loop))
        return done

    def leave(self) -> None:
        """End the thread once it has done what was ordered. Does not wait; a new order starts another."""
        self._orders.put(None)
        self._orders = SimpleQueue()
        self._thread = None


def _work(orders: SimpleQueue[_Order | None]) -> None:
    while (order := orders.get()) is not None:
        act, done, loop = order
        error: BaseException | None = None
        try:
            act()
        except BaseException as raised:  # noqa: BLE001 - it belongs to whoever gave the order
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_report, done, error)


def _report(done: Future[None], error: BaseException | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
