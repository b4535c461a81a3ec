"""A server whose requests leave traces."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest
from tests.world import World, config_for, open_world

from gatelodge.clock import Clock
from gatelodge.config.policies import Config, DatabasePolicy, LegacyPolicy
from gatelodge.inspector.checked import steps_of
from gatelodge.inspector.trace import Trace
from gatelodge.inspector.tracing import Tracing

ALL_ON = LegacyPolicy(password=True, implicit=True, hybrid=True)


def traced(url: str, *, demo: bool = False, inspector: bool = True) -> Config:
    """A configuration with the inspector on, and with its pages if it is a demo's."""
    issuer = "http://localhost:8000" if demo else "https://id.test"
    config = config_for(url, issuer=issuer, legacy=ALL_ON)
    return replace(config, server=replace(config.server, inspector=inspector), demo=demo)


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    """A server of each engine with the inspector and every legacy grant on."""
    async with open_world(traced(database_policy.url), clock) as opened:
        yield opened


@pytest.fixture
async def small_world(sqlite_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    """The same on SQLite alone, for what does not touch the database."""
    async with open_world(traced(sqlite_policy.url), clock) as opened:
        yield opened


@pytest.fixture
async def demo(sqlite_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    """A demo, whose traces have pages."""
    async with open_world(traced(sqlite_policy.url, demo=True), clock) as opened:
        yield opened


def tracing_of(world: World) -> Tracing:
    assert world.server.tracing is not None
    return world.server.tracing


async def trace_of(world: World, response: httpx2.Response) -> Trace:
    """The trace of a request that was answered."""
    trace = await tracing_of(world).find(response.headers["x-request-id"])
    assert trace is not None, f"{response.request.method} {response.url} left no trace"
    return trace


def held(trace: Trace) -> list[str]:
    """The ids of the checks that are said to have held."""
    return [step.rule.id for step in steps_of(trace) if step.held]
