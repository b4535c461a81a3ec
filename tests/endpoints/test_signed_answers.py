"""Signed answers (JARM): whole, for one client, and in the way that it listens."""

from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from tests.conftest import FakeClock
from tests.endpoints.test_response_modes import REFUSALS, way_of
from tests.world import World, exchange

pytestmark = pytest.mark.anyio

WAYS = {"jwt": "query", "query.jwt": "query", "fragment.jwt": "fragment", "form_post.jwt": "form_post"}


async def opened(world: World, value: str, alg: str = "RS256") -> dict[str, Any]:
    """What a signed answer says, by somebody else's library and the published keys."""
    async with world.http() as http:
        keys = KeySet.import_key_set((await http.get("/jwks")).json())
    return jwt.decode(value, keys, algorithms=[alg]).claims


async def asked_for(world: World, mode: str, **changes: str) -> httpx2.Response:
    browser = world.browser()
    page = await browser.authorize(response_mode=mode, **changes)
    return await browser.walk(page, "alice", "wonderland")


@pytest.mark.parametrize("mode", WAYS)
async def test_AZ_06_an_answer_is_one_signed_value(world: World, clock: FakeClock, mode: str):
    way, members = way_of(await asked_for(world, mode))

    assert (way, set(members)) == (WAYS[mode], {"response"})
    said = await opened(world, members["response"])
    code = said.pop("code")
    assert said == {"state": "a state", "iss": world.issuer, "aud": "web1", "exp": clock.now() + 300}
    assert (await exchange(world, code)).status_code == 200


async def test_an_answer_is_signed_as_its_client_registered(world: World):
    await world.change_client("web1", answer_alg="ES256")
    _, members = way_of(await asked_for(world, "jwt"))

    assert (await opened(world, members["response"], "ES256"))["aud"] == "web1"


@pytest.mark.parametrize("mode", ["query.jwt", "form_post.jwt"])
async def test_MODE_01_a_refusal_is_signed_too(sqlite_world: World, mode: str):
    wrong: dict[str, object] = {}
    for name, (changes, error) in REFUSALS.items():
        way, members = way_of(await sqlite_world.browser().authorize(response_mode=mode, **changes))
        in_query = mode == "query.jwt" and changes.get("response_type") == "token"
        expected = "fragment" if in_query else WAYS[mode]
        said = await opened(sqlite_world, members["response"]) if set(members) == {"response"} else {}
        state = changes.get("state", "a state")
        if (way, said.get("error"), said.get("state")) != (expected, error, state):
            wrong[name] = way, members, said
    assert wrong == {}


async def test_AZ_03_tokens_never_travel_in_a_query_signed_or_not(legacy_world: World):
    response = await legacy_world.browser().authorize("legacy1", response_type="id_token", response_mode="query.jwt")
    way, members = way_of(response)
    assert (way, (await opened(legacy_world, members["response"]))["error"]) == ("fragment", "invalid_request")


async def test_tokens_travel_in_a_signed_fragment(legacy_world: World):
    browser = legacy_world.browser()
    page = await browser.authorize("legacy1", response_type="id_token token", response_mode="jwt")
    way, members = way_of(await browser.walk(page, "alice", "wonderland"))

    said = await opened(legacy_world, members["response"])
    assert way == "fragment"
    assert {"access_token", "id_token", "token_type", "expires_in"} <= set(said)
    assert said["aud"] == "legacy1"


async def test_JWT_12_a_signed_answer_is_no_other_token(world: World):
    _, members = way_of(await asked_for(world, "jwt"))
    value = members["response"]

    assert (await world.userinfo(value)).status_code == 401
    assert await world.introspect(value) == {"active": False}
    hinted = await world.browser().authorize(id_token_hint=value, prompt="none")
    assert way_of(hinted)[1]["error"] == "login_required"
