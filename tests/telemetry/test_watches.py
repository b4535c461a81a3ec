"""WATCH-01: work in the background goes on whatever happens to it, and how old its last success is can be asked."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
import structlog
from tests.conftest import FakeClock
from tests.world import World, config_for, open_world

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.tx import Tx, Unavailable
from gatelodge.serving.health import LATE, NEEDED, Health
from gatelodge.telemetry import metrics, watches
from gatelodge.telemetry.watches import Watch, Watches

pytestmark = pytest.mark.anyio

OURS = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name = 'gatelodge'
"""
READS = {
    "registry": "instance",
    "keys": "signing_keys",
    "sweep": "tickets",
    "traces": "traces",
    "outbox": "outbox",
    "outbox_logout": "outbox",
    "providers": "providers",
    "kept_tokens": "links",
}


@dataclass(frozen=True)
class Scene:
    """A server whose watches look often, and what they say."""

    world: World
    clock: FakeClock
    health: Health
    said: list[Any]

    @asynccontextmanager
    async def without(self, table: str) -> AsyncGenerator[None]:
        """Take a table away, as a newer schema might, and give it back."""
        await self._run(f"alter table {table} rename to elsewhere")
        try:
            yield
        finally:
            await self._run(f"alter table elsewhere rename to {table}")

    async def _run(self, statement: str) -> None:
        async def body(tx: Tx) -> None:
            await tx.run(statement)

        await self.world.foundation.db.write(body)

    async def request(self) -> None:
        """Leave something to do for every watch."""
        async with self.world.http() as http:
            await http.get("/authorize")
        await asyncio.sleep(0.005)

    def count(self, event: str, watch: str) -> int:
        return sum(record["event"] == event and record["watch"] == watch for record in self.said)


@pytest.fixture
async def scene(
    database_policy: DatabasePolicy, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    monkeypatch.setattr(watches, "LONGEST_PAUSE", 0.05)
    plain = config_for(database_policy.url)
    config = replace(plain, server=replace(plain.server, inspector=True))
    async with open_world(config, clock) as world:
        with structlog.testing.capture_logs() as said:
            often = Watches(clock)
            for watch in world.foundation.watches.watched:
                often.start(replace(watch, pause=0.01))
            yield Scene(world, clock, Health(config, clock), said)
            await often.end()


async def until(holds: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(60):
            while not holds():  # noqa: ASYNC110 - looked at from outside
                await asyncio.sleep(0.005)
    except TimeoutError:
        pytest.fail(f"not within a minute: {what}")


async def test_this_is_everything_that_is_watched(scene: Scene) -> None:
    assert {watch.name for watch in scene.world.foundation.watches.watched} == set(READS)


@pytest.mark.parametrize("watch", READS)
async def test_WATCH_01_a_refused_statement_is_told_and_the_watch_goes_on(scene: Scene, watch: str) -> None:
    async with scene.without(READS[watch]):
        while scene.count("watch_failed", watch) < 2:
            await scene.request()
        assert scene.count("watch_recovered", watch) == 0
        if watch != "traces":  # which succeed whenever none waits
            scene.clock.advance(LATE + 1)
            assert scene.health.ages()[watch] == LATE + 1
            assert (watch in str(await scene.health.watches())) == (watch in NEEDED)
    await until(lambda: scene.count("watch_recovered", watch) > 0, "it succeeds")
    await until(lambda: scene.health.ages()[watch] == 0, "and says when")
    await until(lambda: set(scene.health.ages().values()) == {0}, "as all others do")
    assert await scene.health.watches() is None


async def test_WATCH_01_lost_connections_end_no_watch(
    scene: Scene, engine: str, database_policy: DatabasePolicy
) -> None:
    if engine == "postgres":
        with psycopg.connect(database_policy.url, autocommit=True) as connection:
            connection.execute(OURS)
    await scene.request()
    scene.clock.advance(LATE + 1)
    await until(lambda: set(scene.health.ages().values()) == {0}, "all succeed")


TROUBLES = {
    "ours": lambda: KeyError("a-secret"),
    "the database's": lambda: Unavailable("the disk is full"),
    "a future that was given up": asyncio.CancelledError,
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_WATCH_01_whatever_is_raised_is_told_without_its_words_and_ever_more_seldom(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(watches, "LONGEST_PAUSE", 0.001)
    looks = iter(range(1_000))

    async def look() -> None:
        if next(looks) < 9:
            raise TROUBLES[trouble]()

    watching = Watches(clock)
    with structlog.testing.capture_logs() as said:
        watching.start(Watch("this", look, 0.001))
        await until(lambda: any(record["event"] == "watch_recovered" for record in said), "it recovers")
        await watching.end()
    assert [record["failures"] for record in said] == [1, 2, 4, 8, 9]
    assert "a-secret" not in str(said)
    assert ("the disk is full" in str(said)) == (trouble == "the database's")


async def test_a_watch_ends_when_it_is_told_to_and_looks_once_more_if_it_should(clock: FakeClock) -> None:
    looked = list[str]()

    async def look() -> None:
        looked.append("again")
        raise Unavailable("gone")

    watching = Watches(clock)
    watching.start(Watch("last", look, 60, at_end=True))
    watching.start(Watch("not", look, 60))
    await watching.end()
    assert looked == ["again"]


def test_pauses_grow_and_stay_short() -> None:
    often, seldom = Watch("a", until, 0.1), Watch("b", until, 60)  # type: ignore[arg-type]
    assert [often.pause_after(n) for n in (0, 1, 2, 100)] == [0.1, 0.2, 0.4, watches.LONGEST_PAUSE]
    assert {seldom.pause_after(n) for n in (0, 1, 100)} == {60}


async def test_a_clock_that_was_put_back_does_not_make_a_dead_watch_look_young(clock: FakeClock) -> None:
    health = Health(config_for("sqlite:///none.db"), clock)
    for watch in NEEDED:
        metrics.succeeded(watch, clock.now())
    assert await health.watches() is None
    clock.advance(-3_600)
    assert "keys" in str(await health.watches())
