"""Refresh token families on both engines: one successor per generation, a short overlap, and an end for the whole."""

import asyncio

import pytest
from tests.holding import open_family

from gatelodge.protocol.rotation import RefreshValue
from gatelodge.stores import endings, live_families, refresh_tokens, tickets, users
from gatelodge.stores.refresh_tokens import NewFamily, Replayed, Rotated

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
NONCE = b"n" * 8
IDLE = 1_000
LIFETIME = 10_000
OVERLAP = 30


@pytest.fixture
def known(database, person):
    """Return the person of this name, making an account at first."""

    async def find_or_make(username):
        return await database.read(users.find_by_login, username) or await person(username)

    return find_or_make


@pytest.fixture
def code_of(database, known):
    """Issue a code to a person."""

    async def issue(username):
        user = await known(username)
        return await database.write(tickets.put, "code", b"d" * 32, "{}", NOW + 60, user.id)

    return issue


@pytest.fixture
def opened(database, known):
    """Open a family of a new person for client web1 and return its first refresh value."""

    async def begin(generation=1, username="alice", client_id="web1", code_id=None):
        user = await known(username)
        new = NewFamily(
            nonce=NONCE,
            client_id=client_id,
            code_id=code_id,
            generation=generation,
            idle_expires_at=NOW + IDLE,
            expires_at=NOW + LIFETIME,
            payload='{"scope":"openid"}',
        )
        return RefreshValue(await database.write(open_family, user.id, new, NOW), NONCE, generation)

    return begin


def rotating(database, value, client_id="web1", now=NOW, overlap=OVERLAP, idle=IDLE):
    return database.write(refresh_tokens.rotate, value, client_id, now, overlap, idle)


def at(value, generation):
    return RefreshValue(value.family_id, value.nonce, generation)


async def family_of(database, value):
    return await database.read(refresh_tokens.why_refused, value)


async def test_RT_01_a_refresh_moves_the_family_to_its_next_generation(database, opened):
    value = await opened()

    rotated = await rotating(database, value, now=NOW + 5)

    assert (rotated.generation, rotated.repeated) == (2, False)
    assert rotated.family.payload == '{"scope":"openid"}'
    assert rotated.family.idle_expires_at == NOW + 5 + IDLE
    assert (await rotating(database, at(value, 2), now=NOW + 6)).generation == 3


async def test_a_lost_answer_is_given_again_as_the_same_successor(database, opened):
    value = await opened()
    await rotating(database, value)

    again = await rotating(database, value, now=NOW + OVERLAP - 1)

    assert (again.generation, again.repeated) == (2, True)
    assert again.family.idle_expires_at == NOW + IDLE  # only the rotation itself prolongs


async def test_giving_an_answer_again_does_not_prolong_the_overlap(database, opened):
    value = await opened()
    await rotating(database, value)
    await rotating(database, value, now=NOW + OVERLAP - 1)

    assert isinstance(await rotating(database, value, now=NOW + OVERLAP), Replayed)


async def test_a_rotation_after_a_repeated_one_is_no_repetition(database, opened):
    value = await opened()
    await rotating(database, value)
    await rotating(database, value)

    assert (await rotating(database, at(value, 2))).repeated is False


async def test_RT_04_a_a_revoked_token_is_refused_inside_the_overlap(database, opened):
    value = await opened()
    await rotating(database, value)
    await database.write(refresh_tokens.revoke, value.family_id, value.nonce, NOW)

    assert await rotating(database, value, now=NOW + 1) is None
    assert await rotating(database, at(value, 2), now=NOW + 1) is None


async def test_RT_04_b_a_grandparent_is_refused_inside_the_overlap_and_shows_a_replay(database, opened):
    value = await opened()
    await rotating(database, value)
    await rotating(database, at(value, 2))

    replayed = await rotating(database, value, now=NOW + 1)
    assert isinstance(replayed, Replayed)
    assert (replayed.family.id, replayed.family.generation, replayed.family.revoked_at) == (value.family_id, 3, NOW + 1)

    assert await rotating(database, at(value, 3), now=NOW + 1) is None


@pytest.mark.parametrize("skew", [0, 1, -1, -90])
async def test_RT_04_c_without_an_overlap_no_answer_is_given_again(database, opened, skew):
    value = await opened()
    await rotating(database, value, overlap=0)

    assert isinstance(await rotating(database, value, now=NOW + skew, overlap=0), Replayed)


async def test_RT_02_an_old_token_after_the_overlap_shows_a_replay(database, opened):
    value = await opened()
    await rotating(database, value)

    assert isinstance(await rotating(database, value, now=NOW + OVERLAP), Replayed)
    assert await rotating(database, at(value, 2), now=NOW + OVERLAP) is None


async def test_RT_05_another_client_is_refused_and_the_family_stays_as_it_is(database, opened):
    value = await opened()
    await rotating(database, value)
    before = await family_of(database, value)

    assert await rotating(database, at(value, 2), client_id="web2") is None
    assert await rotating(database, value, client_id="web2") is None
    assert await database.write(refresh_tokens.revoke_presented, value, "web2", NOW) is False

    assert await family_of(database, value) == before
    assert (await rotating(database, at(value, 2))).generation == 3


async def test_RT_05_an_old_token_in_the_hands_of_another_client_ends_nothing(database, opened):
    value = await opened()
    await rotating(database, value)
    await rotating(database, at(value, 2))

    assert await rotating(database, value, client_id="web2") is None
    assert (await family_of(database, value)).revoked_at is None


async def test_RT_09_an_idle_token_is_refused(database, opened):
    value = await opened()

    assert await rotating(database, value, now=NOW + IDLE) is None
    assert (await family_of(database, value)).revoked_at is None


async def test_RT_09_refreshing_does_not_outlast_the_absolute_lifetime(database, opened):
    value = await opened()
    await rotating(database, value, idle=LIFETIME * 2)

    assert await rotating(database, at(value, 2), now=NOW + LIFETIME - 1, idle=LIFETIME) is not None
    assert await rotating(database, at(value, 3), now=NOW + LIFETIME, idle=LIFETIME) is None


async def test_a_token_of_a_generation_to_come_is_refused(database, opened):
    value = await opened()

    assert await rotating(database, at(value, 2)) is None
    assert await rotating(database, at(value, 3)) is None
    assert (await family_of(database, value)).revoked_at is None


@pytest.mark.parametrize("generation", [0, 1])
async def test_a_family_without_a_refresh_token_has_none_to_spend(database, opened, generation):
    value = await opened(generation=0)

    assert await rotating(database, at(value, generation)) is None


async def test_generation_zero_is_not_the_predecessor_of_the_first_token(database, opened):
    value = await opened()

    assert await rotating(database, at(value, 0)) is None


async def test_another_nonce_finds_no_family(database, opened):
    value = await opened()
    other = RefreshValue(value.family_id, b"m" * 8, 1)

    assert await rotating(database, other) is None
    assert await family_of(database, other) is None
    assert await database.write(refresh_tokens.revoke, value.family_id, b"m" * 8, NOW) is False


@pytest.mark.parametrize("gone", ["disabled", "removed"])
async def test_a_person_who_is_disabled_or_gone_refreshes_nothing(database, opened, gone):
    value = await opened()
    user_id = (await family_of(database, value)).user_id
    if gone == "disabled":
        await database.write(endings.disable, user_id, NOW)
    else:
        await database.write(endings.remove, user_id, NOW)

    assert await rotating(database, value) is None
    assert (await family_of(database, value)).generation == 1


async def test_FLT_27_of_fifty_takers_one_moves_the_family_and_the_others_get_the_same_successor(database, opened):
    value = await opened()

    outcomes = await asyncio.gather(*(rotating(database, value) for _ in range(50)))

    assert {outcome.generation for outcome in outcomes} == {2}
    assert sum(not outcome.repeated for outcome in outcomes) == 1
    assert (await family_of(database, value)).generation == 2


async def test_FLT_27_of_fifty_takers_one_is_served_without_an_overlap(database, opened):
    value = await opened()

    outcomes = await asyncio.gather(*(rotating(database, value, overlap=0) for _ in range(50)))

    assert [outcome.generation for outcome in outcomes if isinstance(outcome, Rotated)] == [2]
    assert [outcome.family.revoked_at for outcome in outcomes if isinstance(outcome, Replayed)] == [NOW]


async def test_FLT_27_takers_of_one_chain_never_fork_it(database, opened):
    value = await opened()

    for generation in range(1, 11):
        takers = (rotating(database, at(value, generation)) for _ in range(5))
        outcomes = await asyncio.gather(*takers)
        assert {outcome.generation for outcome in outcomes} == {generation + 1}
    assert (await family_of(database, value)).generation == 11


async def test_CODE_01_a_replayed_code_ends_the_family_it_was_redeemed_for(database, opened, code_of):
    code, bobs_code = await code_of("alice"), await code_of("bob")
    value, other = await opened(code_id=code), await opened(code_id=bobs_code, username="bob")

    assert await database.write(refresh_tokens.revoke_of_code, code, NOW) == 1
    assert await database.write(refresh_tokens.revoke_of_code, code, NOW) == 0
    assert await rotating(database, value) is None
    assert await rotating(database, other) is not None


async def test_CODE_02_a_replay_noticed_before_the_family_begins_ends_it_too(database, opened, code_of):
    code_id = await code_of("alice")
    await database.write(tickets.take, "code", code_id, b"d" * 32, NOW)

    assert await database.write(refresh_tokens.revoke_of_code, code_id, NOW + 1) == 0
    value = await opened(code_id=code_id)

    assert await rotating(database, value) is None
    assert (await family_of(database, value)).revoked_at == NOW + 1


async def test_CODE_02_of_fifty_exchanges_the_one_that_wins_is_ended_by_the_others(database, person):
    alice = await person("alice")
    code_id = await database.write(tickets.put, "code", b"d" * 32, "{}", NOW + 60, alice.id)
    new = NewFamily(
        nonce=NONCE,
        client_id="web1",
        code_id=code_id,
        generation=1,
        idle_expires_at=NOW + IDLE,
        expires_at=NOW + LIFETIME,
        payload="{}",
    )

    async def exchange(tx, statements_before_the_family):
        if await tickets.take(tx, "code", code_id, b"d" * 32, NOW) is None:
            await refresh_tokens.revoke_of_code(tx, code_id, NOW)
            return None
        for _ in range(statements_before_the_family):
            await users.find(tx, alice.id)
        return await open_family(tx, alice.id, new, NOW)

    outcomes = await asyncio.gather(*(database.write(exchange, 9) for _ in range(50)))

    (family_id,) = [outcome for outcome in outcomes if outcome is not None]
    assert await rotating(database, RefreshValue(family_id, NONCE, 1)) is None


async def test_every_family_of_a_person_ends_at_once(database, opened):
    value, other = await opened(), await opened(username="bob")
    user_id = (await family_of(database, value)).user_id

    assert await database.write(refresh_tokens.revoke_of_user, user_id, NOW) == 1
    assert await rotating(database, value) is None
    assert await rotating(database, other) is not None


async def test_withdrawing_a_consent_ends_what_that_client_holds_of_that_person(database, opened):
    value, bobs = await opened(), await opened(username="bob")
    user_id = (await family_of(database, value)).user_id

    assert await database.write(refresh_tokens.revoke_of_consent, user_id, "web2", NOW) == 0
    assert await database.write(refresh_tokens.revoke_of_consent, user_id, "web1", NOW) == 1
    assert await database.write(refresh_tokens.revoke_of_consent, user_id, "web1", NOW) == 0
    assert await rotating(database, value) is None
    assert await rotating(database, bobs) is not None


async def test_a_client_ends_its_own_family_with_any_token_of_it(database, opened):
    value, bobs = await opened(), await opened(username="bob")
    await rotating(database, value)

    guess = RefreshValue(value.family_id, b"m" * 8, 1)
    assert await database.write(refresh_tokens.revoke_presented, guess, "web1", NOW) is False
    assert await database.write(refresh_tokens.revoke_presented, value, "web1", NOW) is True
    assert await database.write(refresh_tokens.revoke_presented, value, "web1", NOW) is False
    assert await rotating(database, at(value, 2)) is None
    assert await rotating(database, bobs) is not None


async def test_one_family_ends_and_the_first_time_it_did_is_kept(database, opened):
    value, bobs = await opened(), await opened(username="bob")

    assert await database.write(refresh_tokens.revoke, value.family_id, NONCE, NOW) is True
    assert await database.write(refresh_tokens.revoke, value.family_id, NONCE, NOW + 9) is False
    assert (await family_of(database, value)).revoked_at == NOW
    assert (await family_of(database, bobs)).revoked_at is None


async def test_families_are_told_apart_by_their_id(database, opened):
    value, bobs = await opened(), await opened(username="bob")

    assert (await family_of(database, value)).id == value.family_id
    assert (await family_of(database, bobs)).id == bobs.family_id
    for each, username in ((value, "alice"), (bobs, "bob")):
        live = await database.read(live_families.find_live_with_person, each.family_id, each.nonce, NOW)
        assert live.user.username == username


async def test_a_jwt_finds_its_living_family_and_person_in_one_statement(database, opened):
    value = await opened()
    before = database.statements

    live = await database.read(live_families.find_live_with_person, value.family_id, value.nonce, NOW)

    assert (live.client_id, live.user.username) == ("web1", "alice")
    assert database.statements - before == 1


async def test_a_jwt_of_a_family_that_ended_or_expired_finds_nothing(database, opened):
    value = await opened()
    whose = (value.family_id, value.nonce)

    assert await database.read(live_families.find_live, *whose, NOW + LIFETIME) is None
    assert await database.read(live_families.find_live, value.family_id, b"m" * 8, NOW) is None
    await database.write(refresh_tokens.revoke, *whose, NOW)
    assert await database.read(live_families.find_live, *whose, NOW) is None


@pytest.mark.parametrize("gone", ["disabled", "removed"])
async def test_a_jwt_of_a_person_who_is_disabled_or_gone_finds_nothing(database, opened, gone):
    value = await opened()
    user_id = (await family_of(database, value)).user_id
    if gone == "disabled":
        await database.write(endings.disable, user_id, NOW)
    else:
        await database.write(endings.remove, user_id, NOW)

    assert await database.read(live_families.find_live, value.family_id, value.nonce, NOW) is None


async def test_a_revoked_jwt_is_dead_and_its_family_lives(database, opened):
    value = await opened()
    whose = (value.family_id, value.nonce)

    assert await database.write(live_families.end_jwt, *whose, "jti-1", NOW + 60, NOW) is True
    assert await database.write(live_families.end_jwt, *whose, "jti-1", NOW + 60, NOW) is False
    assert await database.write(live_families.end_jwt, *whose, "jti-2", NOW + 90, NOW + 60) is True

    live = await database.read(live_families.find_live, *whose, NOW)
    assert [live.has_ended(jti) for jti in ("jti-1", "jti-2", "jti", "jti-3")] == [False, True, False, False]
    assert await rotating(database, value) is not None


async def test_who_revokes_one_jwt_after_the_other_ends_the_family(database, opened):
    value = await opened()
    whose = (value.family_id, value.nonce)

    for number in range(live_families.MOST_ENDED + 1):
        assert await database.write(live_families.end_jwt, *whose, f"jti-{number}", NOW + 60, NOW) is True

    assert await database.read(live_families.find_live, *whose, NOW) is None
    assert await rotating(database, value) is None


async def test_a_rotation_is_one_statement(database, opened):
    value = await opened()
    before = database.statements

    await rotating(database, value)

    assert database.statements - before == 1
