"""The verbs on APIs."""

from dataclasses import replace

import pytest

from gatelodge.database.rows import NameTaken
from gatelodge.ops import apis
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.protocol.client import Api, Client
from gatelodge.stores import apis as store
from gatelodge.stores import audit
from gatelodge.stores import clients as client_store
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
ORIGIN = Origin("test")
ORDERS = Api("https://api.test/orders", "Orders", {"orders:read": "See your orders"})


async def test_an_added_api_is_there_and_in_the_trail(database) -> None:
    await database.write(apis.add, ORDERS, ORIGIN, NOW)
    assert await database.read(store.find, ORDERS.identifier) == ORDERS
    entry = (await database.read(audit.list_recent, 1))[0]
    assert (entry.event, entry.detail) == ("api_added", {"api": ORDERS.identifier})


async def test_an_api_is_disabled_and_enabled_again(database) -> None:
    await database.write(apis.add, ORDERS, ORIGIN, NOW)

    assert not (await database.write(apis.disable, ORDERS.identifier, ORIGIN, NOW)).enabled
    assert await database.read(store.find, ORDERS.identifier) == replace(ORDERS, enabled=False)
    assert (await database.write(apis.enable, ORDERS.identifier, ORIGIN, NOW)) == ORDERS
    entries = await database.read(audit.list_recent, 2)
    assert [(entry.event, entry.detail) for entry in entries] == [
        ("api_enabled", {"api": ORDERS.identifier}),
        ("api_disabled", {"api": ORDERS.identifier}),
    ]


async def test_only_an_api_that_is_there_is_switched(database) -> None:
    for verb in (apis.enable, apis.disable):
        with pytest.raises(NotThere):
            await database.write(verb, "https://no.test", ORIGIN, NOW)
    assert await database.read(audit.list_recent, 1) == []


REFUSED = {
    "not absolute": {"identifier": "orders"},
    "a fragment": {"identifier": "https://api.test/#x"},
    "a space": {"identifier": "https://api.test/a b"},
    "not ASCII": {"identifier": "https://аpi.test"},
    "a broken host": {"identifier": "https://[::1"},
    "a scope with a space": {"scopes": {"orders read": "See"}},
    "a scope with a quote": {"scopes": {'orders"': "See"}},
    "an empty scope": {"scopes": {"": "See"}},
    "a scope about people": {"scopes": {"openid": "See"}},
    "a scope without a sentence": {"scopes": {"orders": ""}},
    "no lifetime": {"lifetime": 0},
    "a lifetime of days": {"lifetime": 86_401},
}


@pytest.mark.parametrize("what", REFUSED)
def test_policy_is_judged_on_the_api_as_it_would_be(what: str) -> None:
    with pytest.raises(OperationRefused):
        apis.check(replace(ORDERS, **REFUSED[what]))


@pytest.mark.parametrize("identifier", ["https://api.test", "http://localhost:8000/demo/api", "urn:example:orders"])
def test_any_absolute_uri_names_an_api(identifier: str) -> None:
    apis.check(replace(ORDERS, identifier=identifier))


async def test_an_introspector_must_be_a_client(database) -> None:
    watched = replace(ORDERS, introspectors=frozenset({"shop"}))
    with pytest.raises(NotThere, match="no client 'shop'"):
        await database.write(apis.add, watched, ORIGIN, NOW)
    await database.write(client_store.add, Client("shop", "Shop", "web", "client_secret_basic"), NOW)
    await database.write(apis.add, watched, ORIGIN, NOW)


async def test_an_identifier_is_registered_once(database) -> None:
    await database.write(apis.add, ORDERS, ORIGIN, NOW)
    with pytest.raises(NameTaken):
        await database.write(apis.add, ORDERS, ORIGIN, NOW)


async def test_a_removed_api_is_gone(database) -> None:
    await database.write(apis.add, ORDERS, ORIGIN, NOW)
    await database.write(apis.remove, ORDERS.identifier, ORIGIN, NOW)
    assert await database.read(store.list_all) == []
    with pytest.raises(NotThere):
        await database.write(apis.remove, ORDERS.identifier, ORIGIN, NOW)
