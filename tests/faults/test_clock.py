"""FLT-26: the wall clock jumps. Nothing that was used or ended comes back to life, and nothing living is swept away."""

import json
from collections.abc import AsyncIterator

import pytest
from tests.client_auth.samples import KEY
from tests.client_auth.samples import assertion as signed
from tests.conftest import FakeClock
from tests.world import World, assert_error, config_for, exchange, open_world, refresh

from gatelodge.config.policies import DAY, YEAR, DatabasePolicy, RetentionPolicy
from gatelodge.protocol.assertion import ASSERTION_TYPE
from gatelodge.stores import sweep

pytestmark = pytest.mark.anyio
HOUR = 3_600


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(database_policy.url), clock) as opened:
        yield opened


async def purge(world: World) -> None:
    """Sweep as often as a few days would."""
    for _ in range(100):
        await sweep.purge(world.foundation.db, world.foundation.clock.now(), RetentionPolicy())


@pytest.mark.parametrize("back", [1, HOUR, 10 * YEAR])
async def test_FLT_26_a_used_code_stays_used_when_the_clock_goes_back(world: World, clock: FakeClock, back: int):
    code = await world.browser().code()
    tokens = (await exchange(world, code)).json()
    clock.advance(-back)

    assert_error(await exchange(world, code), "invalid_grant")
    await world.assert_dead(tokens)


async def test_FLT_26_what_was_revoked_stays_so(world: World, clock: FakeClock):
    tokens = await world.browser().tokens()
    await world.direct("/revoke", "web1", token=tokens["refresh_token"])
    clock.advance(-HOUR)

    await world.assert_dead(tokens)


async def test_FLT_26_an_old_refresh_token_ends_its_family_also_when_the_clock_went_back(
    world: World, clock: FakeClock
):
    first = await world.browser().tokens()
    second = (await refresh(world, first["refresh_token"])).json()
    third = (await refresh(world, second["refresh_token"])).json()
    clock.advance(-HOUR)

    assert_error(await refresh(world, first["refresh_token"]), "invalid_grant")
    await world.assert_dead(third)


async def test_FLT_26_an_assertion_that_was_used_and_swept_by_is_not_good_again(world: World, clock: FakeClock):
    await world.change_client(
        "daemon1", auth_method="private_key_jwt", secrets=(), jwks=json.dumps({"keys": [KEY.as_dict(private=False)]})
    )
    now = clock.now()
    token = signed("daemon1", aud=world.issuer, iat=now, exp=now + 60)
    form = {"grant_type": "client_credentials", "scope": "orders:read"}
    form |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}
    assert (await world.token(None, **form)).status_code == 200
    clock.advance(HOUR)
    await purge(world)
    clock.advance(-HOUR)

    assert_error(await world.token(None, **form), "invalid_client", 401)


async def test_FLT_26_a_clock_that_leaps_ahead_for_a_while_costs_nobody_their_tokens(world: World, clock: FakeClock):
    code = await world.browser().code()
    tokens = (await exchange(world, code)).json()
    clock.advance(10 * YEAR)
    assert_error(await refresh(world, tokens["refresh_token"]), "invalid_grant")
    await sweep.purge(world.foundation.db, clock.now(), RetentionPolicy())
    await sweep.purge(world.foundation.db, clock.now(), RetentionPolicy())
    clock.advance(-10 * YEAR)

    assert (await world.introspect(tokens["access_token"]))["active"] is True
    fresh = await refresh(world, tokens["refresh_token"])
    assert fresh.status_code == 200
    assert_error(await exchange(world, code), "invalid_grant")
    await world.assert_dead(fresh.json())


async def test_FLT_26_keys_that_were_tended_by_a_wrong_clock_still_sign_and_verify(world: World, clock: FakeClock):
    before = await world.browser().tokens()
    clock.advance(2 * YEAR)
    await world.foundation.keys.refresh()
    await world.foundation.keys.tend()
    assert await world.browser().tokens()
    clock.advance(-2 * YEAR)
    await world.foundation.keys.refresh()

    after = await world.browser().tokens()
    assert (await world.introspect(before["access_token"]))["active"] is True
    assert (await world.introspect(after["access_token"]))["active"] is True


async def test_FLT_26_a_person_who_signed_out_stays_so(world: World, clock: FakeClock):
    browser = world.browser()
    await browser.tokens()
    cookies = dict(browser.http.cookies)
    page = await browser.get("/logout")
    await browser.submit(page, decision="sign_out")
    clock.advance(-DAY)
    browser.http.cookies.update(cookies)

    assert (await browser.authorize()).url.path == "/login"
