"""Introspection (RFC 7662; catalogue 2.10)."""

import pytest
from tests.world import API, OPAQUE_API, SCOPES, World, assert_error, refresh

pytestmark = pytest.mark.anyio


async def test_an_opaque_token_is_known_to_its_client_and_its_api_alone(world: World):
    token = (await world.token("daemon1", grant_type="client_credentials", scope="things:read")).json()["access_token"]

    assert token.startswith("gla_")
    assert (await world.introspect(token, "daemon1"))["active"] is True
    assert (await world.introspect(token, "rs1"))["aud"] == OPAQUE_API
    assert await world.introspect(token, "web1") == {"active": False}


@pytest.mark.parametrize(("api", "scope"), [(API, "orders:read"), (OPAQUE_API, "things:read")])
async def test_an_api_is_told_the_name_of_a_person_only_with_the_scope_that_tells_it(
    world: World, api: str, scope: str
):
    await world.change_client("web1", scopes=SCOPES | {"things:read"})
    nameless = await world.browser().tokens(scope=f"openid {scope}", resource=api)
    named = await world.browser().tokens(scope=f"openid profile {scope}", resource=api)

    assert "username" not in await world.introspect(nameless["access_token"], "rs1")
    assert "username" not in await world.introspect(nameless["access_token"])
    assert (await world.introspect(named["access_token"], "rs1"))["username"] == "alice"


async def test_IR_02_whatever_does_not_work_is_inactive_and_nothing_more(world: World, clock):
    tokens = await world.browser().tokens()
    expired = (await world.token("daemon1", grant_type="client_credentials", scope="things:read")).json()[
        "access_token"
    ]
    clock.advance(601)
    for token in ("what", "a.b.c", "glr_x", "gla_x", expired, tokens["access_token"], tokens["id_token"]):
        assert await world.introspect(token, "daemon1") == {"active": False}


async def test_IR_03_a_wrong_hint_and_a_wrong_way_to_ask(world: World):
    tokens = await world.browser().tokens()
    answer = await world.direct("/introspect", "web1", token=tokens["access_token"], token_type_hint="refresh_token")
    assert answer.json()["active"] is True
    async with world.http() as http:
        assert (await http.get("/introspect?token=x")).status_code == 405
        assert_error(await http.post("/introspect?token=x"), "invalid_request")
        assert_error(await http.post("/introspect", data={"token": "x"}), "invalid_client", 401)
        assert_error(await http.post("/introspect", data={"token": "x", "client_id": "spa1"}), "invalid_client", 401)


async def test_a_disabled_client_makes_its_tokens_inactive(world: World):
    tokens = await world.browser().tokens("spa1")
    await world.change_client("spa1", enabled=False)

    assert (await world.userinfo(tokens["access_token"])).status_code == 401
    assert await world.introspect(tokens["access_token"], "rs1") == {"active": False}


async def test_a_refresh_token_is_known_to_its_own_client_alone_and_only_while_it_is_the_newest(world: World, clock):
    tokens = await world.browser().tokens(scope="openid offline_access orders:read")
    token, person = tokens["refresh_token"], (await world.introspect(tokens["access_token"]))["sub"]
    idle = world.foundation.config.tokens.refresh_idle_lifetime
    told = {"active": True, "iss": world.issuer, "sub": person, "client_id": "web1", "exp": clock.now() + idle}

    assert await world.introspect(token) == told | {"scope": "openid offline_access orders:read"}
    for other in ("rs1", "web2"):
        assert await world.introspect(token, other) == {"active": False}
    clock.advance(idle - 1)
    assert (await world.introspect(token))["active"] is True
    newest = (await refresh(world, token)).json()["refresh_token"]
    assert await world.introspect(token) == {"active": False}
    clock.advance(idle - 1)
    assert (await world.introspect(newest))["active"] is True
    clock.advance(1)
    assert await world.introspect(newest) == {"active": False}


async def test_a_refresh_token_of_a_family_that_was_ended_is_inactive(world: World):
    token = (await world.browser().tokens())["refresh_token"]
    assert (await world.introspect(token))["active"] is True
    await world.direct("/revoke", "web1", token=token)
    assert await world.introspect(token) == {"active": False}


async def test_the_end_of_its_family_is_the_end_of_a_refresh_token(world: World, clock):
    token = (await world.browser().tokens())["refresh_token"]
    policy = world.foundation.config.tokens
    end = clock.now() + policy.refresh_lifetime
    while clock.now() + policy.refresh_idle_lifetime <= end:
        clock.advance(policy.refresh_idle_lifetime - 1)
        token = (await refresh(world, token)).json()["refresh_token"]
    assert (await world.introspect(token))["exp"] == end
