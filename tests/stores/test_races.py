"""FLT-27 between servers: several of them on one database, and one winner for each value."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from tests.holding import open_family

from gatelodge.database.engines import open_database
from gatelodge.protocol.rotation import RefreshValue
from gatelodge.stores import authenticators, recovery_codes, refresh_tokens, seen, tickets, users
from gatelodge.stores.refresh_tokens import NewFamily, Rotated
from gatelodge.stores.users import NewUser

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
DIGEST = b"d" * 32
ROUNDS = 10


@pytest.fixture
async def servers(database_policy, anyio_backend):
    """Three servers on one database."""
    async with AsyncExitStack() as opened:
        made = [open_database(database_policy) for _ in range(3)]
        for server in made:
            await server.start()
            opened.push_async_callback(server.close)
        yield made


async def race(servers, body, *args, each=4):
    """Run a body so many times on each server at once, in no order of servers, and return what came of it."""
    return await asyncio.gather(*(server.write(body, *args) for _ in range(each) for server in servers))


async def test_FLT_27_one_server_takes_a_ticket(servers):
    for _ in range(ROUNDS):
        row_id = await servers[0].write(tickets.put, "code", DIGEST, "{}", NOW + 60)

        outcomes = await race(servers, tickets.take, "code", row_id, DIGEST, NOW)

        assert sum(outcome is not None for outcome in outcomes) == 1


async def test_ACC_12_of_fifty_on_three_servers_one_spends_a_step_and_one_a_recovery_code(servers):
    alice = await servers[0].write(users.add, NewUser(sub="sub", username="alice"), NOW)
    await servers[0].write(authenticators.add, alice.id, "sealed", 0, NOW)
    for step in range(1, ROUNDS + 1):
        await servers[0].write(recovery_codes.replace, alice.id, [DIGEST], NOW)

        steps, codes = await asyncio.gather(
            race(servers, authenticators.spend, alice.id, "sealed", step, NOW, each=17),
            race(servers, recovery_codes.spend, alice.id, DIGEST, NOW, each=17),
        )

        assert (steps.count(True), codes.count(True)) == (1, 1)


async def test_FLT_27_one_server_sees_a_value_first(servers):
    for number in range(ROUNDS):
        outcomes = await race(servers, seen.once, "assertion", f"jti-{number}", NOW)

        assert outcomes.count(True) == 1


@pytest.mark.parametrize("overlap", [0, 30])
async def test_FLT_27_one_server_moves_a_family_on(servers, overlap):
    user = await servers[0].write(users.add, NewUser(sub="sub", username="alice"), NOW)
    new = NewFamily(
        nonce=b"n" * 8,
        client_id="web1",
        code_id=None,
        generation=1,
        idle_expires_at=NOW + 60,
        expires_at=NOW + 10_000,
        payload="{}",
    )
    value = RefreshValue(await servers[0].write(open_family, user.id, new, NOW), b"n" * 8, 1)

    for generation in range(1, ROUNDS + 1):
        now = NOW + generation * (overlap + 1)  # after the overlap: a chain of repeats is bounded
        outcomes = await race(servers, refresh_tokens.rotate, value, "web1", now, overlap, 60)

        served = [outcome for outcome in outcomes if isinstance(outcome, Rotated)]
        assert {outcome.generation for outcome in served} == {value.generation + 1}
        assert sum(not outcome.repeated for outcome in served) == 1
        assert len(served) == (len(outcomes) if overlap else 1)
        if overlap:
            value = RefreshValue(value.family_id, value.nonce, generation + 1)
        else:  # the others came too late, which ended it
            value = RefreshValue(await servers[0].write(open_family, user.id, new, NOW), b"n" * 8, 1)
