"""Custom claims from end to end: a scope that an operator added, asked for, allowed, told, and told no more."""

import re

import jwt
import pytest
from msgspec.structs import replace
from tests.world import API, SCOPES, World, exchange, refresh

from gatelodge.ops import claim_scopes
from gatelodge.protocol.claim_scopes import ClaimScope
from gatelodge.protocol.token_exchange import ACCESS_TOKEN, GRANT_TYPE
from gatelodge.stores import users
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

EMPLOYMENT = ClaimScope("employment", ("department", "groups", "salary"), "Your department and groups")
HELD = {"department": "Wonders", "groups": ["tea", "croquet"], "act": {"sub": "mallory"}, "shoe_size": 37}
TOLD = {"sub": "sub-alice", "department": "Wonders", "groups": ["tea", "croquet"]}
ORIGIN = Origin("test")


@pytest.fixture
async def employed(world: World) -> World:
    """A server where `employment` releases claims, Alice has some, and web1 may ask for them."""
    db, now = world.foundation.db, world.foundation.clock.now()
    await db.write(claim_scopes.add, EMPLOYMENT, ORIGIN, now)
    alice = world.people["alice"]
    await db.write(users.update, alice, replace(alice, claims=HELD), now)
    await world.change_client("web1", scopes=SCOPES | {"employment"})
    return world


async def test_a_scope_releases_its_claims_in_userinfo_and_nothing_else_does(employed: World) -> None:
    tokens = await employed.browser().tokens(scope="openid employment")
    assert (await employed.userinfo(tokens["access_token"])).json() == TOLD
    bare = await employed.browser().tokens(scope="openid profile")
    assert (await employed.userinfo(bare["access_token"])).json().keys().isdisjoint(HELD)


async def test_JWT_17_an_id_token_says_custom_claims_where_the_client_asks_for_them(employed: World) -> None:
    one = '{"id_token": {"department": null, "shoe_size": null, "act": null, "email": null}}'
    answered = await employed.browser().tokens(scope="openid", claims=one)
    said = jwt.decode(answered["id_token"], options={"verify_signature": False})
    assert (said["department"], said["email"]) == ("Wonders", "alice@example.org")
    assert said.keys().isdisjoint({"groups", "shoe_size", "act"})
    plain = await employed.browser().tokens(scope="openid employment")
    assert "department" not in jwt.decode(plain["id_token"], options={"verify_signature": False})

    await employed.change_client("web1", id_token_claims=frozenset({"groups", "salary"}))
    chosen = await employed.browser().tokens(scope="openid employment offline_access")
    said = jwt.decode(chosen["id_token"], options={"verify_signature": False})
    assert said["groups"] == ["tea", "croquet"]
    assert said.keys().isdisjoint({"department", "salary"})
    again = (await refresh(employed, chosen["refresh_token"])).json()
    assert jwt.decode(again["id_token"], options={"verify_signature": False})["groups"] == ["tea", "croquet"]


async def test_a_client_reaches_no_further_than_the_scopes_it_may_have(employed: World) -> None:
    await employed.change_client("web1", scopes=SCOPES)
    singly = '{"userinfo": {"department": null}, "id_token": {"department": null}}'
    tokens = await employed.browser().tokens(scope="openid", claims=singly)
    assert (await employed.userinfo(tokens["access_token"])).json() == {"sub": "sub-alice"}
    assert "department" not in jwt.decode(tokens["id_token"], options={"verify_signature": False})


async def test_a_person_reads_what_it_tells_and_can_leave_it_out(employed: World) -> None:
    browser = employed.browser()
    singly = '{"userinfo": {"department": null}}'
    page = await browser.sign_in(await browser.authorize(scope="openid email", claims=singly))
    words = re.sub(r"<[^>]+>|\s+", " ", page.text)
    assert re.search(r"Your department and groups\s+Wonders, tea, croquet", words)
    answer = await browser.submit(page, decision="allow", scope=["email"])
    code = re.search(r"code=([^&]+)", answer.headers["location"])
    assert code is not None
    tokens = (await exchange(employed, code[1])).json()
    told = (await employed.userinfo(tokens["access_token"])).json()
    assert told.keys() == {"sub", "email", "email_verified"}


async def test_a_long_value_hides_none_of_the_others(employed: World) -> None:
    alice, now = employed.people["alice"], employed.foundation.clock.now()
    held = replace(alice, claims=HELD)
    long = replace(alice, claims={"department": "x" * 99, "groups": ["tea", {"a": 1}, True], "salary": 3})
    await employed.foundation.db.write(users.update, held, long, now)
    browser = employed.browser()
    page = await browser.sign_in(await browser.authorize(scope="openid employment"))
    assert f"<span>{'x' * 39}…, tea, 3</span>" in page.text


async def test_beside_an_api_it_is_about_the_person_and_a_machine_gets_none(employed: World) -> None:
    tokens = await employed.browser().tokens(scope="openid employment orders:read")
    assert (await employed.userinfo(tokens["access_token"])).json() == TOLD
    await employed.change_client("daemon1", scopes=frozenset({"orders:read", "employment"}))
    asked = await employed.token("daemon1", grant_type="client_credentials", scope="employment")
    assert (asked.status_code, asked.json()["error"]) == (400, "invalid_scope")
    all_ = (await employed.token("daemon1", grant_type="client_credentials")).json()
    assert all_["scope"] == "orders:read"


async def test_who_acts_for_a_person_is_not_told_of_them(employed: World) -> None:
    await employed.change_client(
        "rs1",
        grants=frozenset({GRANT_TYPE}),
        scopes=frozenset({"openid", "orders:read", "employment"}),
        exchange_subjects=frozenset({"access_token"}),
        exchange_audiences=frozenset({API}),
    )
    token = (await employed.browser().tokens(scope="openid employment orders:read"))["access_token"]
    form = {"grant_type": GRANT_TYPE, "subject_token": token, "subject_token_type": ACCESS_TOKEN, "audience": API}
    asked = await employed.token("rs1", **form, scope="orders:read employment")
    assert (asked.status_code, asked.json()["error"]) == (400, "invalid_scope")
    assert (await employed.token("rs1", **form)).json()["scope"] == "orders:read"


async def test_the_metadata_names_it_and_a_scope_that_is_gone_releases_nothing(employed: World) -> None:
    tokens = await employed.browser().tokens(scope="openid employment", claims='{"userinfo": {"groups": null}}')
    async with employed.http() as http:
        said = (await http.get("/.well-known/openid-configuration")).json()
        assert "employment" in said["scopes_supported"]
        assert {"department", "groups"} <= set(said["claims_supported"])

        await employed.foundation.db.write(claim_scopes.remove, "employment", ORIGIN, employed.foundation.clock.now())
        await employed.foundation.registry.poll()

        said = (await http.get("/.well-known/openid-configuration")).json()
    assert "employment" not in said["scopes_supported"]
    assert "department" not in said["claims_supported"]
    assert (await employed.userinfo(tokens["access_token"])).json() == {"sub": "sub-alice"}
