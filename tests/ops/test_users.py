"""The verbs on accounts: names are canonical, and what a person holds ends with their password or their account."""

import pytest
from msgspec.structs import replace
from tests.holding import begin_session, open_family

from gatelodge.clock import SystemEntropy
from gatelodge.config.policies import SignInPolicy
from gatelodge.database.rows import NameTaken
from gatelodge.keys.vault import Vault
from gatelodge.mail.letters import Letters
from gatelodge.ops import users
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.stores import audit, credentials, live_families, outbox, sessions
from gatelodge.stores import users as store
from gatelodge.stores.refresh_tokens import NewFamily
from gatelodge.stores.sessions import NewSession
from gatelodge.stores.users import NewUser
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
ORIGIN = Origin("test")
LETTERS = Letters(Vault(["k" * 32], SystemEntropy()))
VERBS = (users.enable, users.disable, users.grant_admin, users.revoke_admin, users.remove)
ADA = NewUser(sub="s1", username="Ada", email="Ada@Example.com", name="Ada Lovelace")


@pytest.fixture
async def ada(database):
    """An account with a session and a family of tokens."""
    user = await database.write(users.add, ADA, "hash-1", ORIGIN, NOW)
    session = NewSession(
        digest=b"d", sub=user.sub, sid="sid", auth_time=NOW, amr=("pwd",), acr="1", expires_at=NOW + 99
    )
    row = await database.write(begin_session, user.id, session, NOW)
    family = NewFamily(
        nonce=b"nonce---",
        client_id="c",
        code_id=None,
        generation=1,
        idle_expires_at=NOW + 99,
        expires_at=NOW + 99,
        payload="{}",
    )
    return user, row, await database.write(open_family, user.id, family, NOW)


async def alive(database, ada) -> tuple[bool, bool]:
    """Return whether the session and the family of `ada` still work."""
    _, session, family = ada
    found = await database.read(sessions.find, session, b"d", NOW)
    live = await database.read(live_families.find_live, family, b"nonce---", NOW)
    return found is not None, live is not None


async def test_names_are_canonical_and_either_signs_in(database) -> None:
    user = await database.write(users.add, ADA, "hash-1", ORIGIN, NOW)
    assert (user.username, user.email) == ("ada", "ada@example.com")
    assert await database.read(users.show, "ADA") == await database.read(users.show, "ada@EXAMPLE.com") == user
    assert await database.read(credentials.password, user.id) == "hash-1"


async def test_a_name_is_given_once(database) -> None:
    await database.write(users.add, ADA, None, ORIGIN, NOW)
    with pytest.raises(NameTaken):
        await database.write(users.add, NewUser(sub="s2", username="ＡＤＡ"), None, ORIGIN, NOW)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\u200bb", "x" * 255, "someone@else.test"])
async def test_a_name_that_cannot_be_one_is_refused(database, name: str) -> None:
    with pytest.raises(OperationRefused):
        await database.write(users.add, NewUser(sub="s", username=name), None, ORIGIN, NOW)


async def test_a_new_password_ends_sessions_and_tokens(database, ada) -> None:
    assert await alive(database, ada) == (True, True)
    await database.write(users.set_password, "ada", "hash-2", LETTERS, ORIGIN, NOW)
    assert await database.read(credentials.password, ada[0].id) == "hash-2"
    assert await alive(database, ada) == (False, False)


async def test_disabling_ends_sessions_and_tokens_for_good(database, ada) -> None:
    assert not (await database.write(users.disable, "ada", LETTERS, ORIGIN, NOW)).enabled
    assert (await database.write(users.enable, "ada", LETTERS, ORIGIN, NOW)).enabled
    assert await alive(database, ada) == (False, False)


async def test_nobody_begins_as_an_administrator(database, ada) -> None:
    assert not ada[0].admin


async def test_an_administrator_is_one_until_no_more(database, ada) -> None:
    assert (await database.write(users.grant_admin, "Ada@example.com", LETTERS, ORIGIN, NOW)).admin
    assert [user.admin for user in await database.read(store.list_all)] == [True]
    assert not (await database.write(users.revoke_admin, "ada", LETTERS, ORIGIN, NOW)).admin
    assert not (await database.read(users.show, "ada")).admin


async def test_a_changed_profile_makes_nobody_an_administrator(database, ada) -> None:
    assert await database.write(store.update, ada[0], replace(ada[0], name="Ada King", admin=True), NOW)
    assert (await database.read(users.show, "ada")).name == "Ada King"
    assert not (await database.read(users.show, "ada")).admin


async def test_removing_ends_everything(database, ada) -> None:
    await database.write(users.remove, "ada", LETTERS, ORIGIN, NOW)
    assert await alive(database, ada) == (False, False)
    with pytest.raises(NotThere):
        await database.read(users.show, "ada")


async def test_every_verb_is_in_the_trail(database, ada) -> None:
    await database.write(users.set_password, "ada", "hash-2", LETTERS, ORIGIN, NOW)
    await database.write(users.disable, "ada", LETTERS, ORIGIN, NOW)
    await database.write(users.enable, "ada", LETTERS, ORIGIN, NOW)
    await database.write(users.grant_admin, "ada", LETTERS, ORIGIN, NOW)
    await database.write(users.revoke_admin, "ada", LETTERS, ORIGIN, NOW)
    await database.write(users.remove, "ada", LETTERS, ORIGIN, NOW)
    entries = await database.read(audit.list_recent, 9)
    names = ["user_added", "password_set", "user_disabled", "user_enabled"]
    names += ["admin_granted", "admin_revoked", "user_removed"]
    assert [entry.event for entry in entries][::-1] == names
    assert {entry.user_id for entry in entries} == {ada[0].id}


async def test_who_is_concerned_is_told_once_of_each_change(rerunning_database, database) -> None:
    user = await database.write(users.add, ADA, "hash-1", ORIGIN, NOW)
    changes = ((users.set_password, ("hash-2",)), *((verb, ()) for verb in VERBS))
    for body, more in changes:
        await rerunning_database.write(body, "ada", *more, LETTERS, ORIGIN, NOW)

    put = await database.read(outbox.list_open, 99)

    told = ["password_changed", "account_enabled", "account_disabled", "administrator_made", "administrator_unmade"]
    assert sorted(row.template for row in put) == sorted([*told, "account_removed"])
    assert {(row.recipient, row.user_id) for row in put} == {("ada@example.com", user.id)}


async def test_nobody_is_told_where_no_mail_is_configured_or_who_has_no_address(database, ada) -> None:
    await database.write(users.add, NewUser(sub="s2", username="bob"), None, ORIGIN, NOW)
    await database.write(users.disable, "bob", LETTERS, ORIGIN, NOW)
    await database.write(users.disable, "ada", Letters(None), ORIGIN, NOW)

    assert await database.read(outbox.list_open, 99) == []


async def test_nothing_is_done_to_somebody_who_is_not_there(database) -> None:
    for body, more in ((users.set_password, ("h",)), *((verb, ()) for verb in VERBS)):
        with pytest.raises(NotThere, match="no user 'eve'"):
            await database.write(body, "eve", *more, LETTERS, ORIGIN, NOW)


def test_a_short_password_is_refused_with_the_setting_that_says_so() -> None:
    with pytest.raises(OperationRefused, match=r"at least 9 characters \(sign_in.min_password\)"):
        users.check_password("mK7$wq#z", SignInPolicy(min_password=9))
    users.check_password("mK7$wq#z!", SignInPolicy(min_password=9))
