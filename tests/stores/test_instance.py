"""The one row about this installation, on both engines."""

import asyncio

import pytest

from gatelodge.stores import instance
from gatelodge.stores.instance import Instance

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000


async def test_a_new_database_has_no_instance(database):
    assert await database.read(instance.load) is None
    assert await database.read(instance.revision) == 0


async def test_an_instance_is_founded_once(database, places):
    founded = await database.write(instance.create, b"epoch-1", b"check-1", NOW)
    again = await database.write(instance.create, b"epoch-2", b"check-2", NOW + 1)

    assert founded == again == Instance(b"epoch-1", b"check-1", NOW, 0, places)
    assert await database.read(instance.load) == founded


async def test_of_many_founders_all_get_the_same_instance(database):
    epochs = [bytes([number]) * 16 for number in range(50)]

    founded = await asyncio.gather(*(database.write(instance.create, epoch, b"check", NOW) for epoch in epochs))

    assert len({one.epoch for one in founded}) == 1


async def test_the_revision_counts_changes(database):
    await database.write(instance.create, b"epoch", b"check", NOW)

    await asyncio.gather(*(database.write(instance.bump_revision) for _ in range(20)))

    assert await database.read(instance.revision) == 20


async def test_FLT_19_a_restored_instance_begins_another_epoch_and_caches_notice(database, places):
    await database.write(instance.create, b"epoch-1", b"check", NOW)

    await database.write(instance.renew_epoch, b"epoch-2")

    assert await database.read(instance.load) == Instance(b"epoch-2", b"check", NOW, 1, places)
