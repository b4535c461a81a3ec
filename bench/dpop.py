"""What a DPoP proof costs the token endpoint: the same server asked with one and without, in turns, in one process.

`python -m bench.dpop` prints microseconds of CPU per token: without a proof, with one, their ratio, and what judging a
proof costs by itself, which is one ES256 verification for the most part. No socket and no HTTP server are in between,
so the ratio is the worst there is. Proofs are made beforehand and not counted; each is kept in the database.
"""

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from bench.inspector import API, CLIENT, ISSUER, Caller, Message
from gatelodge.app import open_door
from gatelodge.client import DpopKey
from gatelodge.clock import SystemClock
from gatelodge.config.policies import Config, DatabasePolicy, KeyPolicy, LogPolicy, ServerPolicy
from gatelodge.database import migrate
from gatelodge.database.tx import Tx
from gatelodge.foundation.contract import Foundation
from gatelodge.protocol.dpop import ProvenRequest, check
from gatelodge.server import build, lay_foundation
from gatelodge.stores import apis, clients
from gatelodge.telemetry import log

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


@dataclass(slots=True)
class BoundCaller(Caller):
    """Asks with a proof, another one each time."""

    proofs: list[bytes] = field(default_factory=list[bytes])

    def _scope(self) -> Message:
        asked = super(BoundCaller, self)._scope()
        return {**asked, "headers": [*asked["headers"], (b"dpop", self.proofs.pop())]}


async def measure(folder: Path, rounds: int) -> Figures:
    """Return what a proof costs on this machine, over a database in `folder`."""
    config = Config(
        server=ServerPolicy(issuer=ISSUER),
        database=DatabasePolicy(url=f"sqlite:///{folder / 'bench.db'}"),
        keys=KeyPolicy(secret_key="k" * 40),
        log=LogPolicy(level="error"),
    )
    log.configure(config.log)
    migrate.up(config.database)
    foundation = await lay_foundation(config, SystemClock())
    try:
        await foundation.db.write(_settle)
        await foundation.registry.poll()
        return await _compared(foundation, rounds)
    finally:
        await foundation.close()


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


async def _settle(tx: Tx) -> None:
    await clients.add(tx, CLIENT, 0)
    await apis.add(tx, API, 0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.dpop", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="batches with and batches without (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        found = asyncio.run(measure(Path(folder), given.rounds))
    if given.json:
        print(json.dumps(asdict(found)))
        return
    print(f"without a proof  {found.unbound:7.1f} us of CPU per token, {1e6 / found.unbound:,.0f}/s")
    print(f"with one         {found.bound:7.1f} us of CPU per token, ratio {found.ratio:.2f}")
    print(f"judging it alone {found.proof:7.1f} us of CPU")


if __name__ == "__main__":
    main()
