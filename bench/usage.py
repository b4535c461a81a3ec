"""CPU time and memory of processes with all their children, read from /proc."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes resident (`rss`, shared pages counted in every process) and proportional (`pss`, counted once)."""

    rss: int
    pss: int


def cpu_seconds(roots: Iterable[int]) -> float:
    """Return the seconds of CPU that processes, their children and their children that ended have used."""
    stats = _all_stats()
    return sum(sum(stats[pid].ticks) for pid in _family(roots, stats)) * _TICK


def exact_cpu_seconds(pids: Iterable[int]) -> float:
    """Return the seconds that the threads of these processes ran, to the nanosecond: for single requests."""
    files = (file for pid in pids for file in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(_read(file).partition(" ")[0] or 0) for file in files) / 1e9


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:  # the thread has just ended
        return ""


def machine_cpu_seconds() -> float:
    """Return the seconds of CPU that all programs of this machine have used, the kernel's own work left out."""
    user, nice, system = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:4]
    return (int(user) + int(nice) + int(system)) * _TICK


def memory(roots: Iterable[int]) -> Memory:
    """Return what processes and their children hold now."""
    pids = _family(roots, _all_stats())
    return Memory(sum(map(_rss, pids)), sum(map(_pss, pids)))


def parent(pid: int) -> int:
    """Return the parent of a process."""
    return _stat(pid).parent


def name(pid: int) -> str:
    """Return a process's short name."""
    return Path(f"/proc/{pid}/comm").read_text().strip()


@dataclass(frozen=True, slots=True)
class _Stat:
    parent: int
    ticks: tuple[int, int, int, int]  # user, system, and both of the children it has waited for


def _stat(pid: int) -> _Stat:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return _Stat(int(fields[1]), (int(fields[11]), int(fields[12]), int(fields[13]), int(fields[14])))


def _all_stats() -> dict[int, _Stat]:
    found: dict[int, _Stat] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                found[int(entry)] = _stat(int(entry))
            except OSError:  # it has just ended
                continue
    return found


def _family(roots: Iterable[int], stats: dict[int, _Stat]) -> set[int]:
    family = {pid for pid in roots if pid in stats}
    while True:
        grown = family | {pid for pid, stat in stats.items() if stat.parent in family}
        if grown == family:
            return family
        family = grown


def _rss(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
