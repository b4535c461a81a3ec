"""The machine under the bench: which cores are used, and what a reader of the figures should know about it."""

import fcntl
import os
import platform
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TextIO

from bench.processes import needed


@dataclass(frozen=True, slots=True)
class Cores:
    """The core that servers and their databases share, and the one that drives them."""

    server: int
    load: int


def choose_cores() -> Cores:
    """Return two cores, and move this process to the driving one. Raises SystemExit when there is only one."""
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:
        raise SystemExit("bench: two cores are needed, one for the server and one for the load.")
    os.sched_setaffinity(0, {available[1]})
    return Cores(server=available[0], load=available[1])


def need_tools() -> None:
    """Raise SystemExit, saying how to get it, when a tool is missing."""
    needed("wrk", "Debian and Ubuntu: apt-get install -y wrk")
    needed("taskset", "Debian and Ubuntu: apt-get install -y util-linux")


def claim() -> TextIO:
    """Return an open file that is this machine's bench lock. Raises SystemExit when another run holds it."""
    lock = (Path(tempfile.gettempdir()) / "gatelodge-bench.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit("bench: another run is measuring on this machine; two would measure each other.") from None
    return lock


def describe(directory: Path) -> dict[str, str]:
    """Return what the figures depend on."""
    return {
        "cpu": f"{_model()}, {os.cpu_count()} cores",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "fsync": f"{_fsync_us(directory):.0f} us for 4 KiB at {directory}",
    }


def _model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _fsync_us(directory: Path) -> float:
    """A durable figure is bounded by this one: an fsync that costs nothing is not durable."""
    path = directory / "fsync-probe"
    handle = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        return median(_timed_write(handle) for _ in range(100)) * 1e6
    finally:
        os.close(handle)
        path.unlink()


def _timed_write(handle: int) -> float:
    os.write(handle, b"x" * 4096)
    began = time.perf_counter()
    os.fdatasync(handle)
    return time.perf_counter() - began
