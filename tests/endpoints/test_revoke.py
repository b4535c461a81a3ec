"""Revocation (RFC 7009; catalogue 2.10)."""

import pytest
from structlog.testing import capture_logs
from tests.world import World, refresh

pytestmark = pytest.mark.anyio


async def test_RV_01_revoking_anothers_token_does_nothing_and_the_log_tells(world: World):
    tokens = await world.browser().tokens()
    machine = (await world.token("daemon1", grant_type="client_credentials", scope="things:read")).json()
    theirs = (tokens["access_token"], tokens["refresh_token"], machine["access_token"])
    with capture_logs() as lines:
        for token in (*theirs, "what", "gla_what", "glr_what"):
            assert (await world.direct("/revoke", "web2", token=token)).status_code == 200

    told = [(line["event"], line["client_id"], line["what"]) for line in lines]
    assert told == [("revocation_ignored", "web2", what) for what in ("access_token", "family", "access_token")]
    assert (await world.introspect(tokens["access_token"]))["active"] is True
    assert (await world.introspect(machine["access_token"], "daemon1"))["active"] is True
    assert (await refresh(world, tokens["refresh_token"])).status_code == 200


async def test_revoking_ones_own_twice_is_told_once(world: World):
    tokens = await world.browser().tokens()
    machine = (await world.token("daemon1", grant_type="client_credentials", scope="things:read")).json()
    with capture_logs() as lines:
        for _ in range(2):
            for client_id, token in (
                ("web1", tokens["access_token"]),
                ("web1", tokens["refresh_token"]),
                ("daemon1", machine["access_token"]),
            ):
                await world.direct("/revoke", client_id, token=token)

    assert [line["event"] for line in lines] == ["token_revoked"] * 3


async def test_revoking_an_access_token_ends_it_alone(world: World):
    tokens = await world.browser().tokens()
    await world.direct("/revoke", "web1", token=tokens["access_token"])

    assert await world.introspect(tokens["access_token"]) == {"active": False}
    assert (await world.userinfo(tokens["access_token"])).status_code == 401
    assert (await refresh(world, tokens["refresh_token"])).status_code == 200


async def test_revoking_a_refresh_token_ends_everything(world: World):
    tokens = await world.browser().tokens()
    await world.direct("/revoke", "web1", token=tokens["refresh_token"])
    await world.assert_dead(tokens)


async def test_revoking_a_machines_tokens(world: World):
    for scope in ("orders:read", "things:read"):
        token = (await world.token("daemon1", grant_type="client_credentials", scope=scope)).json()["access_token"]
        await world.direct("/revoke", "daemon1", token=token)
        assert await world.introspect(token, "daemon1") == {"active": False}


async def test_a_public_client_revokes_its_own(world: World):
    tokens = await world.browser().tokens("spa1")
    async with world.http() as http:
        answer = await http.post("/revoke", data={"token": tokens["refresh_token"], "client_id": "spa1"})
    assert answer.status_code == 200
    assert (await world.userinfo(tokens["access_token"])).status_code == 401
