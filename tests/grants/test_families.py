"""How long a family lives that has no refresh token to keep it."""

import pytest
from tests.grants.one_engine import engine as engine
from tests.world import API, APIS, World

from gatelodge.protocol.client import Api
from gatelodge.stores import apis

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("api_lifetime", "lives"), [(None, 660), (60, 660), (7_200, 7_260)])
async def test_a_family_without_a_refresh_token_outlives_every_access_token_by_the_time_a_code_may_wait(
    world: World, clock, api_lifetime: int | None, lives: int
):
    for api in APIS:
        await world.foundation.db.write(apis.remove, api.identifier)
    if api_lifetime is not None:
        await world.foundation.db.write(apis.add, Api(API, "Orders", {"orders:read": ""}, lifetime=api_lifetime), 0)
    await world.foundation.registry.poll()

    await world.browser().tokens("no-refresh", scope="openid")

    kept = await world.foundation.db.read(_families)
    assert kept == [(0, clock.now() + lives, clock.now() + lives)]


async def _families(tx):
    return await tx.all("select generation, idle_expires_at, expires_at from families")
