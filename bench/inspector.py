"""What the inspector costs the token endpoint: the same server asked with it and without it, in turns, in one process.

`python -m bench.inspector` prints microseconds of CPU per request and their ratio. No socket and no HTTP server are in
between, so the ratio is the worst there is: with them a request costs more and the inspector the same.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from bench.in_process import Caller, foundation_in, run
from gatelodge.app import open_door
from gatelodge.foundation.contract import Foundation
from gatelodge.inspector.tracing import Tracing
from gatelodge.server import build

BATCH = 250  # requests that are timed together
ROUNDS = 120  # batches with and batches without


@dataclass(frozen=True, slots=True)
class Figures:
    """CPU microseconds of a request without and with the inspector, their ratio, CPU seconds of one batch of rows."""

    off: float
    on: float
    ratio: float
    flush: float

    @property
    def share(self) -> float:
        """The part of the token endpoint's throughput the inspector takes, with its batch of rows every second."""
        return self.ratio - 1 + self.flush

    def whole(self) -> dict[str, float]:
        """Return every figure by its name, for programs."""
        return {**asdict(self), "share": self.share}

    def lines(self) -> Sequence[str]:
        """Return the figures as people read them."""
        return (
            f"off                 {self.off:7.1f} us of CPU per token, {1e6 / self.off:,.0f}/s",
            f"on                  {self.on:7.1f} us of CPU per token, ratio {self.ratio:.3f}",
            f"rows, once a second {self.flush * 1e3:7.1f} ms of CPU",
            f"cost                {self.share:7.1%} of the token endpoint's throughput",
        )


async def measure(folder: Path, rounds: int) -> Figures:
    """Return what the inspector costs on this machine, over a database in `folder`."""
    async with foundation_in(folder, inspector=True) as foundation:
        return await _compared(foundation, rounds)


async def _compared(foundation: Foundation, rounds: int) -> Figures:
    server = build(foundation)
    without, with_it = Caller(open_door(replace(server, tracing=None))), Caller(open_door(server))
    for caller in (without, with_it):
        await _batch(caller)
        if caller.status != 200:
            raise SystemExit(f"bench: the token endpoint answered {caller.status}")
    pairs: list[tuple[float, float]] = []
    for number in range(rounds):
        first, second = (without, with_it) if number % 2 else (with_it, without)
        took = {id(first): await _batch(first), id(second): await _batch(second)}
        pairs.append((took[id(without)], took[id(with_it)]))
        await asyncio.sleep(0.01)  # the watches have their turn
    off, on = (median(side) for side in zip(*pairs, strict=True))
    return Figures(off, on, median(b / a for a, b in pairs), await _flush_cost(server.tracing, with_it))


async def _batch(caller: Caller) -> float:
    """Return the CPU microseconds of one request in a batch."""
    began = time.process_time()
    for _ in range(BATCH):
        await caller.ask()
    return (time.process_time() - began) / BATCH * 1e6


async def _flush_cost(tracing: Tracing | None, caller: Caller) -> float:
    """Return the CPU seconds of writing as much as ever waits."""
    if tracing is None:
        raise ValueError("there is no inspector to measure")
    refused = replace(caller, body=b"grant_type=client_credentials&scope=nothing")
    took: list[float] = []
    for _ in range(9):
        await tracing.flush()
        for _ in range(150):
            await caller.ask()
            await refused.ask()
        began = time.process_time()
        await tracing.flush()
        took.append(time.process_time() - began)
    return median(took)


if __name__ == "__main__":
    run("bench.inspector", __doc__, ROUNDS, measure)
