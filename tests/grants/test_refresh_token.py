"""Refresh tokens and the attacks on them (catalogue 2.5)."""

import asyncio
from dataclasses import replace

import httpx2
import jwt
import pytest
from structlog.testing import capture_logs
from tests.world import API, APIS, World, assert_error, audited, exchange, refresh, secret_of

from gatelodge.protocol.client import Api
from gatelodge.stores import apis
from gatelodge.stores.refresh_tokens import MOST_REPEATS

pytestmark = pytest.mark.anyio

ORDERS = next(api for api in APIS if api.identifier == API)


def claims_of(token: str) -> dict[str, object]:
    return jwt.decode(token, options={"verify_signature": False})


@pytest.mark.parametrize("client_id", ["web1", "spa1"])
async def test_RT_01_every_refresh_hands_out_a_new_token(world: World, client_id: str):
    first = await world.browser().tokens(client_id)

    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = await (world.token("web1", **form) if client_id == "web1" else world.token(None, client_id="spa1", **form))

    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]


async def test_RT_02_a_token_from_before_the_last_ends_the_whole_family(world: World):
    first = await world.browser().tokens()
    second = (await refresh(world, first["refresh_token"])).json()
    third = (await refresh(world, second["refresh_token"])).json()

    assert_error(await refresh(world, first["refresh_token"]), "invalid_grant")
    for tokens in (first, second, third):
        await world.assert_dead(tokens)


async def test_RT_02_the_audit_trail_and_the_log_have_the_replay(world: World):
    first = await world.browser().tokens()
    second = (await refresh(world, first["refresh_token"])).json()
    await refresh(world, second["refresh_token"])

    with capture_logs() as lines:
        replayed = await refresh(world, first["refresh_token"])

    assert await audited(world, replayed) == [("refresh_replayed", "web1", world.people["alice"].id)]
    assert [line["generation"] for line in lines if line["event"] == "refresh_replayed"] == [1]


async def test_RT_02_the_last_token_again_after_the_overlap_ends_the_whole_family(world: World, clock):
    first = await world.browser().tokens()
    second = (await refresh(world, first["refresh_token"])).json()
    clock.advance(31)

    assert_error(await refresh(world, first["refresh_token"]), "invalid_grant")
    await world.assert_dead(second)


async def test_a_lost_answer_is_given_again_with_the_same_successor(world: World):
    first = await world.browser().tokens()

    answers = [(await refresh(world, first["refresh_token"])).json() for _ in range(3)]

    assert len({answer["refresh_token"] for answer in answers}) == 1
    assert (await refresh(world, answers[0]["refresh_token"])).status_code == 200


async def test_twenty_refreshes_at_once_sign_nobody_out(world: World):
    first = await world.browser().tokens()

    answers = await asyncio.gather(*(refresh(world, first["refresh_token"]) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def refreshed_elsewhere(world: World, token: str, **more: str) -> httpx2.Response:
    """Refresh from another network than `refresh` does."""
    form = {"grant_type": "refresh_token", "refresh_token": token, **more}
    async with world.http("198.51.100.7") as http:
        return await http.post("/token", data=form, auth=("web1", secret_of("web1")))


async def test_RT_20_who_follows_the_client_step_by_step_is_told_of_and_stopped(world: World, clock):
    tokens = await world.browser().tokens()
    for _ in range(MOST_REPEATS):
        after = (await refresh(world, tokens["refresh_token"])).json()
        clock.advance(3)
        thief = await refreshed_elsewhere(world, tokens["refresh_token"])
        assert thief.json()["refresh_token"] == after["refresh_token"]
        assert "refresh_repeated_elsewhere" in [event for event, _, _ in await audited(world, thief)]
        tokens = after

    after = (await refresh(world, tokens["refresh_token"])).json()
    thief = await refreshed_elsewhere(world, tokens["refresh_token"])
    assert_error(thief, "invalid_grant")
    assert [event for event, _, _ in await audited(world, thief)] == ["refresh_replayed"]
    await world.assert_dead(after)


async def test_RT_20_fifty_repeats_of_one_answer_are_too_many(world: World):
    first = await world.browser().tokens()
    await refresh(world, first["refresh_token"])

    answers = [(await refresh(world, first["refresh_token"])).status_code for _ in range(50)]

    assert answers == [200] * MOST_REPEATS + [400] * (50 - MOST_REPEATS)


async def test_two_tabs_that_refresh_at_once_go_on_for_weeks(world: World, clock):
    tokens = await world.browser().tokens()
    for _ in range(2 * MOST_REPEATS):
        both = [await refresh(world, tokens["refresh_token"]) for _ in range(2)]
        assert [answer.status_code for answer in both] == [200, 200]
        assert [event for event, _, _ in await audited(world, both[1])] == ["token_refreshed"]
        tokens = both[1].json()
        clock.advance(600)


async def test_RT_04_a_revoked_token_is_refused_within_the_overlap(world: World):
    first = await world.browser().tokens()
    await refresh(world, first["refresh_token"])
    await world.direct("/revoke", "web1", token=first["refresh_token"])

    assert_error(await refresh(world, first["refresh_token"]), "invalid_grant")


async def test_RT_05_another_client_cannot_use_a_token_nor_end_it(world: World):
    tokens = await world.browser().tokens()

    anothers = await refresh(world, tokens["refresh_token"], "web2")
    assert_error(anothers, "invalid_grant")
    assert anothers.json() == (await refresh(world, "glr_nobodys", "web2")).json()
    assert_error(
        await world.token(None, client_id="spa1", grant_type="refresh_token", refresh_token=tokens["refresh_token"]),
        "invalid_grant",
    )
    assert (await refresh(world, tokens["refresh_token"])).status_code == 200


async def test_a_token_whose_family_was_swept_away_is_nobodys(world: World):
    tokens = await world.browser().tokens()
    await world.foundation.db.write(_without_families)

    answer = await refresh(world, tokens["refresh_token"])
    assert_error(answer, "invalid_grant")
    assert answer.json() == (await refresh(world, "glr_nobodys")).json()


async def _without_families(tx):
    await tx.run("delete from families")


async def test_RT_06_scope_can_be_narrowed_for_one_token_and_never_widened(world: World):
    first = await world.browser().tokens()

    assert_error(await refresh(world, first["refresh_token"], scope="openid orders:write"), "invalid_scope")
    narrow = (await refresh(world, first["refresh_token"], scope="orders:read")).json()
    assert narrow["scope"] == "orders:read"
    whole = (await refresh(world, narrow["refresh_token"], scope=first["scope"])).json()
    assert whole["scope"] == first["scope"]
    assert (await refresh(world, whole["refresh_token"])).json()["scope"] == first["scope"]


async def test_RT_21_refreshes_that_are_refused_undo_nothing_of_others_and_spend_nothing(world: World):
    db = world.foundation.db
    everybody = [await world.browser().tokens() for _ in range(12)]
    honest, greedy = everybody[:6], everybody[6:]
    undone = db.undone

    asking = [refresh(world, tokens["refresh_token"], scope="openid orders:write") for tokens in greedy]
    answers = await asyncio.gather(*(refresh(world, tokens["refresh_token"]) for tokens in honest), *asking)
    assert [answer.status_code for answer in answers] == [200] * 6 + [400] * 6
    assert db.undone == undone
    for tokens in greedy:
        assert (await refresh(world, tokens["refresh_token"])).status_code == 200


async def test_what_is_given_back_neither_lengthens_nor_ends_the_overlap_of_the_token_before(world: World, clock):
    first = await world.browser().tokens()
    second = (await refresh(world, first["refresh_token"])).json()
    clock.advance(20)

    assert_error(await refresh(world, second["refresh_token"], resource="https://api.test/opaque"), "invalid_target")
    assert (await refresh(world, first["refresh_token"])).json()["refresh_token"] == second["refresh_token"]
    assert_error(await refresh(world, second["refresh_token"], resource="https://api.test/opaque"), "invalid_target")
    clock.advance(11)
    assert_error(await refresh(world, first["refresh_token"]), "invalid_grant")
    await world.assert_dead(second)


async def test_RT_21_asking_for_too_much_keeps_no_idle_token_alive(world: World, clock):
    token = (await world.browser().tokens())["refresh_token"]
    for _ in range(2):
        clock.advance(world.foundation.config.tokens.refresh_idle_lifetime // 2 - 1)
        assert_error(await refresh(world, token, scope="openid orders:write"), "invalid_scope")
    clock.advance(2)

    assert_error(await refresh(world, token), "invalid_grant")


async def test_RT_20_asking_for_too_much_elsewhere_does_not_hide_who_repeats(world: World):
    first = await world.browser().tokens()
    second = (await refresh(world, first["refresh_token"])).json()

    greedy = await refreshed_elsewhere(world, second["refresh_token"], scope="openid orders:write")
    assert_error(greedy, "invalid_scope")
    assert [event for event, _, _ in await audited(world, await refresh(world, first["refresh_token"]))] == [
        "token_refreshed"
    ]
    thief = await refreshed_elsewhere(world, first["refresh_token"])
    assert "refresh_repeated_elsewhere" in [event for event, _, _ in await audited(world, thief)]


async def test_RT_20_asking_for_too_much_in_between_does_not_make_repeats_count_anew(world: World):
    token = (await world.browser().tokens())["refresh_token"]
    for _ in range(60):
        mine = (await refresh(world, token)).json()["refresh_token"]
        behind = await refresh(world, token)
        if behind.status_code != 200:
            assert_error(behind, "invalid_grant")
            return
        assert_error(await refresh(world, mine, scope="openid orders:write"), "invalid_scope")
        token = mine
    pytest.fail("repeats were never bounded")


async def test_RT_07_a_resource_that_was_not_granted_is_refused(world: World):
    first = await world.browser().tokens()

    assert_error(await refresh(world, first["refresh_token"], resource="https://api.test/opaque"), "invalid_target")
    same = (await refresh(world, first["refresh_token"], resource=API)).json()
    assert claims_of(same["access_token"])["aud"] == [API, world.issuer]


async def test_the_only_api_there_is_may_be_named(world: World):
    first = await world.browser().tokens()
    for other in APIS:
        if other != ORDERS:
            await world.foundation.db.write(apis.remove, other.identifier)
    await world.foundation.registry.poll()

    alone = (await refresh(world, first["refresh_token"], resource=API)).json()
    assert claims_of(alone["access_token"])["aud"] == [API, world.issuer]


async def test_a_resource_that_is_gone_is_refused_and_never_replaced_by_another(world: World):
    first = await world.browser().tokens()
    await world.foundation.db.write(apis.remove, API)
    await world.foundation.registry.poll()

    assert_error(await refresh(world, first["refresh_token"], resource=API), "invalid_target")
    left = (await refresh(world, first["refresh_token"])).json()
    assert claims_of(left["access_token"])["aud"] == world.issuer


async def switch(world: World, *registered: Api) -> None:
    """Register these APIs anew, as they are now."""
    for api in registered:
        await world.foundation.db.write(apis.remove, api.identifier)
        await world.foundation.db.write(apis.add, api, 0)
    await world.foundation.registry.poll()


async def test_the_scopes_of_a_disabled_api_are_in_no_token_for_another(world: World):
    first = await world.browser().tokens()
    await switch(world, replace(ORDERS, enabled=False))

    for more in ({}, {"resource": API}, {"scope": "orders:read"}):
        assert_error(await refresh(world, first["refresh_token"], **more), "invalid_target")
    left = (await refresh(world, first["refresh_token"], scope="openid email")).json()
    assert (claims_of(left["access_token"])["aud"], left["scope"]) == (world.issuer, "openid email")


async def test_a_refresh_that_is_refused_for_its_target_spends_nothing(world: World, clock):
    first = await world.browser().tokens()
    await switch(world, replace(ORDERS, enabled=False))
    for _ in range(3):
        assert_error(await refresh(world, first["refresh_token"]), "invalid_target")
        clock.advance(60)
    await switch(world, ORDERS)

    again = (await refresh(world, first["refresh_token"])).json()
    assert (claims_of(again["access_token"])["aud"], again["scope"]) == ([API, world.issuer], first["scope"])


async def test_a_scope_that_became_an_apis_is_in_no_token_for_this_server(world: World):
    await world.foundation.db.write(apis.remove, API)
    await world.foundation.registry.poll()
    plain = await world.browser().tokens()
    assert claims_of(plain["access_token"])["aud"] == world.issuer
    await world.foundation.db.write(apis.add, ORDERS, 0)
    await world.foundation.registry.poll()

    assert_error(await refresh(world, plain["refresh_token"]), "invalid_target")
    assert (await refresh(world, plain["refresh_token"], scope="openid")).status_code == 200


async def test_a_replay_is_one_whatever_it_asks_for(world: World):
    first = await world.browser().tokens()
    second = (await refresh(world, first["refresh_token"])).json()
    third = (await refresh(world, second["refresh_token"])).json()

    assert_error(await refresh(world, first["refresh_token"], scope="orders:write"), "invalid_grant")
    await world.assert_dead(third)


async def test_the_code_of_an_api_that_was_disabled_meanwhile_is_worth_nothing(world: World):
    code = await world.browser().code()
    await switch(world, replace(ORDERS, enabled=False))

    assert_error(await exchange(world, code), "invalid_target")


async def test_RT_09_a_token_dies_unused_and_the_family_dies_in_any_case(world: World, clock):
    idle = await world.browser().tokens()
    clock.advance(14 * 86_400)
    refused = await refresh(world, idle["refresh_token"])
    assert_error(refused, "invalid_grant")
    assert await audited(world, refused) == []  # old is not stolen

    tokens = await world.browser().tokens()
    for _ in range(6):
        clock.advance(13 * 86_400)
        tokens = (await refresh(world, tokens["refresh_token"])).json()
    clock.advance(12 * 86_400)  # 90 days since the person signed in
    assert_error(await refresh(world, tokens["refresh_token"]), "invalid_grant")


async def test_RT_11_a_confidential_client_must_prove_itself(world: World):
    tokens = await world.browser().tokens()

    answer = await world.token(
        None, client_id="web1", grant_type="refresh_token", refresh_token=tokens["refresh_token"]
    )

    assert_error(answer, "invalid_client", 401)


async def test_RT_12_no_refresh_token_without_offline_access_or_without_the_grant(world: World):
    assert "refresh_token" not in await world.browser().tokens(scope="openid profile")
    assert "refresh_token" not in await world.browser().tokens("no-refresh")
    assert "refresh_token" not in await world.browser().tokens("no-refresh", scope="orders:read")


async def test_a_plain_oauth_request_gets_a_refresh_token_by_registration(world: World):
    assert "refresh_token" in await world.browser().tokens(scope="orders:read")


async def test_RT_13_the_refreshed_id_token_tells_of_the_same_sign_in(world: World, clock):
    first = await world.browser().tokens()
    clock.advance(100)
    second = (await refresh(world, first["refresh_token"])).json()

    before, after = claims_of(first["id_token"]), claims_of(second["id_token"])
    assert {k: before[k] for k in ("iss", "sub", "aud", "auth_time", "sid")} == {
        k: after[k] for k in ("iss", "sub", "aud", "auth_time", "sid")
    }
    assert before["nonce"] == "a nonce"
    assert "nonce" not in after


async def test_RT_15_what_a_client_lost_is_in_no_new_token(world: World):
    tokens = await world.browser().tokens()
    waiting = await world.browser().code()
    await world.change_client("web1", scopes=frozenset({"openid", "offline_access"}))

    for answer in (await refresh(world, tokens["refresh_token"]), await exchange(world, waiting)):
        assert answer.status_code == 200
        assert set(answer.json()["scope"].split()) == {"openid", "offline_access"}


async def test_RT_15_a_client_that_lost_openid_is_told_of_nobody_any_more(world: World):
    tokens = await world.browser().tokens()
    waiting = await world.browser().code()
    assert "id_token" in tokens
    await world.change_client("web1", scopes=frozenset({"profile", "offline_access"}))

    for answer in (await refresh(world, tokens["refresh_token"]), await exchange(world, waiting)):
        assert answer.status_code == 200
        assert "id_token" not in answer.json()


async def test_RT_12_a_client_that_may_not_stay_connected_any_more_gets_no_refresh_token(world: World):
    waiting = await world.browser().code()
    await world.change_client("web1", scopes=frozenset({"openid", "profile"}))

    answer = await exchange(world, waiting)
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()


async def test_a_disabled_account_cannot_refresh(world: World):
    from gatelodge.stores import endings

    tokens = await world.browser().tokens()
    await world.foundation.db.write(endings.disable, world.people["alice"].id, world.foundation.clock.now())

    assert_error(await refresh(world, tokens["refresh_token"]), "invalid_grant")


async def test_a_guess_costs_no_statement(world: World):
    before = world.foundation.db.statements

    assert_error(await refresh(world, "glr_" + "A" * 56), "invalid_grant")
    assert world.foundation.db.statements <= before + 3  # the client, looked up once


async def test_refresh_is_one_transaction(world: World):
    tokens = await world.browser().tokens()
    before = world.foundation.db.transactions

    await refresh(world, tokens["refresh_token"])
    assert world.foundation.db.transactions == before + 1
