"""What something costs in processor time: whoever else is at work on the machine takes none of it."""

from collections.abc import Callable
from time import process_time


def seconds_of(act: Callable[[], object], tries: int = 5) -> float:
    """Return the processor seconds `act` takes, all threads together: the least of so many runs.

    The machine's cache, the collector of garbage and a test before make one run dearer, and never one cheaper.
    """
    return min(_once(act) for _ in range(tries))


def _once(act: Callable[[], object]) -> float:
    began = process_time()
    act()
    return process_time() - began
