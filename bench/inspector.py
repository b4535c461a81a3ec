"""What the inspector costs the token endpoint: the same server asked with it and without it, in turns, in one process.

`python -m bench.inspector` prints microseconds of CPU per request and their ratio. No socket and no HTTP server are in
between, so the ratio is the worst there is: with them a request costs more and the inspector the same.
"""

import argparse
import asyncio
import json
import tempfile
import time
from base64 import b64encode
from collections.abc import MutableMapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from gatelodge.app import open_door
from gatelodge.clock import SystemClock
from gatelodge.config.policies import Config, DatabasePolicy, KeyPolicy, LogPolicy, ServerPolicy
from gatelodge.database import migrate
from gatelodge.database.tx import Tx
from gatelodge.endpoints.adapter import HttpAdapter
from gatelodge.foundation.contract import Foundation
from gatelodge.inspector.tracing import Tracing
from gatelodge.keys.secrets import client_secret_digest
from gatelodge.protocol.client import Api, Client, ClientSecret
from gatelodge.server import build, lay_foundation
from gatelodge.stores import apis, clients
from gatelodge.telemetry import log

ISSUER = "http://localhost:8000"
SECRET = "a secret of the bench that is long enough"
API = Api(f"{ISSUER}/api", "Bench", {"bench:read": "Read"})
CLIENT = Client(
    id="bench",
    name="Bench",
    type="service",
    auth_method="client_secret_basic",
    secrets=(ClientSecret(client_secret_digest(SECRET)),),
    grants=frozenset({"client_credentials"}),
    scopes=frozenset(API.scopes),
)
BATCH = 250  # requests that are timed together
ROUNDS = 120  # batches with and batches without

Message = MutableMapping[str, Any]


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


@dataclass(slots=True)
class Caller:
    """Asks the token endpoint over ASGI, without a socket."""

    door: HttpAdapter
    body: bytes = b"grant_type=client_credentials&scope=bench%3Aread"
    status: int = 0

    async def ask(self) -> None:
        """Ask once."""
        await self.door.serve(self._scope(), self._receive, self._send)

    async def batch(self) -> float:
        """Return the CPU microseconds of one request in a batch."""
        began = time.process_time()
        for _ in range(BATCH):
            await self.ask()
        return (time.process_time() - began) / BATCH * 1e6

    def _scope(self) -> Message:
        basic = b64encode(f"{CLIENT.id}:{SECRET}".replace(" ", "+").encode())
        headers = [
            (b"host", b"localhost:8000"),
            (b"authorization", b"Basic " + basic),
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"content-length", b"%d" % len(self.body)),
        ]
        request = {"type": "http", "method": "POST", "raw_path": b"/token", "query_string": b"", "scheme": "http"}
        return {**request, "headers": headers, "client": ("127.0.0.1", 1)}

    async def _receive(self) -> Message:
        return {"type": "http.request", "body": self.body}

    async def _send(self, message: Message) -> None:
        self.status = message.get("status", self.status)


async def measure(folder: Path, rounds: int) -> Figures:
    """Return what the inspector costs on this machine, over a database in `folder`."""
    config = Config(
        server=ServerPolicy(issuer=ISSUER, inspector=True),
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
    server = build(foundation)
    without, with_it = Caller(open_door(replace(server, tracing=None))), Caller(open_door(server))
    for caller in (without, with_it):
        await caller.batch()
        if caller.status != 200:
            raise SystemExit(f"bench: the token endpoint answered {caller.status}")
    pairs: list[tuple[float, float]] = []
    for number in range(rounds):
        first, second = (without, with_it) if number % 2 else (with_it, without)
        took = {id(first): await first.batch(), id(second): await second.batch()}
        pairs.append((took[id(without)], took[id(with_it)]))
        await asyncio.sleep(0.01)  # the watches have their turn
    off, on = (median(side) for side in zip(*pairs, strict=True))
    return Figures(off, on, median(b / a for a, b in pairs), await _flush_cost(server.tracing, with_it))


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


async def _settle(tx: Tx) -> None:
    await clients.add(tx, CLIENT, 0)
    await apis.add(tx, API, 0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.inspector", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="batches with and batches without (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        found = asyncio.run(measure(Path(folder), given.rounds))
    if given.json:
        print(json.dumps({**asdict(found), "share": found.share}))
        return
    print(f"off                 {found.off:7.1f} us of CPU per token, {1e6 / found.off:,.0f}/s")
    print(f"on                  {found.on:7.1f} us of CPU per token, ratio {found.ratio:.3f}")
    print(f"rows, once a second {found.flush * 1e3:7.1f} ms of CPU")
    print(f"cost                {found.share:7.1%} of the token endpoint's throughput")


if __name__ == "__main__":
    main()
