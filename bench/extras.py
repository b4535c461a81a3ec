"""What is not a rate: start, import, idle memory, latency at a given load, and tokens while passwords are hashed."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import gatelodge, greedy, usage
from bench.browser import Browser
from bench.machine import Cores
from bench.processes import Processes, answers
from bench.subject import USERS
from bench.workloads import WORKLOADS, Stage
from bench.wrk import CONNECTIONS, Load

_MIB = 1024 * 1024
_STARTS = 5
_IMPORTS = 7
_SIGN_INS = 20
_STEADY = 2_000  # requests a second
_IMPORT = "import time; a = time.perf_counter(); import gatelodge; print((time.perf_counter() - a) * 1000)"


@dataclass(frozen=True, slots=True)
class Extra:
    """One named value with the limit we set ourselves; `None` when there is none."""

    name: str
    value: float
    unit: str
    limit: float | None = None

    def __str__(self) -> str:
        told = f"{self.value:,.1f} {self.unit}"
        if self.limit is None:
            return told
        return f"{told} (limit {self.limit:g}: {'kept' if self.value < self.limit else 'MISSED'})"


def at_rest(processes: Processes, cores: Cores, directory: Path) -> list[Extra]:
    """Measure import, start and idle memory of one worker on SQLite."""
    made = gatelodge.install(directory / "gatelodge-at-rest")
    starts = [_start(processes, cores, made, keep=turn == _STARTS - 1) for turn in range(_STARTS)]
    time.sleep(1)
    held = usage.memory([starts[-1].pid])
    return [
        Extra("import gatelodge", median(_import(cores) for _ in range(_IMPORTS)), "ms", 150),
        Extra("from start to the first answer", median(each.seconds for each in starts), "s", 1),
        Extra("idle memory of one worker, RSS", held.rss / _MIB, "MiB", 80),
        Extra("idle memory of one worker, PSS", held.pss / _MIB, "MiB"),
    ]


def under_load(stage: Stage, seconds: float) -> list[Extra]:
    """Measure latency at a given rate, and the token endpoint while twenty people sign in without pause."""
    name = stage.facts.name
    steady = _run(stage, "cc_es256", seconds, steady=True)
    refreshed = _run(stage, "refresh", seconds)
    calm = _run(stage, "cc_es256", seconds)
    lost = greedy.lost(stage, seconds)
    with SignIns(stage) as storm:
        busy = _run(stage, "cc_es256", seconds)
    return [
        Extra(f"{name}: {steady.requests / steady.seconds:,.0f} client_credentials/s, p50", steady.p50_ms, "ms", 1.5),
        Extra(f"{name}: {steady.requests / steady.seconds:,.0f} client_credentials/s, p99", steady.p99_ms, "ms", 5),
        Extra(f"{name}: client_credentials ES256 flat out, p99", calm.p99_ms, "ms", 25),
        Extra(f"{name}: refresh flat out, p99", refreshed.p99_ms, "ms", 25),
        Extra(f"{name}: refreshes lost beside 32 callers who ask for too much", lost, "%", 20),
        Extra(f"{name}: the first while {_SIGN_INS} sign in, p99", busy.p99_ms, "ms", 100),
        Extra(f"{name}: tokens meanwhile", busy.requests / busy.seconds, "a second"),
        Extra(f"{name}: passwords verified meanwhile", storm.signed_in / busy.seconds, "a second"),
    ]


@dataclass(slots=True)
class SignIns:
    """People who sign in with their password again and again, each in a browser of their own."""

    stage: Stage
    signed_in: int = 0
    refused: list[str] = field(default_factory=list[str])
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def __enter__(self) -> "SignIns":
        self._threads = [threading.Thread(target=self._sign_in, args=(n,), daemon=True) for n in range(_SIGN_INS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(30)
        if self.refused:
            raise RuntimeError(f"a sign-in beside the load failed: {self.refused[0]}")

    def _sign_in(self, number: int) -> None:
        try:
            while not self._over.is_set():
                browser = Browser(self.stage.facts)
                browser.sign_in(USERS[number % len(USERS)])
                self.signed_in += 1
        except (ValueError, OSError) as failure:
            self.refused.append(str(failure))


def _run(stage: Stage, key: str, seconds: float, steady: bool = False) -> Load:
    workload = next(each for each in WORKLOADS if each.key == key)
    plan = dict(workload.prepare(stage, seconds))
    if steady:
        plan["pause_ms"] = CONNECTIONS * 1_000 // _STEADY
    load = stage.wrk.run("paced" if steady else workload.script, plan, stage.facts.base, seconds)
    if load.trouble:
        raise RuntimeError(f"{workload.title}: {load.trouble}")
    return load


@dataclass(frozen=True, slots=True)
class _Start:
    pid: int
    seconds: float


def _start(processes: Processes, cores: Cores, made: gatelodge.Installation, keep: bool) -> _Start:
    began = time.monotonic()
    process = processes.start("at-rest", made.serve, core=cores.server, cwd=made.directory, env=made.env)
    processes.wait_until(answers(made.base + "/.well-known/openid-configuration"), "at-rest", process)
    seconds = time.monotonic() - began
    if not keep:
        processes.stop(process)
    return _Start(process.pid, seconds)


def _import(cores: Cores) -> float:
    command = ["taskset", "-c", str(cores.server), sys.executable, "-c", _IMPORT]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
