"""Measuring one workload on one server once, and many in turns."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import usage
from bench.checks import Checker, Findings
from bench.http import Http
from bench.subject import Subject
from bench.workloads import Stage, Workload
from bench.wrk import Load, Wrk

_LONG_WARM_UP = 3.0  # seconds, before the first round: compilers and caches
_WARM_UP = 1.0
_SATURATED = 0.95


@dataclass(frozen=True, slots=True)
class Measurement:
    """One round of one workload on one server.

    `rate` is per second, in the workload's unit. `cpu_us` are microseconds of CPU per unit, of the server and its
    database together; `None` when the database's processes are not on this machine. `others` is the share of the two
    cores that programs outside the bench took meanwhile. `trouble` says why it counts for nothing.
    """

    server: str
    workload: str
    round: int
    rate: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    cpu_us: float | None
    rss: int
    pss: int
    database_pss: int
    verified: int
    replays: int
    generator_limited: bool
    others: float
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Timing:
    """How many rounds, of how many seconds."""

    rounds: int
    seconds: float


def stages(subjects: Sequence[Subject], wrk: Wrk, directory: Path) -> list[Stage]:
    """Return where the loads of each server are prepared."""
    found: list[Stage] = []
    for number, subject in enumerate(subjects):
        own = directory / f"stage-{number}"
        own.mkdir()
        found.append(Stage(subject, wrk, own, Http(subject.facts.base)))
    return found


def in_turns(
    workload: Workload, places: Sequence[Stage], timing: Timing, told: Callable[[Measurement], None]
) -> Iterator[Measurement]:
    """Measure every server once, then again: ABAB, so that a slow minute of the machine hits all alike."""
    for turn in range(timing.rounds):
        for stage in places:
            measured = _attempt(workload, stage, turn, timing.seconds)
            told(measured)
            yield measured


def _attempt(workload: Workload, stage: Stage, turn: int, seconds: float) -> Measurement:
    """A round that can not even be prepared has no figure; the run goes on with the others."""
    try:
        _warm_up(workload, stage, _WARM_UP if turn else min(_LONG_WARM_UP, seconds))
        return _once(workload, stage, turn, seconds)
    except (RuntimeError, ValueError, OSError, subprocess.TimeoutExpired) as failure:
        return _without_figure(stage, workload, turn, f"{type(failure).__name__}: {failure}")


def _warm_up(workload: Workload, stage: Stage, seconds: float) -> None:
    plan = workload.prepare(stage, seconds)
    stage.wrk.run(workload.script, plan, stage.facts.base, seconds)


def _once(workload: Workload, stage: Stage, turn: int, seconds: float) -> Measurement:
    facts, samples = stage.facts, stage.directory / "samples.txt"
    plan = workload.prepare(stage, seconds)
    with Checker(stage.subject, workload, samples) as checker:
        began, before, elsewhere = time.monotonic(), _cpu(stage), _elsewhere(stage)
        load = stage.wrk.run(workload.script, {**plan, "samples": str(samples)}, facts.base, seconds)
        used, disturbance, lasted = _cpu(stage) - before, _elsewhere(stage) - elsewhere, time.monotonic() - began
    held = usage.memory(facts.server)
    units = load.exchanges if workload.unit == "flows" else load.requests
    return Measurement(
        server=facts.name,
        workload=workload.key,
        round=turn,
        rate=units / load.seconds,
        p50_ms=load.p50_ms,
        p90_ms=load.p90_ms,
        p99_ms=load.p99_ms,
        max_ms=load.max_ms,
        cpu_us=_per_unit(used, units, load, checker.findings) if facts.cpu_is_whole else None,
        rss=held.rss,
        pss=held.pss,
        database_pss=usage.memory(facts.database).pss,
        verified=checker.findings.verified,
        replays=checker.findings.replays,
        generator_limited=load.saturation > _SATURATED,
        others=max(disturbance, 0.0) / (2 * lasted),
        trouble=load.trouble or "; ".join(checker.findings.faults) or None,
    )


def _without_figure(stage: Stage, workload: Workload, turn: int, trouble: str) -> Measurement:
    return Measurement(
        server=stage.facts.name,
        workload=workload.key,
        round=turn,
        rate=0.0,
        p50_ms=0.0,
        p90_ms=0.0,
        p99_ms=0.0,
        max_ms=0.0,
        cpu_us=None,
        rss=0,
        pss=0,
        database_pss=0,
        verified=0,
        replays=0,
        generator_limited=False,
        others=0.0,
        trouble=trouble,
    )


def _cpu(stage: Stage) -> float:
    return usage.cpu_seconds((*stage.facts.server, *stage.facts.database))


def _elsewhere(stage: Stage) -> float:
    """CPU that went neither to the bench, nor to a server it started, nor to a database it was given."""
    return usage.machine_cpu_seconds() - usage.cpu_seconds((os.getpid(), *stage.facts.database))


def _per_unit(used: float, units: int, load: Load, findings: Findings) -> float:
    """The checker's own requests are a share of the work, so they are a share of its cost."""
    share = load.requests / (load.requests + findings.requests)
    return used * share / max(units, 1) * 1e6
