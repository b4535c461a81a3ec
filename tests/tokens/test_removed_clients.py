"""What is left of a client that was removed is nothing to who gets its id later."""

from dataclasses import replace

import pytest
from tests.world import World, assert_error, exchange

from gatelodge.ops import clients as client_verbs
from gatelodge.stores import clients
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio


async def test_an_id_that_is_given_again_brings_no_old_tokens_back(world: World):
    tokens = await world.browser().tokens()
    opaque = (await world.token("daemon1", grant_type="client_credentials", scope="things:read")).json()["access_token"]
    db, now = world.foundation.db, world.foundation.clock.now()
    for client_id in ("web1", "daemon1"):
        again = await db.read(clients.find, client_id)
        assert again is not None
        await db.write(client_verbs.remove, client_id, Origin(), now)
        await db.write(clients.add, again, now)
    await world.foundation.registry.poll()

    await world.assert_dead(tokens)
    assert await world.introspect(opaque, "daemon1") == {"active": False}


async def test_an_exchange_that_still_knew_a_removed_client_leaves_nothing_to_who_gets_its_id(world: World):
    code = await world.browser().code("trusted1")
    await register_anew(world, "trusted1")
    late = (await exchange(world, code, "trusted1")).json()  # nobody told this process yet
    await world.foundation.registry.poll()

    await world.assert_dead(late, "trusted1")
    await world.assert_dead(late | {"refresh_token": ""}, "rs1")


async def test_a_code_of_a_removed_client_is_nothing_to_who_gets_its_id(world: World):
    code = await world.browser().code("trusted1")
    await register_anew(world, "trusted1")
    await world.foundation.registry.poll()

    assert_error(await exchange(world, code, "trusted1"), "invalid_grant")


@pytest.mark.parametrize("scope", ["orders:read", "things:read"])
async def test_a_machines_token_is_not_that_of_who_gets_its_id(world: World, clock, scope: str):
    token = (await world.token("daemon1", grant_type="client_credentials", scope=scope)).json()["access_token"]
    clock.advance(1)
    await register_anew(world, "daemon1")
    await world.foundation.registry.poll()

    assert await world.introspect(token, "daemon1") == {"active": False}
    assert await world.introspect(token, "rs1") == {"active": False}
    again = (await world.token("daemon1", grant_type="client_credentials", scope=scope)).json()["access_token"]
    told = await world.introspect(again, "rs1")
    assert (told["active"], "client_generation" in told) == (True, False)


async def register_anew(world: World, client_id: str) -> None:
    """Remove a client and give its id again, in another process."""
    db, now = world.foundation.db, world.foundation.clock.now()
    before = await db.read(clients.find, client_id)
    assert before is not None
    await db.write(client_verbs.remove, client_id, Origin(), now)
    await db.write(clients.add, replace(before, created_at=0), now)
