"""UserInfo: which tokens open it, and what it tells (catalogue 2.10)."""

from collections.abc import Mapping

import jwt
import msgspec
import pytest
from tests.world import API, OPAQUE_API, SCOPES, World, refresh

from gatelodge.mail.letters import Letters
from gatelodge.ops import users as ops
from gatelodge.protocol import access_token
from gatelodge.stores import users
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio


async def test_UI_01_how_a_token_may_be_presented(world: World):
    tokens = await world.browser().tokens()
    token = tokens["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    async with world.http() as http:
        assert (await http.get("/userinfo", params={"access_token": token})).status_code == 400
        assert (await http.post("/userinfo", data={"access_token": token}, headers=bearer)).status_code == 400
        assert (await http.post("/userinfo", data={"access_token": token})).status_code == 200
        assert (await http.get("/userinfo", headers={"authorization": f"bearer {token}"})).status_code == 200
        nothing = await http.get("/userinfo")
    assert nothing.status_code == 401
    both = 'Bearer realm="gatelodge", DPoP algs="ES256 EdDSA Ed25519 PS256"'
    assert nothing.headers["www-authenticate"] == both


async def test_UI_01_which_tokens_open_userinfo(world: World):
    machine = (await world.token("daemon1", grant_type="client_credentials", scope="orders:read")).json()
    plain = await world.browser().tokens(scope="orders:read")
    for token in (machine["access_token"], plain["access_token"]):
        refused = await world.userinfo(token)
        assert refused.status_code == 403
        assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
        assert 'scope="openid"' in refused.headers["www-authenticate"]
    refused = await world.userinfo("what")
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]


async def test_UI_05_a_token_opens_userinfo_only_if_it_is_for_it(world: World):
    tokens = await world.browser().tokens()
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert claims["aud"] == [API, world.issuer]
    assert await works(world, tokens["access_token"])

    for audience in (API, [API], [API, world.issuer + "/"]):
        refused = await world.userinfo(signed(world, claims | {"aud": audience}))
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]


async def test_UI_05_a_token_without_openid_is_for_the_api_alone(world: World):
    tokens = await world.browser().tokens()
    narrow = (await refresh(world, tokens["refresh_token"], scope="orders:read profile")).json()

    assert jwt.decode(narrow["access_token"], options={"verify_signature": False})["aud"] == API
    assert (await world.userinfo(narrow["access_token"])).status_code == 403
    both = (await refresh(world, narrow["refresh_token"], resource=API)).json()
    assert (await world.userinfo(both["access_token"])).status_code == 200


async def test_UI_05_an_opaque_token_has_both_audiences_too(world: World):
    await world.change_client("web1", scopes=SCOPES | {"things:read"})
    tokens = await world.browser().tokens(scope="openid email things:read")

    assert (await world.userinfo(tokens["access_token"])).json()["email"] == "alice@example.org"
    assert (await world.introspect(tokens["access_token"], "rs1"))["aud"] == [OPAQUE_API, world.issuer]
    assert await world.introspect(tokens["access_token"], "web2") == {"active": False}


async def test_JWT_12_an_id_token_opens_nothing(world: World):
    tokens = await world.browser().tokens()
    assert (await world.userinfo(tokens["id_token"])).status_code == 401


async def test_ID_02_a_token_from_before_a_change_of_issuer_is_refused(world: World):
    tokens = await world.browser().tokens()
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})

    assert await works(world, signed(world, claims))
    assert not await works(world, signed(world, claims | {"iss": "https://old.test"}))
    assert not await works(world, signed(world, claims | {"iss": world.issuer + "/"}))


@pytest.mark.parametrize("seen", ["before", "then"])
async def test_ID_02_a_token_works_in_its_last_second_and_no_longer(world: World, clock, seen: str):
    tokens = await world.browser().tokens()
    if seen == "before":
        assert await works(world, tokens["access_token"])
    clock.advance(599)
    if seen == "before":
        assert await works(world, tokens["access_token"])
    clock.advance(1)
    assert not await works(world, tokens["access_token"])


async def test_ID_02_a_token_is_first_seen_in_its_last_second(world: World, clock):
    tokens = await world.browser().tokens()
    clock.advance(599)
    assert await works(world, tokens["access_token"])


async def test_userinfo_tells_what_the_scopes_stand_for(world: World):
    tokens = await world.browser().tokens(scope="openid email phone address")
    assert (await world.userinfo(tokens["access_token"])).json() == {
        "sub": "sub-alice",
        "email": "alice@example.org",
        "email_verified": True,
        "phone_number": "+44 1865 1",
        "address": {"formatted": "Christ Church\nOxford"},
    }


async def test_updated_at_says_when_what_is_told_of_a_person_last_changed(world: World, clock):
    changed_at, db, alice = clock.now(), world.foundation.db, world.people["alice"]
    tokens = await world.browser().tokens(claims='{"id_token": {"updated_at": null}}')
    clock.advance(60)
    for change in (ops.disable, ops.enable, ops.grant_admin):
        await db.write(change, "alice", Letters(None), Origin(), clock.now())
    tokens = await world.browser().tokens(claims='{"id_token": {"updated_at": null}}')

    told = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert told["updated_at"] == changed_at == (await world.userinfo(tokens["access_token"])).json()["updated_at"]
    await db.write(users.update, alice, msgspec.structs.replace(alice, name="Alice"), clock.now())
    assert (await world.userinfo(tokens["access_token"])).json()["updated_at"] == clock.now()
    plain = await world.browser().tokens(scope="openid email")
    assert "updated_at" not in (await world.userinfo(plain["access_token"])).json()


async def works(world: World, token: str) -> bool:
    """Whether a token works, at UserInfo and at introspection alike."""
    opened, told = (await world.userinfo(token)).status_code == 200, (await world.introspect(token))["active"]
    assert opened is told
    return opened


def signed(world: World, claims: Mapping[str, object]) -> str:
    """These claims as an access token that this server signed."""
    foundation = world.foundation
    return foundation.keys.ring.signer("ES256", foundation.clock.now()).sign(dict(claims), access_token.TYPE)
