"""A server on a real socket in this process, whose deadlines a test can afford to wait for; and worlds over ASGI."""

import threading
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from functools import partial

import pytest
import uvicorn
from tests.conftest import FakeClock
from tests.server_process import Installation, answers, eventually
from tests.serving.raw import Peer
from tests.world import World, config_for, open_world

from gatelodge.app import App
from gatelodge.config.loading import load
from gatelodge.config.policies import DatabasePolicy
from gatelodge.endpoints import reading
from gatelodge.serving import wire
from gatelodge.serving.listening import listen
from gatelodge.serving.settings import uvicorn_settings

DEADLINE = 1.0  # seconds


@dataclass(frozen=True)
class Site:
    """The server and its daemon's secret."""

    peer: Peer
    secret: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    folder = tmp_path_factory.mktemp("wire")
    installation = Installation(folder, f"sqlite:///{folder / 'gatelodge.db'}", {"LOG_LEVEL": "error"})
    secret = installation.add_client("daemon", "--type", "service", "--scope", "jobs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire, "HEAD_SECONDS", DEADLINE)
        patch.setattr(wire, "BODY_SECONDS", DEADLINE, raising=False)
        patch.setattr(reading, "BODY_SECONDS", DEADLINE)
        yield from served(installation, secret)


def served(installation: Installation, secret: str) -> Generator[Site]:
    """Serve in a thread, with everything `gatelodge serve` uses but its logging, which is the whole process's."""
    config = load(None, installation.environ)
    settings = uvicorn_settings(config)
    settings.app = partial(App, config)
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listen("127.0.0.1", installation.port)]})
    thread.start()
    try:
        eventually(lambda: answers(f"{installation.issuer}/jwks"), "it serves")
        yield Site(Peer(installation.port), secret)
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(database_policy.url), clock) as opened:
        yield opened
