"""What strangers may cost, and what they can find out about who is registered."""

import httpx2
import pytest
from tests.world import World, assert_error, assert_page400, secret_of

pytestmark = pytest.mark.anyio


async def test_CA_17_a_guesser_is_slowed_and_a_good_client_is_not(world: World):
    async with world.http("198.51.100.7") as http:
        answers = [
            (
                await http.post("/token", data={"grant_type": "client_credentials"}, auth=("daemon1", "wrong"))
            ).status_code
            for _ in range(100)
        ]
        limited = await http.post("/token", data={"grant_type": "client_credentials"}, auth=("daemon1", "wrong"))
        right = await http.post("/token", data={"grant_type": "client_credentials"}, auth=("rs1", secret_of("rs1")))
    assert answers[0] == 401
    assert answers[-1] == 429
    assert int(limited.headers["retry-after"]) > 0
    assert right.status_code == 200
    assert (await world.token("daemon1", grant_type="client_credentials", scope="orders:read")).status_code == 200


async def test_CA_03_nothing_is_asked_of_the_database_for_a_client_that_cannot_prove_itself(world: World):
    await world.token("daemon1", grant_type="client_credentials", scope="orders:read")
    db, costs = world.foundation.db, list[tuple[int, int]]()
    async with world.http() as http:
        for client_id in ("daemon1", "made-up", "web-0123456789abcdef"):
            basic = httpx2.BasicAuth(client_id, "wrong").auth_flow(httpx2.Request("POST", world.issuer))
            header = {"authorization": next(basic).headers["authorization"]}
            post, public = {"client_id": client_id, "client_secret": "wrong"}, {"client_id": client_id}
            for headers, form in ((header, {}), ({}, post), ({}, public)):
                for path in ("/token", "/introspect", "/revoke"):
                    before = (db.statements, db.transactions)
                    sent = {"grant_type": "x", "token": "x"} | form
                    assert_error(await http.post(path, data=sent, headers=headers), "invalid_client", 401)
                    costs.append((db.statements - before[0], db.transactions - before[1]))
    assert set(costs) == {(0, 0)}


async def test_AZ_17_an_unknown_client_costs_what_a_wrong_redirect_uri_does(world: World):
    browser, db = world.browser(), world.foundation.db
    await browser.authorize()
    costs: list[tuple[int, int]] = []
    for changes in ({"redirect_uri": "https://rp.test/wrong"}, {"client_id": "made-up"}, {"client_id": "web-0123"}):
        before = (db.statements, db.transactions)
        assert_page400(await browser.authorize(**changes))
        costs.append((db.statements - before[0], db.transactions - before[1]))
    assert set(costs) == {(0, 0)}
