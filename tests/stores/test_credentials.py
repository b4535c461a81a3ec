"""Passwords on both engines."""

import pytest

from gatelodge.stores import credentials, endings

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000


async def test_a_password_replaces_the_one_before(database, person):
    alice, bob = await person("alice"), await person("bob")
    await database.write(credentials.set_password, alice.id, "hash-1", NOW)
    await database.write(credentials.set_password, bob.id, "hash-b", NOW)

    await database.write(credentials.set_password, alice.id, "hash-2", NOW + 1)

    assert await database.read(credentials.password, alice.id) == "hash-2"
    assert await database.read(credentials.password, bob.id) == "hash-b"


async def test_who_has_no_password_has_none(database, person):
    alice = await person("alice")

    assert await database.read(credentials.password, alice.id) is None


async def test_a_password_hashed_anew_does_not_undo_a_change(database, person):
    alice, bob = await person("alice"), await person("bob")
    await database.write(credentials.set_password, alice.id, "changed", NOW)
    await database.write(credentials.set_password, bob.id, "changed", NOW)

    assert await database.write(credentials.replace_password, alice.id, "old", "old, hashed anew", NOW) is False
    assert await database.read(credentials.password, alice.id) == "changed"
    assert await database.write(credentials.replace_password, alice.id, "changed", "anew", NOW) is True
    assert await database.read(credentials.password, alice.id) == "anew"
    assert await database.read(credentials.password, bob.id) == "changed"


async def test_a_password_goes_with_its_person(database, person):
    alice = await person("alice")
    await database.write(credentials.set_password, alice.id, "hash", NOW)

    await database.write(endings.remove, alice.id, NOW)

    assert await database.read(credentials.password, alice.id) is None
