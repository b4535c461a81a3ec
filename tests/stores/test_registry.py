"""The registry on both engines: no statement when warm, and never for long what is not true any more."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from gatelodge.database.tx import Unavailable
from gatelodge.protocol.client import Api, Client, ClientSecret
from gatelodge.stores import apis, clients, instance, registry
from gatelodge.stores.registry import Registry

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
WEB = Client(id="web1", name="Web", type="web", auth_method="client_secret_basic", created_at=NOW)
API = Api(identifier="https://a.test", name="Plain")


class Hand:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> int:
        return NOW

    def monotonic(self) -> float:
        return self.seconds


class Fragile:
    """A database that can be lost."""

    def __init__(self, database):
        self._database = database
        self.trouble = None
        self.before_answer: Callable[[], Awaitable[None]] | None = None

    async def read(self, body, *args):
        if self.trouble is not None:
            raise self.trouble
        answer = await self._database.read(body, *args)
        if self.before_answer is not None:
            hook, self.before_answer = self.before_answer, None
            await hook()
        return answer


async def run(tx, sql):
    await tx.run(sql)


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def fragile(database):
    return Fragile(database)


@pytest.fixture
def opened(database, fragile, hand):
    """Register one client and one API, and return a registry that just polled."""

    async def open_registry():
        await database.write(instance.create, b"epoch", b"check", NOW)
        await database.write(clients.add, WEB, NOW)
        await database.write(apis.add, API, NOW)
        made = Registry(fragile, hand)
        await made.poll()
        return made

    return open_registry


async def test_a_warm_read_costs_no_statement(database, opened):
    known = await opened()
    await known.client("web1")
    await known.apis()
    before = (database.statements, database.transactions)

    assert await known.client("web1") == known.cached_client("web1") == WEB
    assert await known.apis() == {API.identifier: API}
    assert (database.statements, database.transactions) == before


@pytest.mark.parametrize("client_id", ["web2", "https://client.test/", "a" * 500])
async def test_CA_03_a_client_that_does_not_exist_costs_no_statement(database, opened, client_id):
    known = await opened()
    before = (database.statements, database.transactions)

    assert await known.client(client_id) is None
    assert (database.statements, database.transactions) == before


async def test_a_client_that_was_registered_is_there_with_the_next_poll(database, opened):
    known = await opened()
    await database.write(clients.add, replace(WEB, id="web2"), NOW)

    await known.poll()

    assert await known.client("web2") == replace(WEB, id="web2")


async def test_a_client_that_did_not_change_stays_at_hand_when_another_did(database, opened):
    known = await opened()
    await known.client("web1")
    await database.write(clients.add, replace(WEB, id="web2"), NOW)

    await known.poll()

    assert known.cached_client("web1") == WEB


@pytest.mark.parametrize(
    "change",
    [
        lambda tx: clients.replace(tx, replace(WEB, name="New"), NOW),
        lambda tx: clients.set_enabled(tx, "web1", False, NOW),
        lambda tx: clients.set_secrets(tx, "web1", (), (ClientSecret(b"d"),), NOW),
        lambda tx: clients.remove(tx, "web1"),
    ],
)
async def test_whatever_changes_of_a_client_is_noticed(database, opened, change):
    known = await opened()
    await known.client("web1")
    await database.write(change)

    await known.poll()

    assert known.cached_client("web1") is None


async def test_a_client_that_is_removed_and_registered_anew_is_another_one(database, opened):
    known = await opened()
    first = await known.client("web1")
    await database.write(clients.remove, "web1")
    await database.write(clients.add, WEB, NOW)

    await known.poll()

    second = await known.client("web1")
    assert second.generation > first.generation


async def test_an_older_state_of_the_database_is_noticed(database, opened):
    known = await opened()
    await known.client("web1")
    await database.write(run, "update instance set revision = 0")

    await known.poll()

    assert known.cached_client("web1") is None


async def test_where_there_are_more_than_can_be_known_the_database_is_asked(database, opened, monkeypatch):
    known = await opened()
    await known.client("web1")
    monkeypatch.setattr(registry, "MOST_KNOWN", 1)
    await database.write(clients.add, replace(WEB, id="web2"), NOW)
    await known.poll()
    before = database.statements

    assert await known.client("web1") == WEB
    assert await known.client("nobody") is None
    assert database.statements == before + 2


@pytest.mark.parametrize("client_id", ["", "a\0b", "\ud800", "wéb", "x" * 100_000])
async def test_what_cannot_be_a_client_id_is_not_even_looked_up(database, opened, client_id):
    known = await opened()
    before = database.statements

    assert await known.client(client_id) is None
    assert database.statements == before


async def test_a_disabled_client_is_gone_with_the_next_poll(database, opened):
    known = await opened()
    await known.client("web1")

    await database.write(clients.replace, replace(WEB, enabled=False), NOW)
    await known.poll()

    assert known.cached_client("web1") is None
    assert await known.client("web1") is None


async def test_a_disabled_api_is_gone_with_the_next_poll(database, opened):
    known = await opened()
    await known.apis()

    await database.write(apis.replace, replace(API, enabled=False), NOW)
    await known.poll()

    assert await known.apis() == {}


async def test_nothing_is_kept_before_the_first_poll(database, opened, fragile, hand):
    await opened()
    unwatched = Registry(fragile, hand)
    await unwatched.client("web1")

    await database.write(clients.remove, "web1")

    assert await unwatched.client("web1") is None


async def test_what_was_kept_before_the_first_poll_is_dropped_by_it(database, opened, fragile, hand):
    await opened()
    late = Registry(fragile, hand)
    await late.client("web1")
    await database.write(clients.replace, replace(WEB, enabled=False), NOW)

    await late.poll()

    assert await late.client("web1") is None


@pytest.mark.parametrize("trouble", [Unavailable("lost"), RuntimeError("corrupt")])
async def test_a_lost_database_does_not_fail_open(opened, fragile, hand, trouble):
    known = await opened()
    await known.client("web1")
    await known.apis()
    fragile.trouble = trouble

    hand.seconds += registry.TRUST - 0.01
    assert await known.client("web1") == WEB
    hand.seconds += 0.01
    assert known.cached_client("web1") is None
    with pytest.raises(type(trouble)):
        await known.client("web1")
    with pytest.raises(type(trouble)):
        await known.apis()


async def test_a_database_that_came_back_is_asked_anew(database, opened, fragile, hand):
    known = await opened()
    await known.client("web1")
    hand.seconds += registry.TRUST
    await database.write(clients.replace, replace(WEB, name="New"), NOW)

    await known.poll()

    assert (await known.client("web1")).name == "New"


async def test_an_answer_from_before_a_change_is_not_kept_after_it(database, opened, fragile):
    known = await opened()

    async def disabled_and_noticed_meanwhile():
        await database.write(clients.replace, replace(WEB, enabled=False), NOW)
        await known.poll()

    fragile.before_answer = disabled_and_noticed_meanwhile
    assert await known.client("web1") == WEB  # asked before the change: answered as of then

    assert known.cached_client("web1") is None
    assert await known.client("web1") is None


async def test_apis_from_before_a_change_are_not_kept_after_it(database, opened, fragile):
    known = await opened()

    async def removed_and_noticed_meanwhile():
        await database.write(apis.remove, API.identifier)
        await known.poll()

    fragile.before_answer = removed_and_noticed_meanwhile
    await known.apis()

    assert await known.apis() == {}


async def test_clients_kept_are_bounded_and_the_one_that_was_not_used_for_longest_goes(database, opened, monkeypatch):
    known = await opened()
    monkeypatch.setattr(registry, "ROOM", 2)
    for client_id in ("web2", "web3"):
        await database.write(clients.add, replace(WEB, id=client_id), NOW)
    await known.poll()

    for client_id in ("web1", "web2", "web1", "web3"):
        await known.client(client_id)

    kept = [client_id for client_id in ("web1", "web2", "web3") if known.cached_client(client_id)]
    assert kept == ["web1", "web3"]


async def test_the_watch_asks_ten_times_a_second():
    assert registry.POLL == 0.1
    assert registry.TRUST <= 3.0
