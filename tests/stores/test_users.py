"""People on both engines, and the one form of a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gatelodge.database.rows import NameTaken
from gatelodge.protocol.login_name import canonical
from gatelodge.stores import endings, users
from gatelodge.stores.users import NewUser, UserRecord

NOW = 1_800_000_000


@pytest.mark.anyio
async def test_a_person_is_found_by_id_subject_user_name_and_address(database):
    new = NewUser(
        sub="sub-1",
        username="Alice",
        email="Alice@Example.com",
        email_verified=True,
        name="Alice Liddell",
        claims={"address": {"country": "UK"}},
    )

    alice = await database.write(users.add, new, NOW)

    claims = {"address": {"country": "UK"}}
    assert alice == UserRecord(
        alice.id, "sub-1", "alice", "alice@example.com", True, "Alice Liddell", claims, True, False, NOW, NOW
    )
    for found in (
        await database.read(users.find, alice.id),
        await database.read(users.find_by_login, " ALICE "),
        await database.read(users.find_by_login, "alice@EXAMPLE.com"),
    ):
        assert found == alice
    assert await database.read(users.list_all) == [alice]


@pytest.mark.anyio
@pytest.mark.parametrize("login", ["", "bob", "alice\0", "a" * 255, "alice\u200b"])
async def test_a_name_nobody_has_finds_nobody(database, person, login):
    await person("alice")

    assert await database.read(users.find_by_login, login) is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    "new",
    [
        NewUser(sub="sub-2", username="ALICE"),
        NewUser(sub="sub-2", username="ａｌｉｃｅ"),
        NewUser(sub="sub-2", username="mallory", email="alice@EXAMPLE.com"),
        NewUser(sub="sub-alice", username="mallory"),
    ],
)
async def test_a_name_is_had_by_one(database, person, new):
    await person("alice", email="alice@example.com")

    with pytest.raises(NameTaken):
        await database.write(users.add, new, NOW)


@pytest.mark.anyio
async def test_nobody_takes_anothers_address_as_their_user_name(database, person):
    await person("alice", email="alice@example.com")

    for username in ("alice@example.com", "ALICE＠example.com"):
        for email in (None, "mallory@example.com"):
            with pytest.raises(ValueError, match="user name with an @"):
                await database.write(users.add, NewUser(sub="sub-2", username=username, email=email), NOW)


@pytest.mark.anyio
async def test_ones_own_address_may_be_ones_user_name(database, person):
    alice = await person("alice@example.com", email="alice@example.com")

    assert await database.read(users.find_by_login, "alice@example.com") == alice


@pytest.mark.anyio
async def test_an_address_without_an_at_sign_is_refused(database):
    with pytest.raises(ValueError, match="has an @"):
        await database.write(users.add, NewUser(sub="s", username="mallory", email="alice"), NOW)


@pytest.mark.anyio
async def test_what_changed_of_a_person_is_kept(database, person):
    alice, bob = await person("alice", email="alice@example.com"), await person("bob")
    changed = replace(alice, username="alicia", email="alicia@example.com", name="Alicia", claims={"locale": "es"})

    assert await database.write(users.update, alice, changed, NOW) is True
    assert await database.read(users.list_all) == [changed, bob]
    assert await database.read(users.find_by_login, "alice@example.com") is None


@pytest.mark.anyio
async def test_who_keeps_their_names_is_not_in_their_own_way(database, person):
    alice = await person("alice", email="alice@example.com")

    assert await database.write(users.update, alice, replace(alice, name="Alice"), NOW) is True


@pytest.mark.anyio
async def test_a_change_to_a_name_that_is_taken_changes_nothing(database, person):
    alice, bob = await person("alice"), await person("bob", email="bob@example.com")

    for changed in (replace(alice, username="Bob"), replace(alice, email="BOB@example.com")):
        with pytest.raises(NameTaken):
            await database.write(users.update, alice, changed, NOW)
    assert await database.read(users.list_all) == [alice, bob]


@pytest.mark.anyio
async def test_a_person_is_disabled_and_enabled(database, person):
    alice = await person("alice")

    assert await database.write(endings.disable, alice.id, NOW) is True
    assert (await database.read(users.find, alice.id)).enabled is False
    assert await database.write(users.enable, alice.id) is True
    assert await database.read(users.find, alice.id) == alice


@pytest.mark.anyio
async def test_who_does_not_exist_is_not_changed(database, person):
    alice = await person("alice")
    assert await database.write(endings.remove, alice.id, NOW) is True

    assert await database.write(endings.remove, alice.id, NOW) is False
    assert await database.write(users.update, alice, alice, NOW) is False
    assert await database.write(users.enable, alice.id) is False


@pytest.mark.anyio
async def test_the_id_of_a_person_who_is_gone_is_not_given_to_the_next(database, person):
    alice = await person("alice")
    await database.write(endings.remove, alice.id, NOW)

    assert (await person("bob")).id > alice.id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Alice", "alice"),
        ("  alice\t", "alice"),
        ("ＡＬＩＣＥ", "alice"),
        ("Straße", "strasse"),
        ("E\u0301mile", "\u00e9mile"),
        ("\u212aelvin", "kelvin"),
        ("mary ann", "mary ann"),
    ],
)
def test_a_name_has_one_form(text, expected):
    assert canonical(text) == expected


@pytest.mark.parametrize(
    "text", ["", "   ", "a\0b", "a\nb", "a\x1b[2Jb", "a\u202eb", "a\u200bb", "a\ud800", "a\ue000", "a" * 255, "ﷺ" * 200]
)
def test_a_name_that_cannot_be_seen_or_is_too_long_is_none(text):
    with pytest.raises(ValueError, match="a name"):
        canonical(text)


@given(st.text(max_size=40))
def test_the_one_form_of_the_one_form_is_itself(text):
    try:
        once = canonical(text)
    except ValueError:
        return
    assert canonical(once) == once
