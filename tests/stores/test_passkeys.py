"""Passkeys on both engines: each is one person's, and goes with them."""

import pytest
from msgspec.structs import replace

from gatelodge.database.rows import NameTaken
from gatelodge.protocol.passkey import NewPasskey
from gatelodge.stores import endings, names, passkeys, users

NOW = 1_800_000_000
MOST = 20
KEY = NewPasskey(
    credential_id=b"one" * 100,
    public_key=b"\xa5\x00key",
    sign_count=7,
    aaguid="00000000-0000-0000-0000-000000000000",
    transports=("internal", "usb"),
    name="Laptop",
    backup_eligible=False,
    backed_up=False,
    uv_seen=True,
    rp_id="id.test",
)

pytestmark = pytest.mark.anyio


async def test_a_passkey_is_found_by_its_credential_id_with_whose_it_is(database, person):
    alice = await person("alice")
    handle = await database.write(users.ensure_handle, alice.id, b"h" * 32)

    kept = await database.write(passkeys.add, alice.id, KEY, MOST, NOW)

    passkey, holder = await database.read(passkeys.find, KEY.credential_id)
    assert passkey == kept
    assert (kept.name, kept.sign_count, kept.transports, kept.uv_seen) == ("Laptop", 7, ("internal", "usb"), True)
    assert (kept.created_at, kept.used_at, kept.suspect) == (NOW, None, False)
    assert (holder.user_id, holder.sub, holder.handle, holder.enabled) == (alice.id, alice.sub, handle, True)
    assert await database.read(passkeys.find, b"another") is None


async def test_a_handle_stays(database, person):
    alice = await person("alice")

    first = await database.write(users.ensure_handle, alice.id, b"1" * 32)
    second = await database.write(users.ensure_handle, alice.id, b"2" * 32)

    assert first == second == await database.read(users.find_handle, alice.id) == b"1" * 32


async def test_a_credential_id_is_one_persons(database, person):
    alice, bob = await person("alice"), await person("bob")
    await database.write(passkeys.add, alice.id, KEY, MOST, NOW)

    with pytest.raises(NameTaken, match="passkey is taken"):
        await database.write(passkeys.add, bob.id, KEY, MOST, NOW)

    assert await database.read(passkeys.list_of_user, bob.id) == []


async def test_one_has_so_many_and_no_more(database, person):
    alice = await person("alice")
    for number in range(2):
        assert await database.write(passkeys.add, alice.id, replace(KEY, credential_id=bytes([number])), 2, NOW)

    assert await database.write(passkeys.add, alice.id, replace(KEY, credential_id=b"more"), 2, NOW) is None
    assert len(await database.read(passkeys.list_of_user, alice.id)) == 2


async def test_of_two_uses_that_saw_the_same_counter_one_counts(database, person):
    alice = await person("alice")
    key = await database.write(passkeys.add, alice.id, KEY, MOST, NOW)

    first = await database.write(passkeys.use, key, 8, backed_up=False, suspect=True, now=NOW + 1)
    second = await database.write(passkeys.use, key, 9, backed_up=False, suspect=False, now=NOW + 2)

    assert (first, second) == (True, False)
    (kept,) = await database.read(passkeys.list_of_user, alice.id)
    assert (kept.sign_count, kept.used_at, kept.suspect) == (8, NOW + 1, True)


async def test_only_whose_it_is_renames_or_removes_it_and_then_its_id_is_free(database, person):
    alice, bob = await person("alice"), await person("bob")
    key = await database.write(passkeys.add, alice.id, KEY, MOST, NOW)

    assert not await database.write(passkeys.rename, bob.id, key.id, "Mine")
    assert not await database.write(passkeys.remove, bob.id, key.id)
    assert await database.write(passkeys.rename, alice.id, key.id, "Phone")
    assert (await database.read(passkeys.list_of_user, alice.id))[0].name == "Phone"
    assert await database.write(passkeys.remove, alice.id, key.id)

    assert await database.write(passkeys.add, bob.id, KEY, MOST, NOW)


async def test_passkeys_go_with_their_person(database, person):
    alice = await person("alice")
    await database.write(passkeys.add, alice.id, KEY, MOST, NOW)

    await database.write(endings.remove, alice.id, NOW)

    assert await database.read(passkeys.find, KEY.credential_id) is None
    assert not await database.read(passkeys.any_for, "id.test")
    again = await person("alice2")
    assert await database.write(passkeys.add, again.id, KEY, MOST, NOW)
    assert await database.read(names.find, "passkey", "x") is None
