"""Signing out, as applications see it: what ends with a session, what outlives it, and who is to be told."""

import pytest
from tests.world import Browser, World, exchange, refresh
from tests.worlds import world as world

from gatelodge.protocol import jose
from gatelodge.stores import outbox, visits
from gatelodge.stores.visits import SessionVisit

pytestmark = pytest.mark.anyio

ONLINE = "openid profile email orders:read"


async def listening(world: World, *names: str) -> None:
    for name in names:
        await world.change_client(name, backchannel_logout_uri=f"https://{name}.test/bye")


async def waiting(world: World) -> list[SessionVisit]:
    """What the outbox has for applications."""
    parcels = await world.foundation.db.read(outbox.due, visits.KIND, world.foundation.clock.now(), 99)
    return sorted((visits.read(parcel.payload) for parcel in parcels), key=lambda one: (one.sub, one.client_id))


async def sign_out(browser: Browser) -> None:
    page = await browser.submit(await browser.get("/logout"), decision="sign_out")
    assert page.status_code == 200


def sid_of(tokens: dict[str, str]) -> object:
    return jose.take_apart(tokens["id_token"]).claims["sid"]


async def test_ASVS_7_4_1_signing_out_ends_what_came_of_the_session_but_for_what_works_while_away(world: World) -> None:
    browser, elsewhere = world.browser(), world.browser()
    online = await browser.tokens("no-refresh", scope=ONLINE)
    offline, other = await browser.tokens(), await elsewhere.tokens("no-refresh", scope=ONLINE)

    await sign_out(browser)

    await world.assert_dead(online, "no-refresh")
    assert (await refresh(world, offline["refresh_token"])).status_code == 200
    assert (await world.userinfo(other["access_token"])).status_code == 200


async def test_each_application_that_had_an_id_token_of_the_session_is_to_be_told(world: World) -> None:
    await listening(world, "web1", "spa1", "trusted1")
    browser, elsewhere = world.browser(), world.browser()
    first = await browser.tokens("web1")
    await browser.tokens("spa1")
    await browser.tokens("trusted1", scope="orders:read")  # is told of nobody
    await browser.tokens("no-refresh", scope=ONLINE)  # wants to hear nothing
    await elsewhere.tokens("web1")

    await sign_out(browser)

    sid = sid_of(first)
    assert [(one.client_id, one.sub, one.sid) for one in await waiting(world)] == [
        ("spa1", "sub-alice", sid),
        ("web1", "sub-alice", sid),
    ]


async def test_who_signs_in_once_more_stays_in_the_session_that_applications_know(world: World) -> None:
    await listening(world, "web1")
    browser = world.browser()
    before = await browser.tokens()
    await browser.sign_in(await browser.authorize(prompt="login"))
    after = await browser.tokens()

    assert sid_of(before) == sid_of(after)
    assert (await world.userinfo(before["access_token"])).status_code == 200
    assert await waiting(world) == []


async def test_who_signs_in_where_somebody_else_was_signs_them_out_everywhere(world: World) -> None:
    await listening(world, "web1", "no-refresh")
    browser = world.browser()
    before = await browser.tokens("no-refresh", scope=ONLINE)

    await browser.sign_in(await browser.authorize(prompt="login"), "bob")

    assert [(one.client_id, one.sub) for one in await waiting(world)] == [("no-refresh", "sub-alice")]
    await world.assert_dead(before, "no-refresh")


async def test_a_visit_is_written_once_and_the_token_endpoint_knows_nothing_of_it(world: World) -> None:
    browser, db = world.browser(), world.foundation.db

    async def statements(scope: str) -> tuple[int, int]:
        await browser.code(scope=scope)
        before = db.statements
        code = await browser.code(scope=scope)
        between = db.statements
        assert (await exchange(world, code)).status_code == 200
        return between - before, db.statements - between

    assert await statements("openid orders:read") == await statements("orders:read")
