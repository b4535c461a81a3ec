"""The device grant: a device asks as often as it may, and gets tokens once, when its person allowed it elsewhere."""

import asyncio
from hashlib import sha256

import pytest
from tests.conftest import FakeClock
from tests.devices import ELSEWHERE, SCOPE, allow, ask, began, compare, post, tokens, type_code
from tests.world import API, CHALLENGE, ISSUER, VERIFIER, World, assert_error, audited, refresh

from gatelodge.database.tx import Database
from gatelodge.grants.device_code import PollPaces
from gatelodge.keys.secrets import b64
from gatelodge.stores import clients, endings, users

pytestmark = pytest.mark.anyio


async def said(world: World, device, **more: str) -> str:
    answer = await ask(world, device, **more)
    return answer.json().get("error", "tokens")


async def test_a_device_is_told_what_to_show_and_how_to_go_on(world: World) -> None:
    device = await began(world)

    half, _, rest = device["user_code"].partition("-")
    assert {len(half), len(rest)} == {4}
    assert set(half + rest) <= set("BCDFGHJKLMNPQRSTVWXZ")
    assert device["verification_uri"] == f"{ISSUER}/device"
    assert device["verification_uri_complete"] == f"{ISSUER}/device?user_code={device['user_code']}"
    assert (device["expires_in"], device["interval"]) == (600, 5)
    assert len({(await began(world))["device_code"] for _ in range(3)} | {device["device_code"]}) == 4
    async with world.http() as http:
        metadata = (await http.get("/.well-known/oauth-authorization-server")).json()
    assert metadata["device_authorization_endpoint"] == f"{ISSUER}/device_authorization"


@pytest.mark.parametrize(
    ("client_id", "form", "error"),
    [
        ("web1", {}, "unauthorized_client"),
        ("tv1", {"scope": "openid nothing"}, "invalid_scope"),
        ("tv1", {"scope": 'a"b'}, "invalid_scope"),
        ("tv1", {"resource": "https://nowhere.test"}, "invalid_target"),
        ("tv1", {"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ("tv1", {"code_challenge_method": "S256"}, "invalid_request"),
        ("tv-unknown", {}, "invalid_client"),
    ],
)
async def test_what_nobody_may_have_is_not_even_shown(world: World, client_id: str, form, error: str) -> None:
    answer = await post(world, "/device_authorization", client_id, "203.0.113.9", {"scope": SCOPE, **form})

    assert_error(answer, error, 401 if error == "invalid_client" else 400)


async def test_DV_02_a_device_hears_what_becomes_of_its_question(world: World, clock: FakeClock) -> None:
    device, late, refused = await began(world), await began(world), await began(world)
    assert await said(world, device) == "authorization_pending"
    assert await said(world, device) == "slow_down"
    clock.advance(6)  # long enough before, and not after slow_down
    assert await said(world, device) == "slow_down"
    clock.advance(9)
    assert await said(world, device) == "authorization_pending"

    browser = world.browser()
    page = await compare(browser, await type_code(browser, refused), "other")
    assert "The device was refused" in page.text
    assert await said(world, refused) == "access_denied"
    await allow(world.browser(), device)
    assert await said(world, device) == "tokens"
    assert await said(world, device) == "invalid_grant"
    clock.advance(600)
    assert await said(world, late) == "expired_token"
    assert await said(world, {"device_code": "x" * 54}) == "invalid_grant"


async def test_who_polls_too_fast_is_slowed_down_and_costs_no_write(world: World, clock: FakeClock) -> None:
    device, database = await began(world), world.foundation.db
    await ask(world, device)
    written = await _written(database)
    answers = [await said(world, device) for _ in range(20)]

    assert answers == ["slow_down"] * 20
    assert await _written(database) == written
    clock.advance(64)  # five seconds more for each, and a minute at most
    assert await said(world, device) == "authorization_pending"
    clock.advance(63)
    assert await said(world, device) == "slow_down"  # what was said is kept
    clock.advance(6)
    assert await said(world, device) == "authorization_pending"


async def _written(database: Database) -> str:
    """What the tickets say, all of it."""

    async def read(tx) -> str:
        return str(await tx.all("select id, payload, spent_at, replayed_at from tickets order by id"))

    return await database.read(read)


async def test_what_is_remembered_of_fast_devices_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatelodge.grants.device_code.ROOM", 2)
    paces = PollPaces()
    for name in (b"one", b"two", b"three"):
        paces.note(name, 5)

    assert [paces.by(name) for name in (b"one", b"two", b"three")] == [0, 5, 5]
    paces.forget(b"two")
    assert paces.by(b"two") == 0


async def test_tokens_say_who_allowed_what_and_to_whom(world: World) -> None:
    got = await tokens(world)

    told = await world.introspect(got["access_token"], "rs1")
    assert (told["sub"], told["client_id"], told["scope"]) == ("sub-alice", "box1", SCOPE)
    assert told["aud"] == [API, ISSUER]
    assert "refresh_token" in got
    assert "id_token" in got
    assert (await refresh(world, got["refresh_token"], "box1")).status_code == 200


async def test_a_public_device_needs_no_secret_and_keeps_its_refresh_token(world: World) -> None:
    got = await tokens(world, "tv1")

    again = await post(
        world, "/token", "tv1", "203.0.113.9", {"grant_type": "refresh_token", "refresh_token": got["refresh_token"]}
    )
    assert again.status_code == 200


async def test_no_lasting_access_for_a_client_that_may_not_have_it(world: World) -> None:
    await world.change_client("tv1", grants=frozenset({"urn:ietf:params:oauth:grant-type:device_code"}))
    got = await tokens(world, "tv1")

    assert "refresh_token" not in got
    assert "offline_access" not in got["scope"]


async def test_a_device_code_is_of_no_use_to_another_client(world: World) -> None:
    device = await began(world)
    await allow(world.browser(), device)

    assert_error(await ask(world, device, "tv1"), "invalid_grant")
    assert await said(world, device) == "tokens"


async def test_a_device_code_is_of_no_use_to_who_is_given_the_clients_id_later(world: World) -> None:
    device = await began(world)
    await allow(world.browser(), device)
    await _forget_and_add_again(world, "box1")

    assert await said(world, device) == "invalid_grant"


async def _forget_and_add_again(world: World, client_id: str) -> None:
    async def again(tx) -> None:
        found = await clients.find(tx, client_id)
        assert found is not None
        await clients.remove(tx, client_id)
        await clients.add(tx, found, world.foundation.clock.now())

    await world.foundation.db.write(again)
    await world.foundation.registry.poll()


async def test_a_device_that_sent_a_challenge_must_prove_it(world: World) -> None:
    device = await began(world, code_challenge=CHALLENGE, code_challenge_method="S256")
    await allow(world.browser(), device)

    assert await said(world, device) == "invalid_grant"
    assert await said(world, device, code_verifier=b64(sha256(b"guess").digest())) == "invalid_grant"
    assert await said(world, device, code_verifier=VERIFIER) == "tokens"
    plain = await began(world)
    assert await said(world, plain, code_verifier=VERIFIER) == "invalid_grant"


async def test_of_twenty_who_redeem_at_once_one_gets_tokens(world: World) -> None:
    device = await began(world)
    await allow(world.browser(), device)

    answers = await asyncio.gather(*(said(world, device) for _ in range(20)))

    assert sorted(answers) == ["invalid_grant"] * 19 + ["tokens"]


async def test_naming_an_api_that_was_not_allowed_spends_nothing(world: World) -> None:
    device = await began(world)
    await allow(world.browser(), device)

    assert_error(await ask(world, device, resource="https://api.test/opaque"), "invalid_target")
    assert (await ask(world, device, resource=API)).status_code == 200


async def test_CI_02_who_was_disabled_after_they_allowed_gets_nobody_in(world: World) -> None:
    device = await began(world)
    await allow(world.browser(), device)
    alice, now = world.people["alice"].id, world.foundation.clock.now()
    await world.foundation.db.write(endings.disable, alice, now)

    assert await said(world, device) == "invalid_grant"


async def test_tokens_end_when_the_device_code_comes_again_from_another_network(world: World) -> None:
    device = await began(world)
    await allow(world.browser(), device)
    got = (await ask(world, device)).json()
    assert await said(world, device) == "invalid_grant"
    assert (await world.userinfo(got["access_token"])).status_code == 200  # the answer was lost, and no more

    stolen = await ask(world, device, address=ELSEWHERE)

    assert_error(stolen, "invalid_grant")
    assert ("device_code_repeated", "box1", world.people["alice"].id) in await audited(world, stolen)
    await world.assert_dead(got, "box1")


async def test_what_came_of_a_device_is_in_the_audit_trail(world: World) -> None:
    device = await began(world)
    done = await allow(world.browser(), device)
    answer = await ask(world, device)

    alice = world.people["alice"].id
    assert await audited(world, done) == [("device_allowed", "box1", alice)]
    assert await audited(world, answer) == [("token_issued", "box1", alice)]
    assert await world.foundation.db.read(users.find, alice) is not None
