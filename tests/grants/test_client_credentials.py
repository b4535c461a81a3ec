"""The client credentials grant: what a machine gets."""

import pytest
from tests.world import API, World, assert_error

pytestmark = pytest.mark.anyio


async def test_a_machine_gets_what_it_is_registered_for_and_no_more(world: World):
    answer = (await world.token("daemon1", grant_type="client_credentials", scope="orders:read")).json()

    assert answer["scope"] == "orders:read"
    assert "refresh_token" not in answer
    assert_error(await world.token("daemon1", grant_type="client_credentials", scope="orders:write"), "invalid_scope")
    assert_error(await world.token("daemon1", grant_type="client_credentials"), "invalid_scope")
    assert_error(await world.token("web1", grant_type="client_credentials"), "unauthorized_client")


async def test_a_resource_stands_for_its_scopes(world: World):
    answer = (await world.token("daemon1", grant_type="client_credentials", resource=API)).json()
    assert answer["scope"] == "orders:read"
    assert (await world.introspect(answer["access_token"], "rs1"))["aud"] == API
    assert_error(
        await world.token("daemon1", grant_type="client_credentials", resource="https://no.test"), "invalid_target"
    )


async def test_client_credentials_with_a_jwt_costs_no_statement(world: World):
    await world.token("daemon1", grant_type="client_credentials", scope="orders:read")
    db = world.foundation.db
    before = (db.statements, db.transactions)

    answer = await world.token("daemon1", grant_type="client_credentials", scope="orders:read")

    assert answer.status_code == 200
    assert (db.statements, db.transactions) == before
