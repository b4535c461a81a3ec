"""Sessions on both engines: found while they count, with all that an authorization request needs."""

import pytest
from tests.consenting import allow
from tests.holding import begin_session

from gatelodge.database.places import place_of
from gatelodge.database.tx import Unavailable
from gatelodge.stores import endings, sessions, tickets, users
from gatelodge.stores.consents import Consent
from gatelodge.stores.sessions import NewSession, SessionRow

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
DIGEST = b"d" * 32


@pytest.fixture
def begun(database, person):
    """Begin a session of a new person and return `(row id, user)`."""

    async def begin(username="alice", secret_digest=DIGEST):
        user = await person(username)
        new = NewSession(
            digest=secret_digest,
            sub=user.sub,
            sid=f"sid-{username}",
            auth_time=NOW - 5,
            amr=("pwd", "otp"),
            acr="1",
            expires_at=NOW + 600,
            address="192.0.2.1",
            browser="Firefox",
            system="Linux",
        )
        return await database.write(begin_session, user.id, new, NOW), user

    return begin


def finding(database, row_id, now=NOW, secret_digest=DIGEST):
    return database.read(sessions.find, row_id, secret_digest, now)


async def test_a_session_is_found_with_its_persons_subject(database, begun):
    row_id, user = await begun()

    assert await finding(database, row_id) == SessionRow(
        row_id, user.id, user.sub, "sid-alice", NOW - 5, ("pwd", "otp"), "1", NOW, NOW, NOW + 600
    )


STANDING = pytest.mark.parametrize("with_consent", [False, True])


def seen_by_either(database, with_consent, row_id, now=NOW, secret_digest=DIGEST):
    if with_consent:
        return database.read(sessions.find_with_consent, row_id, secret_digest, "web1", now)
    return finding(database, row_id, now, secret_digest)


@STANDING
async def test_a_session_is_not_found_once_it_expired(database, begun, with_consent):
    row_id, _ = await begun()

    assert await seen_by_either(database, with_consent, row_id, now=NOW + 599) is not None
    assert await seen_by_either(database, with_consent, row_id, now=NOW + 600) is None


@STANDING
async def test_a_guess_finds_no_session(database, begun, with_consent):
    row_id, _ = await begun()
    other_id, _ = await begun("bob", b"e" * 32)

    assert await seen_by_either(database, with_consent, row_id, secret_digest=b"x" * 32) is None
    assert await seen_by_either(database, with_consent, other_id) is None


async def ended(database, user, sid):
    """End a session of a person and return which ended."""
    return (await database.write(endings.end_sessions, user.id, lambda one: one == sid, NOW)).sids


@STANDING
async def test_a_session_that_ended_is_not_found(database, begun, with_consent):
    row_id, user = await begun()
    other_id, _ = await begun("bob")  # were it to have the same secret, too

    assert await ended(database, user, "sid-bob") == frozenset()
    assert await seen_by_either(database, with_consent, row_id) is not None
    assert await ended(database, user, "sid-alice") == {"sid-alice"}
    assert await ended(database, user, "sid-alice") == frozenset()
    assert await seen_by_either(database, with_consent, row_id) is None
    assert await seen_by_either(database, with_consent, other_id) is not None


async def test_a_session_that_ended_is_not_revived_by_a_touch(database, begun):
    row_id, user = await begun()
    await ended(database, user, "sid-alice")

    assert await database.write(sessions.touch, row_id, NOW + 1, NOW + 900) is False
    assert await finding(database, row_id) is None


async def test_an_expired_session_is_not_revived_by_a_touch(database, begun):
    row_id, _ = await begun()

    assert await database.write(sessions.touch, row_id, NOW + 600, NOW + 900) is False


async def test_a_touch_prolongs_one_session(database, begun):
    row_id, _ = await begun()
    other_id, _ = await begun("bob")

    assert await database.write(sessions.touch, row_id, NOW + 300, NOW + 900) is True
    found = await finding(database, row_id, now=NOW + 899)
    assert (found.seen_at, found.expires_at) == (NOW + 300, NOW + 900)
    assert await finding(database, other_id, now=NOW + 899) is None


async def test_all_sessions_of_a_person_end_at_once(database, begun):
    row_id, user = await begun()
    other_id, _ = await begun("bob", b"e" * 32)

    assert await database.write(sessions.end_all_of_user, user.id) == 1
    assert await finding(database, row_id) is None
    assert await finding(database, other_id, secret_digest=b"e" * 32) is not None


async def test_what_was_authorized_counts_as_long_as_its_session(database, begun):
    _, user = await begun()

    async def counts(sid: str) -> bool:
        return await database.read(sessions.authority, user.id, sid, "web1") is not None

    standing = [await counts(sid) for sid in ("sid-alice", "", "other")]
    await ended(database, user, "sid-alice")
    standing.append(await counts("sid-alice"))

    assert standing == [True, True, False, False]


async def test_a_session_goes_on_under_its_name_when_its_person_signs_in_once_more(database, begun):
    row_id, user = await begun()
    _, bob = await begun("bob", b"e" * 32)
    again = NewSession(
        digest=b"n" * 32, sub=user.sub, sid="another", auth_time=NOW + 9, amr=("pop",), acr="2", expires_at=NOW + 900
    )

    async def renew(tx, user_id, digest):
        held = await users.hold(tx, user_id)
        assert held is not None
        return await sessions.renew(tx, held, row_id, digest, again, NOW + 9)

    assert await database.write(renew, user.id, b"x" * 32) is None
    assert await database.write(renew, bob.id, DIGEST) is None
    assert await database.write(renew, user.id, DIGEST) == (row_id, "sid-alice")
    assert await finding(database, row_id) is None
    found = await finding(database, row_id, now=NOW + 899, secret_digest=b"n" * 32)
    assert (found.sid, found.auth_time, found.amr, found.acr) == ("sid-alice", NOW + 9, ("pop",), "2")


async def test_what_was_authorized_comes_with_what_is_allowed_now(database, begun, client):
    _, user = await begun()
    await client("web1")
    await client("web2")
    scopes, resources = frozenset({"openid"}), frozenset({"https://api.test"})
    await database.write(allow, user.id, "web1", scopes, resources, NOW)

    found = [await database.read(sessions.authority, user.id, "sid-alice", name) for name in ("web1", "web2")]

    assert [authority.consent for authority in found] == [Consent(scopes, resources, NOW), None]


@pytest.mark.parametrize("gone", ["disabled", "removed"])
async def test_the_session_of_a_person_who_is_disabled_or_gone_is_not_found(database, begun, gone):
    row_id, user = await begun()
    if gone == "disabled":
        await database.write(endings.disable, user.id, NOW)
    else:
        await database.write(endings.remove, user.id, NOW)

    assert await finding(database, row_id) is None
    assert await database.read(sessions.find_with_consent, row_id, DIGEST, "web1", NOW) is None


async def test_a_session_comes_with_what_its_person_allowed_the_client_in_one_statement(database, begun, client):
    row_id, user = await begun()
    await client("web1")
    scopes, resources = frozenset({"openid", "email"}), frozenset({"https://api.test"})
    await database.write(allow, user.id, "web1", scopes, resources, NOW)
    before = database.statements

    standing = await database.read(sessions.find_with_consent, row_id, DIGEST, "web1", NOW)

    assert database.statements - before == 1
    assert standing.session == await finding(database, row_id)
    assert standing.consent == Consent(scopes, resources, NOW)


async def test_AZ_23_what_was_allowed_another_client_or_by_another_person_does_not_count(database, begun, client):
    row_id, user = await begun()
    _, bob = await begun("bob", b"e" * 32)
    await client("web1")
    await client("web2")
    await database.write(allow, user.id, "web2", frozenset({"openid"}), frozenset(), NOW)
    await database.write(allow, bob.id, "web1", frozenset({"openid"}), frozenset(), NOW)

    standing = await database.read(sessions.find_with_consent, row_id, DIGEST, "web1", NOW)

    assert standing.consent is None


async def test_CODE_08_a_session_cookie_is_no_ticket(database, begun):
    row_id, _ = await begun()

    assert await database.write(tickets.take, "code", row_id, DIGEST, NOW) is None
    assert await finding(database, row_id) is not None


async def test_what_rests_on_an_account_is_not_made_once_all_of_it_ended(database, person):
    alice = await person("alice")
    held = await database.write(users.hold, alice.id)
    await database.write(endings.change_password, alice.id, "hash", NOW)
    new = NewSession(digest=DIGEST, sub=alice.sub, sid="sid", auth_time=NOW, amr=("pwd",), acr="1", expires_at=NOW + 60)

    with pytest.raises(Unavailable):  # it was to be held again
        await database.write(sessions.add, held, new, NOW)
    assert await database.write(begin_session, alice.id, new, NOW) > 0


async def test_what_a_person_has_lives_where_they_do(database, person, places):
    people = [await person(f"person-{number}") for number in range(8)]
    for user in people:
        new = NewSession(
            digest=DIGEST, sub=user.sub, sid=user.sub, auth_time=NOW, amr=("pwd",), acr="1", expires_at=NOW + 60
        )
        session_id = await database.write(begin_session, user.id, new, NOW)
        code_id = await database.write(tickets.put, "code", DIGEST, "{}", NOW + 60, user.id)
        assert place_of(session_id) == place_of(code_id) == place_of(user.id) < places
    assert (len({place_of(user.id) for user in people}) > 1) == (places > 1)
