"""The password grant: legacy, and off unless switched on."""

import jwt
import pytest
from tests.world import API, World, assert_error, refresh

from gatelodge.authn.hashing import HashingSlot
from gatelodge.mail.letters import Letters
from gatelodge.ops import users as ops
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

PASSWORD = {"grant_type": "password", "username": "alice", "password": "wonderland", "scope": "openid"}


async def test_CODE_11_the_password_grant_is_off_unless_switched_on(world: World):
    assert_error(await world.token("legacy1", **PASSWORD), "unsupported_grant_type")


async def test_the_password_grant_is_for_clients_that_are_allowed_it(legacy_world: World):
    assert_error(await legacy_world.token("web1", **PASSWORD), "unauthorized_client")
    assert (await legacy_world.token("legacy1", **PASSWORD)).status_code == 200
    assert_error(await legacy_world.token("legacy1", **(PASSWORD | {"password": "wrong"})), "invalid_grant")
    assert_error(await legacy_world.token("legacy1", **(PASSWORD | {"username": "nobody"})), "invalid_grant")


async def test_ACC_07_a_password_replaced_while_it_is_checked_is_wrong(
    legacy_world: World, monkeypatch: pytest.MonkeyPatch
):
    pool = legacy_world.server.authn.passwords
    hashes = iter([await pool.hash("another"), await pool.hash("and another")])

    async def verify_slowly(*_: object) -> bool:
        await legacy_world.foundation.db.write(ops.set_password, "alice", next(hashes), Letters(None), Origin(), 0)
        return True

    browser = legacy_world.browser()
    page = await browser.authorize()
    monkeypatch.setattr(HashingSlot, "verify", verify_slowly)

    assert_error(await legacy_world.token("legacy1", **PASSWORD), "invalid_grant")
    again = await browser.sign_in(page)
    assert (again.status_code, again.url.path) == (400, "/login")


async def test_a_token_for_a_password_says_how_the_person_was_proven(legacy_world: World):
    tokens = (await legacy_world.token("legacy1", **PASSWORD)).json()
    for token in (tokens["access_token"], tokens["id_token"]):
        assert jwt.decode(token, options={"verify_signature": False})["amr"] == ["pwd"]


async def test_a_refreshed_token_for_a_password_is_for_the_same_api(legacy_world: World):
    first = (await legacy_world.token("legacy1", **(PASSWORD | {"scope": "orders:read"}))).json()
    second = (await refresh(legacy_world, first["refresh_token"], "legacy1")).json()
    for tokens in (first, second):
        claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
        assert (claims["aud"], claims["scope"]) == (API, "orders:read")


async def test_a_throttled_password_grant_is_told_to_wait(legacy_world: World):
    wrong = PASSWORD | {"password": "wrong"}
    answers = [await legacy_world.token("legacy1", **wrong) for _ in range(12)]

    assert answers[0].status_code == 400
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
