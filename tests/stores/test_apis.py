"""Registered APIs on both engines."""

from dataclasses import replace

import pytest

from gatelodge.database.rows import NameTaken
from gatelodge.protocol.client import Api
from gatelodge.stores import apis, instance

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
ORDERS = Api(
    identifier="https://orders.test/api",
    name="Orders",
    scopes={"orders:write": "change your orders", "orders:read": "see your orders"},
    token_format="opaque",
    signing_alg="RS256",
    lifetime=60,
    introspectors=frozenset({"rs1", "rs2"}),
    enabled=False,
)
PLAIN = Api(identifier="https://a.test", name="Plain")


@pytest.mark.parametrize("made", [ORDERS, PLAIN], ids=["full", "plain"])
async def test_an_api_comes_back_as_it_was_registered(database, made):
    await database.write(apis.add, made, NOW)

    found = await database.read(apis.find, made.identifier)
    assert found == made
    assert list(found.scopes) == list(made.scopes)


async def test_an_identifier_is_had_by_one_api(database):
    await database.write(apis.add, PLAIN, NOW)

    with pytest.raises(NameTaken):
        await database.write(apis.add, replace(ORDERS, identifier=PLAIN.identifier), NOW)


async def test_an_api_is_replaced_and_removed(database):
    await database.write(apis.add, PLAIN, NOW)
    changed = replace(ORDERS, identifier=PLAIN.identifier)

    assert await database.write(apis.replace, changed, NOW) is True
    assert await database.read(apis.find, PLAIN.identifier) == changed
    assert await database.write(apis.remove, PLAIN.identifier) is True
    assert await database.write(apis.remove, PLAIN.identifier) is False
    assert await database.write(apis.replace, changed, NOW) is False
    assert await database.read(apis.find, PLAIN.identifier) is None


async def test_apis_are_listed_by_identifier(database):
    await database.write(apis.add, ORDERS, NOW)
    await database.write(apis.add, PLAIN, NOW)

    assert await database.read(apis.list_all) == [PLAIN, ORDERS]


async def test_every_change_raises_the_revision(database):
    await database.write(instance.create, b"epoch", b"check", NOW)

    await database.write(apis.add, PLAIN, NOW)
    await database.write(apis.replace, PLAIN, NOW)
    await database.write(apis.remove, PLAIN.identifier)

    assert await database.read(instance.revision) == 3
