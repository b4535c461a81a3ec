"""Planting the demo: as often as it starts, on any port, without touching what others added."""

import pytest

from gatelodge.authn.totp_seeds import TotpSeeds
from gatelodge.clock import SystemEntropy
from gatelodge.config.policies import LegacyPolicy
from gatelodge.database.tx import Database
from gatelodge.demo import corp
from gatelodge.demo import data as demo_data
from gatelodge.demo import planting as demo
from gatelodge.demo import samples as demo_samples
from gatelodge.demo.samples import SamplePorts
from gatelodge.keys.vault import Vault
from gatelodge.ops import apis, clients
from gatelodge.ops.providers import sealed
from gatelodge.protocol import registration
from gatelodge.protocol.client import Api, Client
from gatelodge.stores import apis as api_store
from gatelodge.stores import audit, authenticators, providers, users
from gatelodge.stores import clients as client_store

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
HERE = "http://localhost:8000"
HASHES = {"alice": "hash-a", "bob": "hash-b"}


async def everything(database: Database) -> tuple[list[Client], list[Api], list[users.UserRecord]]:
    registered, known = await database.read(client_store.list_all), await database.read(api_store.list_all)
    return registered, known, await database.read(users.list_all)


async def trail(database: Database) -> int:
    return len(await database.read(audit.list_recent, 100))


async def test_the_demo_is_what_its_page_promises(database) -> None:
    await database.write(demo.plant, HERE, HASHES, NOW)
    registered, known, people = await everything(database)
    assert [c.id for c in registered] == [
        *("demo-agent", "demo-daemon", "demo-legacy", "demo-native", "demo-spa", "demo-web"),
        *("playground", "playground-public"),
    ]
    assert [api.identifier for api in known] == [f"{HERE}/demo/api"]
    assert [person.username for person in people] == ["alice", "bob"]


async def test_planting_again_changes_nothing(database) -> None:
    await database.write(demo.plant, HERE, HASHES, NOW)
    before, events = await everything(database), await trail(database)
    await database.write(demo.plant, HERE, {}, NOW + 100)
    assert await everything(database) == before
    assert await trail(database) == events


async def test_bob_has_an_app_and_alice_has_none(database) -> None:
    await database.write(demo.plant, HERE, HASHES, NOW)
    seeds = TotpSeeds(b"k" * 32, Vault(["s" * 32], SystemEntropy()), SystemEntropy())
    alice, bob = await database.read(users.find_by_login, "alice"), await database.read(users.find_by_login, "bob")
    for _ in range(2):
        await database.write(demo.plant_apps, seeds, NOW)
        kept = await database.read(authenticators.find, bob.id)
        assert len(seeds.unseal(bob.id, kept.sealed)) == 20
        assert kept.closed_at is None
        await database.write(authenticators.close, bob.id, NOW)
    assert await database.read(authenticators.find, alice.id) is None


async def test_another_port_moves_redirect_uris_and_the_api(database) -> None:
    await database.write(demo.plant, HERE, HASHES, NOW)
    await database.write(demo.plant, "http://localhost:9000", {}, NOW)
    registered, known, _ = await everything(database)
    assert not any("localhost:8000" in uri for client in registered for uri in client.redirect_uris)
    assert [api.identifier for api in known] == ["http://localhost:9000/demo/api"]


async def test_what_others_added_stays(database) -> None:
    mine = Client("mine", "Mine", "native", "none", redirect_uris=("http://127.0.0.1/cb",),
                  grants=frozenset({"authorization_code"}), response_types=frozenset({"code"}))  # fmt: skip
    await database.write(clients.add, mine, LegacyPolicy(), demo.ORIGIN, NOW)
    await database.write(apis.add, Api("https://api.test", "Mine"), demo.ORIGIN, NOW)
    await database.write(demo.plant, HERE, HASHES, NOW)
    await database.write(demo.plant, "http://localhost:9000", {}, NOW)
    assert await database.read(client_store.find, "mine") is not None
    assert await database.read(api_store.find, "https://api.test") is not None


@pytest.mark.parametrize("client", demo_data.clients(HERE), ids=lambda client: client.id)
def test_only_the_legacy_client_and_the_playground_need_what_is_off_elsewhere(client: Client) -> None:
    registration.check(client, demo.LEGACY, clients.grant_types())
    if client.id not in ("demo-legacy", "playground"):
        registration.check(client, LegacyPolicy(), clients.grant_types())


def test_everybody_may_ask_for_everything_and_machines_and_the_playground_only_to_read() -> None:
    scopes = {client.id: client.scopes for client in demo_data.clients(HERE)}
    assert scopes.pop("demo-daemon") == scopes.pop("demo-agent") == {"orders:read"}
    reading = {scopes.pop("playground"), scopes.pop("playground-public")}
    assert reading == {demo_data.PLAYGROUND_SCOPES}  # what it may not have is part of what it shows
    assert set(scopes.values()) == {demo_data.SCOPES}


@pytest.mark.parametrize("person", demo_data.PEOPLE, ids=lambda person: person.new.username)
def test_profiles_are_full(person: demo_data.DemoPerson) -> None:
    claims = person.new.claims
    assert {"given_name", "family_name", "phone_number", "address", "locale", "zoneinfo", "birthdate"} <= claims.keys()
    assert person.new.email_verified


PORTS = SamplePorts(8001, 8002, 8003, 8004, 8005, 8006)


async def test_the_sample_applications_move_with_their_ports(database) -> None:
    await database.write(demo.plant, HERE, HASHES, NOW)
    await database.write(demo.plant_samples, PORTS, NOW)
    await database.write(demo.plant_samples, SamplePorts(9001, 9002, 9003, 9004, 9005, 9006), NOW)
    shop = await database.read(client_store.find, "demo-shop")
    assert shop is not None
    assert shop.redirect_uris == ("http://localhost:9001/callback",)
    _, known, _ = await everything(database)
    assert {api.identifier for api in known} == {f"{HERE}/demo/api", "http://localhost:9004/mcp"}


async def test_planting_the_samples_again_changes_nothing(database) -> None:
    await database.write(demo.plant_samples, PORTS, NOW)
    before, events = await everything(database), await trail(database)
    await database.write(demo.plant_samples, PORTS, NOW + 100)
    assert await everything(database) == before
    assert await trail(database) == events


@pytest.mark.parametrize("client", demo_samples.clients(PORTS), ids=lambda client: client.id)
def test_only_the_implicit_sample_needs_what_is_off_elsewhere(client: Client) -> None:
    registration.check(client, demo.LEGACY, clients.grant_types())
    if client.id != "demo-implicit":
        registration.check(client, LegacyPolicy(), clients.grant_types())


async def test_example_corp_moves_with_its_port_and_keeps_its_people(database: Database):
    vault = Vault(["k" * 40], SystemEntropy())
    for port in (8005, 8005, 9005):
        await database.write(demo.plant_provider, sealed(corp.provider(port), corp.SECRET, vault), NOW)
    known = await database.read(providers.list_all)
    assert [stored.provider.issuer for stored in known] == ["http://127.0.0.1:9005"]

    hashes = {person.new.username: "hash" for person in corp.PEOPLE}
    for home in ("http://localhost:8000", "http://localhost:9000"):
        await database.write(demo.plant_corp, home, hashes, NOW)
    client = await database.read(client_store.find, corp.CLIENT_ID)
    assert client is not None
    assert client.redirect_uris == ("http://localhost:9000/callback/corp",)
    assert await database.read(demo.missing, corp.PEOPLE) == []
