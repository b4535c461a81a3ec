"""Opaque access tokens on both engines: what is found works, and what stopped working is not found."""

import pytest
from tests.holding import open_family

from gatelodge.database.places import place_of
from gatelodge.keys.secrets import digest
from gatelodge.stores import access_tokens, endings, refresh_tokens, tickets
from gatelodge.stores.refresh_tokens import NewFamily

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
SECRET = b"s" * 22
DIGEST = digest(b"epoch", "access_token", SECRET)


@pytest.fixture
def issued(database, person):
    """Issue a token of a new person's family to client web1 and return `(row id, family id, user id)`."""

    async def issue(username="alice", family_expires_at=NOW + 1_000):
        user = await person(username, claims={"locale": "de"})
        new = NewFamily(
            nonce=b"n" * 8,
            client_id="web1",
            code_id=None,
            generation=0,
            idle_expires_at=family_expires_at,
            expires_at=family_expires_at,
            payload='{"sub":"sub-alice"}',
        )
        family_id = await database.write(open_family, user.id, new, NOW)
        row_id = await database.write(
            access_tokens.put, DIGEST, family_id, "web1", NOW, NOW + 600, '{"scope":"openid"}'
        )
        return row_id, family_id, user.id

    return issue


def finding(database, row_id, now=NOW, secret_digest=DIGEST):
    return database.read(access_tokens.find, row_id, secret_digest, now)


async def test_a_token_is_found_with_its_person_in_one_statement(database, issued):
    row_id, family_id, _ = await issued()
    before = database.statements

    token = await database.read(access_tokens.find_with_person, row_id, DIGEST, NOW)

    assert database.statements - before == 1
    assert (token.id, token.family_id, token.client_id, token.issued_at, token.expires_at, token.payload) == (
        row_id,
        family_id,
        "web1",
        NOW,
        NOW + 600,
        '{"scope":"openid"}',
    )
    assert token.grounds == '{"sub":"sub-alice"}'
    assert (token.user.username, token.user.enabled, token.user.claims) == ("alice", True, {"locale": "de"})


async def test_a_machines_token_has_no_person(database):
    row_id = await database.write(access_tokens.put, DIGEST, None, "daemon", NOW, NOW + 600, "{}")

    token = await finding(database, row_id)

    assert (token.family_id, token.grounds, token.user) == (None, None, None)


async def test_keeping_a_token_is_one_statement(database):
    before = database.statements

    await database.write(access_tokens.put, DIGEST, None, "daemon", NOW, NOW + 600, "{}")

    assert database.statements - before == 1


async def test_an_expired_token_is_not_found(database, issued):
    row_id, _, _ = await issued()

    assert await finding(database, row_id, now=NOW + 599) is not None
    assert await finding(database, row_id, now=NOW + 600) is None


async def test_a_guess_finds_nothing(database, issued):
    row_id, _, _ = await issued()

    assert await finding(database, row_id, secret_digest=digest(b"epoch", "access_token", b"guess")) is None
    assert await finding(database, row_id + 1) is None


async def test_FLT_19_a_token_of_another_epoch_is_not_found(database, issued):
    row_id, _, _ = await issued()

    assert await finding(database, row_id, secret_digest=digest(b"later", "access_token", SECRET)) is None


async def test_a_token_dies_with_its_family(database, issued):
    row_id, family_id, _ = await issued()
    await database.write(refresh_tokens.revoke, family_id, b"n" * 8, NOW)

    assert await finding(database, row_id) is None


async def test_a_token_does_not_outlive_its_family(database, issued):
    row_id, _, _ = await issued(family_expires_at=NOW + 10)

    assert await finding(database, row_id, now=NOW + 9) is not None
    assert await finding(database, row_id, now=NOW + 10) is None


async def test_a_token_made_after_its_family_ended_is_dead(database, issued):
    _, family_id, _ = await issued()

    async def end_and_make(tx):
        await refresh_tokens.revoke(tx, family_id, b"n" * 8, NOW)
        return await access_tokens.put(tx, DIGEST, family_id, "web1", NOW, NOW + 600, "{}")

    row_id = await database.write(end_and_make)

    assert await finding(database, row_id) is None
    assert await database.read(access_tokens.find_with_person, row_id, DIGEST, NOW) is None


@pytest.mark.parametrize("gone", ["disabled", "removed"])
async def test_a_token_of_a_person_who_is_disabled_or_gone_is_not_found(database, issued, gone):
    row_id, _, user_id = await issued()
    if gone == "disabled":
        await database.write(endings.disable, user_id, NOW)
    else:
        await database.write(endings.remove, user_id, NOW)

    assert await finding(database, row_id) is None


async def test_a_client_ends_its_own_token(database, issued):
    row_id, family_id, _ = await issued()
    other = (DIGEST, family_id, "web1", NOW, NOW + 600, "{}")
    other_id = await database.write(access_tokens.put, *other)

    assert await database.write(access_tokens.revoke, row_id, b"guess", "web1", NOW) is False
    assert await database.write(access_tokens.revoke, row_id, DIGEST, "web1", NOW) is True
    assert await database.write(access_tokens.revoke, row_id, DIGEST, "web1", NOW) is False
    assert await finding(database, row_id) is None
    assert (await finding(database, other_id)).id == other_id


async def test_a_client_does_not_end_anothers_token(database, issued):
    row_id, _, _ = await issued()

    assert await database.write(access_tokens.revoke, row_id, DIGEST, "web2", NOW) is False
    assert await finding(database, row_id) is not None


async def test_CODE_08_an_access_token_is_no_code_and_a_code_no_access_token(database, issued):
    token_id, _, _ = await issued()
    code = digest(b"epoch", "code", SECRET)
    await database.write(keep_code_with_id, token_id, code)  # the same row id and the same secret, in two tables

    assert await database.write(tickets.take, "code", token_id, DIGEST, NOW) is None
    assert await finding(database, token_id, secret_digest=code) is None
    assert await database.write(tickets.take, "code", token_id, code, NOW) is not None
    assert await finding(database, token_id) is not None


async def keep_code_with_id(tx, row_id, secret_digest):
    values = "insert into tickets (place, id, digest, kind, expires_at, payload) values ($4, $1, $2, 'code', $3, '{}')"
    await tx.run(values, row_id, secret_digest, NOW + 60, place_of(row_id))


async def test_a_revoked_jwt_stays_revoked(database):
    assert await database.read(access_tokens.is_revoked_jwt, "jti-1") is False
    assert await database.write(access_tokens.revoke_jwt, "jti-1", NOW + 600) is True
    assert await database.write(access_tokens.revoke_jwt, "jti-1", NOW + 600) is False
    assert await database.read(access_tokens.is_revoked_jwt, "jti-1") is True
