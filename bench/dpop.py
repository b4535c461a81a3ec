"""What a DPoP proof costs the token endpoint: the same server asked with one and without, in turns, in one process.

`python -m bench.dpop` prints microseconds of CPU per token: without a proof, with one, their ratio, and what judging a
proof costs by itself, which is one ES256 verification for the most part. No socket and no HTTP server are in between,
so the ratio is the worst there is. Proofs are made beforehand and not counted; each is kept in the database.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from bench.in_process import ISSUER, Caller, foundation_in, run
from gatelodge.app import open_door
from gatelodge.client import DpopKey
from gatelodge.clock import SystemClock
from gatelodge.foundation.contract import Foundation
from gatelodge.protocol.dpop import ProvenRequest, check
from gatelodge.server import build

TOKEN = f"{ISSUER}/token"
AT_ONCE = 32  # requests that wait for one another's commit, as under load
BATCH = 8 * AT_ONCE  # requests that are timed together
ROUNDS = 60  # batches with and batches without


@dataclass(frozen=True, slots=True)
class Figures:
    """CPU microseconds of a token without a proof and with one, their ratio, and of judging one proof alone."""

    unbound: float
    bound: float
    ratio: float
    proof: float

    def whole(self) -> dict[str, float]:
        """Return every figure by its name, for programs."""
        return asdict(self)

    def lines(self) -> Sequence[str]:
        """Return the figures as people read them."""
        return (
            f"without a proof  {self.unbound:7.1f} us of CPU per token, {1e6 / self.unbound:,.0f}/s",
            f"with one         {self.bound:7.1f} us of CPU per token, ratio {self.ratio:.2f}",
            f"judging it alone {self.proof:7.1f} us of CPU",
        )


@dataclass(slots=True)
class BoundCaller(Caller):
    """Asks with a proof, another one each time."""

    proofs: list[bytes] = field(default_factory=list[bytes])

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of the next request, its proof among them."""
        return [*super(BoundCaller, self).headers(), (b"dpop", self.proofs.pop())]


async def measure(folder: Path, rounds: int) -> Figures:
    """Return what a proof costs on this machine, over a database in `folder`."""
    async with foundation_in(folder) as foundation:
        return await _compared(foundation, rounds)


async def _compared(foundation: Foundation, rounds: int) -> Figures:
    door, key = open_door(build(foundation)), DpopKey.generate()
    plain, bound = Caller(door), BoundCaller(door)
    pairs: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        bound.proofs = [key.proof("POST", TOKEN).encode() for _ in range(BATCH)]
        first, second = (plain, bound) if number % 2 else (bound, plain)
        took = {id(first): await _batch(first), id(second): await _batch(second)}
        if (plain.status, bound.status) != (200, 200):
            raise SystemExit(f"bench: the token endpoint answered {plain.status} and {bound.status}")
        pairs.append((took[id(plain)], took[id(bound)]))
        await asyncio.sleep(0.01)  # the watches have their turn
    without, with_one = (median(side) for side in zip(*pairs[1:], strict=True))
    return Figures(without, with_one, median(b / a for a, b in pairs[1:]), _judging(key))


async def _batch(caller: Caller) -> float:
    """Return the CPU microseconds of one request in a batch."""
    began = time.process_time()
    for _ in range(BATCH // AT_ONCE):
        await asyncio.gather(*(caller.ask() for _ in range(AT_ONCE)))
    return (time.process_time() - began) / BATCH * 1e6


def _judging(key: DpopKey) -> float:
    """Return the CPU microseconds of checking a proof, most of which is one ES256 verification."""
    took: list[float] = []
    for _ in range(9):
        proofs, now = [key.proof("POST", TOKEN) for _ in range(BATCH)], SystemClock().now()
        began = time.process_time()
        for proof in proofs:
            check(proof, ProvenRequest("POST", TOKEN), now)
        took.append((time.process_time() - began) / BATCH * 1e6)
    return median(took)


if __name__ == "__main__":
    run("bench.dpop", __doc__, ROUNDS, measure)
