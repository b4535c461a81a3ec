"""Our own access tokens, read back: whose they are, and what is remembered of them."""

from dataclasses import replace

import pytest
from tests.world import API, OPAQUE_API, SCOPES, World

from gatelodge.protocol import access_token
from gatelodge.protocol.client import Client
from gatelodge.telemetry.events import Origin
from gatelodge.tokens import own
from gatelodge.tokens.issue import HOLDER
from gatelodge.tokens.own import Live, OwnTokens

pytestmark = pytest.mark.anyio

HOLDS = Client("web1", "Web", "web", "client_secret_basic", generation=7, created_at=100)


@pytest.mark.parametrize(
    ("said", "grounds", "held"),
    [
        ({HOLDER: 7}, "{}", True),
        ({HOLDER: 6}, '{"client_generation": 7}', False),
        ({"grant_id": "g"}, '{"client_generation": 7}', True),
        ({"grant_id": "g", "iat": 200}, '{"client_generation": 6}', False),
        ({"iat": 100}, "{}", True),
        ({"iat": 99}, "{}", False),
    ],
)
def test_whose_it_is_is_told_by_registration_and_where_it_does_not_say_by_the_hour(
    said: dict[str, object], grounds: str, held: bool
):
    live = Live({"client_id": "web1", **said}, None, grounds)
    assert live.is_held_by(HOLDS) is held
    assert not live.is_held_by(replace(HOLDS, id="web2"))
    assert not live.is_held_by(None)


def test_what_it_says_is_read_from_its_claims_and_its_grounds():
    live = Live({"aud": "one", "scope": "a b"}, None, '{"claims_userinfo": ["email"]}')
    assert (live.audience, live.scope, live.wanted) == (("one",), ("a", "b"), ("email",))
    bare = Live({"aud": ["one", "two"]}, None)
    assert (bare.audience, bare.scope, bare.wanted) == (("one", "two"), (), ())


@pytest.fixture
def reader(world: World) -> OwnTokens:
    on = world.foundation
    return OwnTokens(world.issuer, on.mint, on.db, on.keys, on.clock)


async def test_what_a_key_signed_is_forgotten_with_the_key(world: World, reader: OwnTokens):
    (token,) = made(world, 1)
    assert reader.read_jwt(token) is not None
    for key in world.foundation.keys.rows():
        await world.foundation.keys.retire(key.kid, Origin(), compromised=True)
    assert reader.read_jwt(token) is None


async def test_a_token_is_verified_once_and_the_oldest_of_too_many_is_forgotten(
    world: World, reader: OwnTokens, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(own, "ROOM", 3)
    tokens = made(world, 4)
    read = [reader.read_jwt(token) for token in tokens]
    assert [claims and claims["jti"] for claims in read] == ["0", "1", "2", "3"]
    assert [reader.read_jwt(token) is claims for token, claims in zip(tokens[1:], read[1:], strict=True)] == [True] * 3
    assert len(reader._verified) == 3
    assert reader.read_jwt(tokens[0]) is not read[0]


@pytest.mark.parametrize(("api", "scope", "alone"), [(API, "orders:read", ("email",)), (OPAQUE_API, "things:read", ())])
async def test_a_token_that_comes_with_its_person_brings_what_was_asked_for_one_by_one(
    world: World, reader: OwnTokens, api: str, scope: str, alone: tuple[str, ...]
):
    await world.change_client("web1", scopes=SCOPES | {"things:read"})
    asked = {"scope": f"openid {scope}", "resource": api, "claims": '{"userinfo": {"email": null}}'}
    token = (await world.browser().tokens(**asked))["access_token"]
    bare, whole = await reader.find(token), await reader.find(token, with_person=True)
    assert bare is not None
    assert whole is not None
    assert (bare.wanted, bare.user) == (alone, None)
    assert (whole.wanted, whole.user and whole.user.username) == (("email",), "alice")


async def test_what_is_no_text_at_all_is_no_token(reader: OwnTokens):
    assert await reader.find("a.\udcff.c") is None


async def test_a_token_whose_family_cannot_be_told_is_dead(world: World, reader: OwnTokens):
    (token,) = made(world, 1, grant_id="of another epoch")
    assert reader.read_jwt(token) is not None
    assert await reader.find(token) is None
    assert (await world.direct("/revoke", "web1", token=token)).status_code == 200


def made(world: World, count: int, **more: str) -> list[str]:
    """So many access tokens that this server signed."""
    now = world.foundation.clock.now()
    claims = {"iss": world.issuer, "exp": now + 60, "client_id": "web1", **more}
    signer = world.foundation.keys.ring.signer("ES256", now)
    return [signer.sign({**claims, "jti": str(number)}, access_token.TYPE) for number in range(count)]
