"""The token endpoint of a server in this process, asked over ASGI: no socket and no HTTP server are in between."""

import argparse
import asyncio
import json
import tempfile
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Coroutine, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gatelodge.clock import SystemClock
from gatelodge.config.policies import Config, DatabasePolicy, KeyPolicy, LogPolicy, ServerPolicy
from gatelodge.database import migrate
from gatelodge.database.tx import Tx
from gatelodge.endpoints.adapter import HttpAdapter
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.secrets import client_secret_digest
from gatelodge.protocol.client import Api, Client, ClientSecret
from gatelodge.server import lay_foundation
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

Message = MutableMapping[str, Any]


class Figures(Protocol):
    """What was measured."""

    def whole(self) -> dict[str, float]:
        """Return every figure by its name, for programs."""
        ...

    def lines(self) -> Sequence[str]:
        """Return the figures as people read them."""
        ...


Measure = Callable[[Path, int], Coroutine[Any, Any, Figures]]


@dataclass(slots=True)
class Caller:
    """Asks the token endpoint for a token with client credentials."""

    door: HttpAdapter
    body: bytes = b"grant_type=client_credentials&scope=bench%3Aread"
    status: int = 0

    async def ask(self) -> None:
        """Ask once."""
        await self.door.serve(self._scope(), self._receive, self._send)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of the next request."""
        basic = b64encode(f"{CLIENT.id}:{SECRET}".replace(" ", "+").encode())
        return [
            (b"host", b"localhost:8000"),
            (b"authorization", b"Basic " + basic),
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"content-length", b"%d" % len(self.body)),
        ]

    def _scope(self) -> Message:
        request = {"type": "http", "method": "POST", "raw_path": b"/token", "query_string": b"", "scheme": "http"}
        return {**request, "headers": self.headers(), "client": ("127.0.0.1", 1)}

    async def _receive(self) -> Message:
        return {"type": "http.request", "body": self.body}

    async def _send(self, message: Message) -> None:
        self.status = message.get("status", self.status)


@asynccontextmanager
async def foundation_in(folder: Path, *, inspector: bool = False) -> AsyncGenerator[Foundation]:
    """Lay a foundation that knows the client, over a new database in `folder`."""
    config = Config(
        server=ServerPolicy(issuer=ISSUER, inspector=inspector),
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
        yield foundation
    finally:
        await foundation.close()


async def _settle(tx: Tx) -> None:
    await clients.add(tx, CLIENT, 0)
    await apis.add(tx, API, 0)


def run(name: str, about: str | None, rounds: int, measure: Measure) -> None:
    """Measure what the command line asks for, in a folder that is removed, and print it."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=about)
    parser.add_argument("--rounds", type=int, default=rounds, help="batches with and batches without (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        found = asyncio.run(measure(Path(folder), given.rounds))
    print(json.dumps(found.whole()) if given.json else "\n".join(found.lines()))
