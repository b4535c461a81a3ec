"""From measurements to figures: medians with ranges, and ratios that only count when the ranges do not overlap."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.measure import Measurement
from bench.workloads import Workload


@dataclass(frozen=True, slots=True)
class Range:
    """A median with the least and the greatest value of the rounds."""

    median: float
    low: float
    high: float
    rounds: int

    def differs(self, other: "Range") -> bool:
        """Whether the two can be told apart: several rounds each, and no value that could belong to both."""
        apart = self.low > other.high or other.low > self.high
        return apart and self.rounds > 1 and other.rounds > 1


@dataclass(frozen=True, slots=True)
class Figure:
    """One server at one workload. `trouble` means that there is no figure, and says why."""

    server: str
    workload: str
    rate: Range
    p50_ms: Range
    p99_ms: Range
    cpu_us: Range | None
    rss: int
    pss: int
    verified: int
    replays: int
    generator_limited: bool
    others: float
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Ratio:
    """Our rate over the peer's at one workload.

    `value` is `None` when the rounds do not tell the two apart: then nothing may be said. `cpu` compares CPU per unit
    the same way, larger is better for us. `floor` is the least we accept.
    """

    workload: str
    ours: str
    theirs: str
    value: float | None
    cpu: float | None
    floor: float | None

    @property
    def holds(self) -> bool | None:
        """Whether the floor is reached; `None` when there is none."""
        if self.floor is None:
            return None
        return self.value is not None and self.value >= self.floor


def figure(measured: Sequence[Measurement]) -> Figure:
    """Sum up the rounds of one server at one workload. The sequence is not empty."""
    first = measured[0]
    cpu = [each.cpu_us for each in measured if each.cpu_us is not None]
    return Figure(
        server=first.server,
        workload=first.workload,
        rate=_range(measured, lambda each: each.rate),
        p50_ms=_range(measured, lambda each: each.p50_ms),
        p99_ms=_range(measured, lambda each: each.p99_ms),
        cpu_us=_of(cpu) if len(cpu) == len(measured) else None,
        rss=max(each.rss for each in measured),
        pss=max(each.pss for each in measured),
        verified=sum(each.verified for each in measured),
        replays=sum(each.replays for each in measured),
        generator_limited=any(each.generator_limited for each in measured),
        others=max(each.others for each in measured),
        trouble=next((each.trouble for each in measured if each.trouble), None),
    )


def figures(measured: Iterable[Measurement]) -> list[Figure]:
    """Sum up many measurements, in the order in which servers first appear at each workload."""
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for each in measured:
        groups.setdefault((each.workload, each.server), []).append(each)
    return [figure(group) for group in groups.values()]


def ratio(workload: Workload, ours: Figure, theirs: Figure) -> Ratio:
    """Compare two servers at one workload."""
    whole = not (ours.trouble or theirs.trouble)
    value = _times(ours.rate, theirs.rate) if whole else None
    cpu = _times(theirs.cpu_us, ours.cpu_us) if whole and ours.cpu_us and theirs.cpu_us else None
    return Ratio(workload.key, ours.server, theirs.server, value, cpu, workload.floor)


def _times(more: Range, less: Range) -> float | None:
    return more.median / less.median if more.differs(less) else None


def _range(measured: Sequence[Measurement], of: Callable[[Measurement], float]) -> Range:
    return _of([of(each) for each in measured])


def _of(values: Sequence[float]) -> Range:
    return Range(median(values), min(values), max(values), len(values))
