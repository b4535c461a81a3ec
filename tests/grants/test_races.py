"""What an operator ends stays ended, however close to it something was being made (FLT-27).

A trigger of the test's own holds up the row that is being written, after all was looked at; meanwhile the operator ends
everything. Only PostgreSQL runs two transactions at once.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from psycopg import AsyncConnection
from tests.world import World, exchange

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.engines import open_database
from gatelodge.database.tx import Tx
from gatelodge.mail.letters import Letters
from gatelodge.ops import consents, users
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

GATE = 4_711
HELD_UP = """
create or replace function held_up() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock({gate}); return new; end $$;
create trigger held_up before insert on {table} for each row execute function held_up();
"""
AT_THE_GATE = f"""
select count(*) from pg_locks l join pg_database d on d.oid = l.database
where d.datname = current_database() and l.objid = {GATE} and not l.granted
"""
WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

Verb = Callable[[Tx, Origin, int], Coroutine[Any, Any, object]]


@pytest.fixture
def engine() -> str:
    return "postgres"


@pytest.fixture
async def gate(database_policy: DatabasePolicy) -> AsyncIterator[AsyncConnection]:
    async with await AsyncConnection.connect(database_policy.url, autocommit=True) as connection:
        yield connection
        await connection.execute("drop function if exists held_up() cascade")


async def count(gate: AsyncConnection, sql: str) -> int:
    row = await (await gate.execute(sql.encode())).fetchone()
    assert row is not None
    return row[0]


@asynccontextmanager
async def held_up(gate: AsyncConnection, table: str) -> AsyncGenerator[None]:
    """Let no row into a table before the end of this block."""
    await gate.execute(HELD_UP.format(gate=GATE, table=table).encode())
    await gate.execute("select pg_advisory_lock(%s)", (GATE,))
    try:
        yield
    finally:
        await gate.execute("select pg_advisory_unlock(%s)", (GATE,))


async def meanwhile(world: World, policy: DatabasePolicy, gate: AsyncConnection, verb: Verb) -> "asyncio.Task[object]":
    """Wait until somebody is held up, and let an operator begin; return once they are done or have to wait."""
    while not await count(gate, AT_THE_GATE):
        pass  # asking takes as long as it takes
    operator = open_database(policy)
    await operator.start()

    async def act() -> object:
        try:
            return await operator.write(verb, Origin(), world.foundation.clock.now())
        finally:
            await operator.close()

    acting = asyncio.create_task(act())
    while not acting.done() and await count(gate, WAITING) < 2:
        pass  # asking takes as long as it takes
    return acting


async def new_password(tx: Tx, origin: Origin, now: int) -> object:
    return await users.set_password(tx, "alice", "another hash", Letters(None), origin, now)


async def disable(tx: Tx, origin: Origin, now: int) -> object:
    return await users.disable(tx, "alice", Letters(None), origin, now)


async def withdraw(tx: Tx, origin: Origin, now: int) -> object:
    return await consents.withdraw(tx, "alice", "web1", origin, now)


@pytest.mark.parametrize("verb", [new_password, disable, withdraw])
async def test_FLT_27_tokens_that_are_just_being_issued_end_with_all_others(
    world: World, database_policy: DatabasePolicy, gate: AsyncConnection, verb: Verb
) -> None:
    code = await world.browser().code()

    async with held_up(gate, "families"):
        issuing = asyncio.create_task(exchange(world, code))
        ending = await meanwhile(world, database_policy, gate, verb)
    answer, _ = await asyncio.gather(issuing, ending)
    await world.foundation.db.write(users.enable, "alice", Letters(None), Origin(), world.foundation.clock.now())

    if answer.status_code == 200:  # it was first, and what it got ended
        await world.assert_dead(answer.json())


@pytest.mark.parametrize("verb", [new_password, disable])
async def test_FLT_27_a_sign_in_under_way_with_the_old_password_is_worth_nothing(
    world: World, database_policy: DatabasePolicy, gate: AsyncConnection, verb: Verb
) -> None:
    browser = world.browser()
    page = await browser.authorize()

    async with held_up(gate, "sessions"):
        signing_in = asyncio.create_task(browser.sign_in(page))
        ending = await meanwhile(world, database_policy, gate, verb)
    await asyncio.gather(signing_in, ending)
    await world.foundation.db.write(users.enable, "alice", Letters(None), Origin(), world.foundation.clock.now())

    assert (await browser.authorize()).url.path == "/login"
