"""Token exchange: who may turn what into what, who then acts for whom, and what ends it (RFC 8693)."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import jwt
import pytest
from tests.conftest import FakeClock
from tests.world import API, OPAQUE_API, World, assert_error, audited

from gatelodge.ops import consents
from gatelodge.ops import sessions as sessions_verbs
from gatelodge.ops.sessions import Ending
from gatelodge.protocol.token_exchange import ACCESS_TOKEN, GRANT_TYPE, JWT, ActingParty, said
from gatelodge.stores import endings, sessions
from gatelodge.telemetry.events import SERVER, Origin

pytestmark = pytest.mark.anyio

REFRESH_TOKEN, ID_TOKEN = (ACCESS_TOKEN.replace("access", kind) for kind in ("refresh", "id"))
HERE = Origin("test", actor=SERVER)


async def agent(world: World, client_id: str = "rs1", **policy: object) -> None:
    """Let a client exchange tokens of the orders API, which it looks at tokens for, for tokens of the two APIs."""
    whole: dict[str, object] = {
        "grants": frozenset({GRANT_TYPE, "client_credentials"}),
        "scopes": frozenset({"orders:read", "things:read"}),
        "exchange_subjects": frozenset({"access_token"}),
        "exchange_audiences": frozenset({API, OPAQUE_API}),
        "exchange_scopes": frozenset({"things:read"}),
    }
    await world.change_client(client_id, **(whole | policy))


async def exchange(world: World, token: str, client_id: str = "rs1", **form: str) -> httpx2.Response:
    whole = {"subject_token": token, "subject_token_type": ACCESS_TOKEN, "audience": API} | form
    given = {name: value for name, value in whole.items() if value}
    return await world.token(client_id, grant_type=GRANT_TYPE, **given)


async def alices(world: World, client_id: str = "web1", **changes: str) -> dict[str, str]:
    return await world.browser().tokens(client_id, **changes)


def claims_of(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return jwt.decode(answer.json()["access_token"], options={"verify_signature": False})


async def is_active(world: World, answer: httpx2.Response) -> bool:
    return bool((await world.introspect(answer.json()["access_token"], "rs1"))["active"])


async def test_who_gets_a_persons_token_acts_for_them_and_says_so(world: World) -> None:
    await agent(world)
    first = await alices(world)

    answer = await exchange(world, first["access_token"])

    body, claims = answer.json(), claims_of(answer)
    assert (body["issued_token_type"], body["token_type"], body["scope"]) == (ACCESS_TOKEN, "Bearer", "orders:read")
    assert not {"refresh_token", "id_token"} & set(body)
    assert (claims["sub"], claims["client_id"], claims["aud"]) == ("sub-alice", "rs1", API)
    assert claims["act"] == {"sub": "rs1"}
    assert claims["amr"] == ["pwd"]
    assert (await world.introspect(body["access_token"], "rs1"))["act"] == {"sub": "rs1"}
    assert await audited(world, answer) == [("token_exchanged", "rs1", world.people["alice"].id)]


async def test_at_another_api_it_may_what_the_operator_says_and_no_more(world: World) -> None:
    await agent(world)
    token = (await alices(world))["access_token"]

    there = await exchange(world, token, audience=OPAQUE_API)

    assert (there.json()["scope"], await is_active(world, there)) == ("things:read", True)
    told = await world.introspect(there.json()["access_token"], "rs1")
    assert (told["aud"], told["act"], told["sub"]) == (OPAQUE_API, {"sub": "rs1"}, "sub-alice")
    await agent(world, exchange_scopes=frozenset())
    assert_error(await exchange(world, token, audience=OPAQUE_API, scope="things:read"), "invalid_scope")
    assert_error(await exchange(world, token, scope="orders:write"), "invalid_scope")
    await agent(world, exchange_audiences=frozenset({OPAQUE_API}))
    assert_error(await exchange(world, token), "invalid_target")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"subject_token": ""}, "invalid_request"),
        ({"subject_token_type": ""}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request"),
        ({"subject_token_type": REFRESH_TOKEN}, "unauthorized_client"),
        ({"subject_token": "made-up"}, "invalid_request"),
        ({"actor_token": "made-up", "actor_token_type": ACCESS_TOKEN}, "invalid_request"),
        ({"actor_token_type": ACCESS_TOKEN}, "invalid_request"),
        ({"requested_token_type": REFRESH_TOKEN}, "invalid_request"),
        ({"audience": "https://api.test/nowhere"}, "invalid_target"),
        ({"audience": API, "resource": OPAQUE_API, "scope": "orders:read"}, "invalid_scope"),
        ({"audience": OPAQUE_API, "requested_token_type": JWT}, "invalid_request"),
        ({"scope": "openid"}, "invalid_scope"),
    ],
    ids=str,
)
async def test_what_is_refused_says_why(world: World, form: Mapping[str, str], error: str) -> None:
    await agent(world)
    answer = await exchange(world, (await alices(world))["access_token"], **form)
    assert_error(answer, error)
    assert await audited(world, answer) == []


async def test_TX_02_an_actor_token_without_its_type_and_a_chain_of_five_are_refused(world: World) -> None:
    await agent(world)
    token = (await alices(world))["access_token"]
    assert_error(await exchange(world, token, actor_token=token), "invalid_request")

    for depth in range(1, 5):
        answer = await exchange(world, token)
        token, claim = answer.json()["access_token"], claims_of(answer)["act"]
        for _ in range(1, depth):
            assert claim["sub"] == "rs1"
            claim = claim["act"]
        assert claim == {"sub": "rs1"}
    assert_error(await exchange(world, token), "invalid_request")


def test_the_newest_actor_stands_outside() -> None:
    assert said(()) is None
    assert said((ActingParty("agent", "tool"), ActingParty("web"))) == {
        "sub": "agent",
        "client_id": "tool",
        "act": {"sub": "web"},
    }


async def test_a_token_of_an_api_the_client_has_no_part_in_is_worth_nothing_to_it(world: World) -> None:
    """Who found a token somewhere cannot turn it into one for another API."""
    await agent(world, "web2")
    await agent(world, "daemon1")
    token = (await alices(world))["access_token"]
    for thief in ("web2", "daemon1"):
        assert_error(await exchange(world, token, thief), "invalid_request")


async def test_a_machine_and_a_dead_token_are_nobodys(world: World) -> None:
    await agent(world)
    machine = await world.token("daemon1", grant_type="client_credentials", scope="orders:read")
    assert_error(await exchange(world, machine.json()["access_token"]), "invalid_request")
    first = await alices(world)
    await world.direct("/revoke", "web1", token=first["access_token"])
    assert_error(await exchange(world, first["access_token"]), "invalid_request")


async def test_no_more_at_the_api_it_is_for_whatever_the_client_may_have_elsewhere(world: World) -> None:
    both = frozenset({"orders:read", "orders:write"})
    await agent(world, scopes=both, exchange_scopes=both)
    token = (await alices(world, scope="openid orders:read"))["access_token"]
    assert (await exchange(world, token)).json()["scope"] == "orders:read"
    assert_error(await exchange(world, token, scope="orders:write"), "invalid_scope")


async def test_an_actor_of_its_own_is_named_with_who_sent_it(world: World) -> None:
    await agent(world)
    token = (await alices(world))["access_token"]
    acting = (await world.token("rs1", grant_type="client_credentials", scope="orders:read")).json()["access_token"]
    bobs = (await world.browser().tokens("post1", "bob"))["access_token"]

    for actor, claim in ((acting, {"sub": "rs1"}), (bobs, {"sub": "sub-bob", "client_id": "post1"})):
        answer = await exchange(world, token, actor_token=actor, actor_token_type=ACCESS_TOKEN)
        assert claims_of(answer)["act"] == claim
    others = (await world.token("daemon1", grant_type="client_credentials", scope="things:read")).json()["access_token"]
    await world.change_client("daemon1", enabled=False)
    answer = await exchange(world, token, actor_token=others, actor_token_type=ACCESS_TOKEN)
    assert_error(answer, "invalid_request")


async def test_may_act_lets_one_client_and_nobody_else(world: World) -> None:
    await agent(world)
    await world.change_client("web1", may_act="daemon1")
    first = (await alices(world))["access_token"]
    assert jwt.decode(first, options={"verify_signature": False})["may_act"] == {"sub": "daemon1"}
    assert_error(await exchange(world, first), "invalid_request")

    await world.change_client("web1", may_act="rs1")
    answer = await exchange(world, (await alices(world))["access_token"])
    assert claims_of(answer)["act"] == {"sub": "rs1"}


async def test_only_who_is_marked_impersonates_and_each_time_is_written_down(world: World) -> None:
    await agent(world, impersonates=True)
    token = (await alices(world))["access_token"]

    silent = await exchange(world, token)
    assert "act" not in claims_of(silent)
    alice = world.people["alice"].id
    assert sorted(await audited(world, silent)) == [("impersonated", "rs1", alice), ("token_exchanged", "rs1", alice)]

    acting = (await world.token("rs1", grant_type="client_credentials", scope="orders:read")).json()["access_token"]
    named = await exchange(world, token, actor_token=acting, actor_token_type=ACCESS_TOKEN)
    assert claims_of(named)["act"] == {"sub": "rs1"}
    again = await exchange(world, named.json()["access_token"])
    assert claims_of(again)["act"] == {"sub": "rs1"}, "who acted before stays named"


async def test_it_is_never_good_for_longer_than_what_it_came_of(world: World, clock: FakeClock) -> None:
    await agent(world)
    token = (await alices(world))["access_token"]
    clock.advance(500)

    answer = await exchange(world, token)

    assert answer.json()["expires_in"] == 100
    there = await exchange(world, token, audience=OPAQUE_API)
    assert await is_active(world, there)
    clock.advance(100)
    assert not await is_active(world, answer)
    assert not await is_active(world, there)
    assert_error(await exchange(world, answer.json()["access_token"]), "invalid_request")


@pytest.mark.parametrize("how", ["revoked", "consent", "agent", "session", "disabled", "replayed"])
@pytest.mark.parametrize("audience", [API, OPAQUE_API], ids=["jwt", "opaque"])
async def test_it_ends_with_what_it_came_of(world: World, how: str, audience: str) -> None:
    await agent(world)
    alice, db, now = world.people["alice"], world.foundation.db, world.foundation.clock.now()
    first = await alices(world, scope="openid orders:read" if how == "session" else "openid offline_access orders:read")
    passed = await exchange(world, first["access_token"])
    second = await exchange(world, passed.json()["access_token"], audience=audience)
    other = await exchange(world, (await alices(world, "post1"))["access_token"], audience=audience)
    assert await is_active(world, second)

    match how:
        case "revoked":
            await world.direct("/revoke", "web1", token=first["refresh_token"])
        case "consent":
            await db.write(consents.withdraw_own, alice.id, "web1", HERE, now)
        case "agent":
            await db.write(consents.withdraw_own, alice.id, "rs1", HERE, now)
        case "session":
            sid = jwt.decode(first["id_token"], options={"verify_signature": False})["sid"]
            assert sid in {one.sid for one in await db.read(sessions.of_person, alice.id, now)}
            await db.write(sessions_verbs.end_one, alice.id, sid, Ending(False, HERE, now))
        case "disabled":
            await db.write(endings.disable, alice.id, now)
        case _:
            await world.token("web1", grant_type="refresh_token", refresh_token=first["refresh_token"])
            world.foundation.clock.advance(100)  # type: ignore[attr-defined]
            old = await world.token("web1", grant_type="refresh_token", refresh_token=first["refresh_token"])
            assert_error(old, "invalid_grant")

    assert not await is_active(world, passed)
    assert not await is_active(world, second)
    assert_error(await exchange(world, passed.json()["access_token"]), "invalid_request")
    assert await is_active(world, other) is (how not in ("agent", "disabled"))


async def test_its_own_client_revokes_it_alone(world: World) -> None:
    await agent(world)
    token = (await alices(world))["access_token"]
    one, other = await exchange(world, token), await exchange(world, token, audience=OPAQUE_API)
    for answer in (one, other):
        await world.direct("/revoke", "web1", token=answer.json()["access_token"])
        assert await is_active(world, answer)
        await world.direct("/revoke", "rs1", token=answer.json()["access_token"])
        assert not await is_active(world, answer)
    assert (await world.introspect(token))["active"]


async def test_a_refresh_token_is_exchanged_by_its_own_client_and_not_spent(world: World) -> None:
    await agent(
        world,
        "web1",
        scopes=frozenset({"openid", "offline_access", "orders:read"}),
        exchange_scopes=frozenset(),
        exchange_subjects=frozenset({"refresh_token"}),
        grants=frozenset({"authorization_code", "refresh_token", GRANT_TYPE}),
    )
    await agent(world, exchange_subjects=frozenset({"refresh_token"}))
    first = await alices(world, scope="openid offline_access orders:read")
    form = {"subject_token_type": REFRESH_TOKEN}

    answer = await exchange(world, first["refresh_token"], "web1", **form)

    assert claims_of(answer)["act"] == {"sub": "web1"}
    assert_error(await exchange(world, first["refresh_token"], **form), "invalid_request")
    renewed = await world.token("web1", grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert renewed.status_code == 200
    assert_error(await exchange(world, first["refresh_token"], "web1", **form), "invalid_request")


async def test_an_id_token_stands_for_what_was_allowed_its_client_as_long_as_the_session_lasts(world: World) -> None:
    scopes = frozenset({"openid", "orders:read", "orders:write", "things:read"})
    kinds, grants = frozenset({"id_token"}), frozenset({"authorization_code", GRANT_TYPE})
    await agent(world, "web1", exchange_subjects=kinds, scopes=scopes, grants=grants)
    await agent(world, exchange_subjects=kinds, scopes=scopes)
    first = await alices(world, scope="openid orders:read")
    form = {"subject_token_type": ID_TOKEN, "scope": "orders:read"}

    answer = await exchange(world, first["id_token"], "web1", **form)

    assert (claims_of(answer)["sub"], answer.json()["scope"]) == ("sub-alice", "orders:read")
    assert_error(await exchange(world, first["id_token"], "web1", **form | {"scope": "orders:write"}), "invalid_grant")
    assert_error(await exchange(world, first["id_token"], **form), "invalid_request")
    changed = first["id_token"][:-4] + "AAAA"
    for wrong in (changed, first["access_token"]):
        assert_error(await exchange(world, wrong, "web1", **form), "invalid_request")
    alice, now = world.people["alice"].id, world.foundation.clock.now()
    await world.foundation.db.write(sessions_verbs.end_others, alice, "", Ending(False, HERE, now))
    assert_error(await exchange(world, first["id_token"], "web1", **form), "invalid_grant")
    assert not await is_active(world, answer)


async def test_a_person_finds_who_acts_for_them_and_ends_it(world: World) -> None:
    await agent(world)
    answer = await exchange(world, (await alices(world))["access_token"])
    browser = world.browser()
    page = await browser.sign_in(await browser.follow(await browser.get("/account/apps")))

    assert "Client rs1" in page.text
    assert "Through Client web1" in page.text
    await browser.post_form(page, act="withdraw", client="rs1")
    assert not await is_active(world, answer)


async def test_a_pairwise_agent_calls_nobody_by_their_own_name(world: World) -> None:
    await agent(world, subject_type="pairwise", sector_identifier_uri="https://agents.test/list")
    claims = claims_of(await exchange(world, (await alices(world))["access_token"]))
    assert claims["sub"] not in ("sub-alice", "")


async def test_of_many_that_are_exchanged_while_all_ends_none_is_left(world: World) -> None:
    await agent(world)
    first = await alices(world)
    alice, db, now = world.people["alice"].id, world.foundation.db, world.foundation.clock.now()

    async def withdraw() -> None:
        await asyncio.sleep(0)
        await db.write(consents.withdraw_own, alice, "web1", HERE, now)

    audiences = (API, OPAQUE_API) * 15
    answers = await asyncio.gather(
        *(exchange(world, first["access_token"], audience=audience) for audience in audiences[:15]),
        withdraw(),
        *(exchange(world, first["access_token"], audience=audience) for audience in audiences[15:]),
    )

    given = [answer for answer in answers if answer is not None and answer.status_code == 200]
    assert not [answer for answer in given if await is_active(world, answer)]
