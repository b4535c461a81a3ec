"""Signing keys on both engines: kept sealed, in order, and every change is noticed."""

import pytest
from msgspec.structs import replace

from gatelodge.database.rows import NameTaken
from gatelodge.stores import instance, signing_keys
from gatelodge.stores.signing_keys import SigningKey

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
ONE = SigningKey("kid-1", "ES256", '{"kty":"EC"}', b"\0sealed\xff", NOW, NOW)
TWO = SigningKey("kid-2", "ES256", '{"kty":"EC"}', b"sealed", NOW, NOW + 90)


async def test_keys_are_listed_in_the_order_they_sign(database):
    await database.write(signing_keys.add, TWO)
    await database.write(signing_keys.add, ONE)

    assert await database.read(signing_keys.list_all) == [ONE, TWO]


async def test_a_key_id_is_used_once(database):
    await database.write(signing_keys.add, ONE)

    with pytest.raises(NameTaken):
        await database.write(signing_keys.add, ONE)


async def test_the_times_of_a_key_change_and_nothing_else(database):
    await database.write(signing_keys.add, ONE)
    changed = replace(ONE, activates_at=NOW + 1, retires_at=NOW + 2, removed_at=NOW + 3)

    assert await database.write(signing_keys.reschedule, replace(changed, sealed=b"other")) is True
    assert await database.write(signing_keys.reschedule, TWO) is False
    assert await database.read(signing_keys.list_all) == [changed]


async def test_every_change_raises_the_revision(database):
    await database.write(instance.create, b"epoch", b"check", NOW)

    await database.write(signing_keys.add, ONE)
    await database.write(signing_keys.reschedule, ONE)

    assert await database.read(instance.revision) == 2
