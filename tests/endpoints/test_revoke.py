"""Revocation (RFC 7009; catalogue 2.10)."""

import pytest
from structlog.testing import capture_logs
from tests.world import World, audited, refresh

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


async def test_revoking_ones_own_twice_is_told_and_audited_once(world: World):
    first = await world.browser().tokens()
    second = (await refresh(world, first["refresh_token"])).json()
    held = [("web1", "access_token", tokens["access_token"]) for tokens in (first, second)]
    held.append(("web1", "family", second["refresh_token"]))
    for scope in ("orders:read", "things:read"):  # a JWT, and one that is kept
        machine = (await world.token("daemon1", grant_type="client_credentials", scope=scope)).json()
        held.append(("daemon1", "access_token", machine["access_token"]))
    for client_id, what, token in held:
        with capture_logs() as lines:
            once, again = [await world.direct("/revoke", client_id, token=token) for _ in range(2)]
        assert [(line["event"], line["client_id"], line["what"]) for line in lines] == [
            ("token_revoked", client_id, what)
        ]
        assert await audited(world, once) == [("token_revoked", client_id, None)]
        assert await audited(world, again) == []


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
