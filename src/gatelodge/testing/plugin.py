"""The fixtures: `gatelodge`, `fake_token` and what they share. A test that asks for none of them imports nothing."""

import asyncio
import inspect
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gatelodge.testing.async_gatelodge import AsyncGatelodge
    from gatelodge.testing.clock import MovingClock
    from gatelodge.testing.fake import FakeTokens
    from gatelodge.testing.gatelodge import Gatelodge
    from gatelodge.testing.line import HostTable


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say what can be configured."""
    parser.addini(
        "gatelodge_issuer", "What the server in memory and fake tokens are called.", default="https://id.test"
    )
    parser.addini("gatelodge_audience", "The identifier of the API that fake tokens are for.", default="")


@pytest.fixture
def gatelodge_clock() -> "Generator[MovingClock]":
    """The time by which everything of Gatelodge goes in this test; it stands still until `advance` moves it."""
    from gatelodge.testing.clock import MovingClock, time_of

    clock = MovingClock()
    with time_of(clock):
        yield clock


@pytest.fixture
def gatelodge_line(gatelodge_clock: "MovingClock") -> "Generator[HostTable]":
    """What answers our own libraries instead of the network."""
    from gatelodge.testing.line import HostTable, laid

    line = HostTable()
    with laid(line):
        yield line


@pytest.fixture
def fake_token(
    gatelodge_line: "HostTable", gatelodge_clock: "MovingClock", request: pytest.FixtureRequest
) -> "FakeTokens":
    """Make access tokens that every `TokenVerifier` in this process believes: `fake_token(scopes=["orders:read"])`."""
    from gatelodge.testing.fake import FakeTokens

    config = request.config
    return FakeTokens(
        gatelodge_line, gatelodge_clock, config.getini("gatelodge_issuer"), config.getini("gatelodge_audience")
    )


@pytest.fixture
def gatelodge(
    gatelodge_line: "HostTable", gatelodge_clock: "MovingClock", request: pytest.FixtureRequest
) -> "Generator[Gatelodge | AsyncGatelodge]":
    """A real authorization server in memory: `AsyncGatelodge` for a test that is `async def`, else `Gatelodge`."""
    from gatelodge.testing.async_gatelodge import AsyncGatelodge
    from gatelodge.testing.gatelodge import in_a_thread

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gatelodge-", ignore_cleanup_errors=True))
        inner = AsyncGatelodge(Path(folder), request.config.getini("gatelodge_issuer"), gatelodge_clock)
        gatelodge_line.connect(inner.issuer, inner)
        if inspect.iscoroutinefunction(request.function):
            stack.callback(_close, inner)
            yield inner
        else:
            yield stack.enter_context(in_a_thread(inner))


def _close(inner: "AsyncGatelodge") -> None:
    """Close what lived on the test's own loop, which has ended by now."""
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(inner.close())
    finally:
        loop.close()
