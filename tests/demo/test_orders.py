"""The orders API: lets in whom its tokens let in, and says exactly what is missing."""

import httpx2
import pytest
from tests.playground.conftest import ISSUER
from tests.world import World

from gatelodge.demo import data as demo_data
from gatelodge.demo.pages import orders

pytestmark = pytest.mark.anyio
URL = ISSUER + "/demo/api/orders"


async def token(world: World, **form: str) -> str:
    """An access token of the demo's nightly job."""
    async with world.http() as http:
        sent = {"grant_type": "client_credentials", "resource": ISSUER + demo_data.API_PATH, **form}
        answer = await http.post("/token", data=sent, auth=("demo-daemon", "demo-daemon-secret"))
        return answer.json()["access_token"]


async def call(world: World, method: str = "GET", bearer: str = "", **form: str) -> httpx2.Response:
    async with world.http() as http:
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return await http.request(method, URL, headers=headers, data=form or None)


async def test_who_may_read_sees_their_orders(world: World) -> None:
    answer = await call(world, bearer=await token(world))

    assert answer.json()["orders_of"] == "demo-daemon"
    assert len(answer.json()["orders"]) == 2


async def test_without_a_token_the_challenge_says_where_to_get_one(world: World) -> None:
    answer = await call(world)

    assert answer.status_code == 401
    where = answer.headers["www-authenticate"].partition('resource_metadata="')[2].partition('"')[0]
    async with world.http() as http:
        published = (await http.get(where)).json()
    assert published["resource"] == ISSUER + demo_data.API_PATH
    assert published["authorization_servers"] == [ISSUER]


async def test_who_opens_it_in_a_browser_reads_what_it_is(world: World) -> None:
    assert "it wants an access token" in (await call(world)).json()["message"]
    assert (await call(world, bearer="nonsense")).json()["error"] == "invalid_token"


async def test_who_may_only_read_places_no_order(world: World) -> None:
    answer = await call(world, "POST", await token(world), item="a teapot")

    assert answer.status_code == 403
    assert 'error="insufficient_scope", ' in answer.headers["www-authenticate"]
    assert "orders:write" in answer.headers["www-authenticate"]


async def test_RS_01_a_token_for_another_api_is_refused(world: World) -> None:
    other = (await world.token("web1", grant_type="password")).status_code
    assert other == 400  # nobody gets one by accident
    async with world.http() as http:
        answer = await http.post(
            "/token",
            data={"grant_type": "password", "username": "alice", "password": "wonderland", "scope": "openid"},
            auth=("demo-legacy", "demo-legacy-secret"),
        )
    assert (await call(world, bearer=answer.json()["access_token"])).status_code == 401


async def test_an_order_is_placed_and_belongs_to_whoever_placed_it(world: World) -> None:
    async with world.http() as http:
        answer = await http.post(
            "/token",
            data={
                "grant_type": "password",
                "username": "alice",
                "password": "wonderland",
                "scope": "orders:read orders:write",
                "resource": ISSUER + demo_data.API_PATH,
            },
            auth=("demo-legacy", "demo-legacy-secret"),
        )
    alice = answer.json()["access_token"]
    placed = await call(world, "POST", alice, item="a teapot")

    assert placed.status_code == 201
    assert [order["item"] for order in (await call(world, bearer=alice)).json()["orders"]][-1] == "a teapot"
    assert len((await call(world, bearer=await token(world))).json()["orders"]) == 2


@pytest.mark.parametrize("item", ["", "x" * (orders.MAX_ITEM + 1)])
async def test_an_order_for_nothing_or_too_much_is_not_placed(world: World, item: str) -> None:
    async with world.http() as http:
        sent = {"grant_type": "password", "username": "alice", "password": "wonderland", "scope": "orders:write"}
        sent["resource"] = ISSUER + demo_data.API_PATH
        answer = await http.post("/token", data=sent, auth=("demo-legacy", "demo-legacy-secret"))

    assert (await call(world, "POST", answer.json()["access_token"], item=item)).status_code == 422


async def test_a_token_that_was_taken_back_dies_at_once(world: World) -> None:
    bearer = await token(world)
    assert (await call(world, bearer=bearer)).status_code == 200
    async with world.http() as http:
        await http.post("/revoke", data={"token": bearer}, auth=("demo-daemon", "demo-daemon-secret"))

    answer = await call(world, bearer=bearer)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
