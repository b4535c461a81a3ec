"""Planting the demo: its people, applications and API, as often as it starts, without touching what others added."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from gatelodge.authn.totp_seeds import TotpSeeds
from gatelodge.config.policies import LegacyPolicy
from gatelodge.database.tx import Tx
from gatelodge.demo import corp
from gatelodge.demo import data as demo_data
from gatelodge.demo import samples as demo_samples
from gatelodge.demo.data import PEOPLE, DemoPerson
from gatelodge.demo.samples import SamplePorts
from gatelodge.ops import apis, clients, issuers, providers, users
from gatelodge.protocol.client import Api, Client
from gatelodge.protocol.workload import TrustedIssuer
from gatelodge.stores import apis as api_store
from gatelodge.stores import audit, authenticators
from gatelodge.stores import clients as client_store
from gatelodge.stores import providers as provider_store
from gatelodge.stores import trusted_issuers as issuer_store
from gatelodge.stores import users as user_store
from gatelodge.stores.providers import StoredProvider
from gatelodge.telemetry.events import SERVER, ClientChanged, Origin

LEGACY = LegacyPolicy(password=True, implicit=True, hybrid=True)
ORIGIN = Origin(request_id="demo", actor=SERVER)


async def plant(tx: Tx, issuer: str, hashes: Mapping[str, str], now: int) -> None:
    """Make the demo as it should be at `issuer`. `hashes` are the passwords of the people who are `missing`."""
    for client in demo_data.clients(issuer):
        await plant_client(tx, client, LEGACY, now)
    await plant_api(tx, demo_data.api(issuer), now)
    await plant_trust(tx, demo_data.trusted(issuer), now)
    for person in await missing(tx):
        await users.add(tx, person.new, hashes[person.new.username], ORIGIN, now)


async def plant_apps(tx: Tx, seeds: TotpSeeds, now: int) -> None:
    """Give the people their authenticator apps, or open again what too many wrong codes closed."""
    for person in PEOPLE:
        user = await user_store.find_by_login(tx, person.new.username) if person.app else None
        if user is not None:
            await authenticators.add(tx, user.id, seeds.seal(user.id, person.seed), 0, now)
            await authenticators.open_again(tx, user.id)


async def plant_samples(tx: Tx, ports: SamplePorts, now: int) -> None:
    """Make the sample applications known as they should be at these ports."""
    for client in demo_samples.clients(ports):
        await plant_client(tx, client, LEGACY, now)
    await plant_api(tx, demo_samples.api(ports), now)


async def plant_corp(tx: Tx, demo: str, hashes: Mapping[str, str], now: int) -> None:
    """Make Example Corp as it should be, as the provider of a demo at the issuer `demo`."""
    await plant_client(tx, corp.client(demo), LEGACY, now)
    for person in await missing(tx, corp.PEOPLE):
        await users.add(tx, person.new, hashes[person.new.username], ORIGIN, now)


async def plant_provider(tx: Tx, wanted: StoredProvider, now: int) -> None:
    """Make a provider known as it should be; what people connected to it stays."""
    found = await provider_store.find(tx, wanted.provider.name)
    if found is not None and found.provider == wanted.provider:
        return
    if found is not None:
        await providers.remove(tx, wanted.provider.name, ORIGIN, now)
    await providers.add(tx, wanted, ORIGIN, now)


async def missing(tx: Tx, people: Sequence[DemoPerson] = PEOPLE) -> list[DemoPerson]:
    """Return those of the demo's people who have no account yet."""
    return [person for person in people if await user_store.find_by_login(tx, person.new.username) is None]


async def plant_client(tx: Tx, client: Client, legacy: LegacyPolicy, now: int) -> None:
    """Register a client as it should be."""
    found = await client_store.find(tx, client.id)
    if found is None:
        await clients.add(tx, client, legacy, ORIGIN, now)
        return
    wanted = replace(client, created_at=found.created_at)
    if wanted != found:  # the demo's port changed, or somebody tried something out
        await client_store.replace(tx, wanted, now)
        await audit.record(tx, ClientChanged(client_id=client.id, what="demo"), ORIGIN, now)


async def plant_trust(tx: Tx, wanted: TrustedIssuer, now: int) -> None:
    """Trust the playground's issuer of workloads as it should be."""
    found = await issuer_store.find(tx, wanted.name)
    if found == wanted:
        return
    if found is not None:
        await issuers.remove(tx, wanted.name, ORIGIN, now)
    await issuers.add(tx, wanted, ORIGIN, now)


async def plant_api(tx: Tx, wanted: Api, now: int) -> None:
    """Register an API of the demo as it should be."""
    there = False
    for found in await api_store.list_all(tx):
        there = there or found == wanted
        if found != wanted and _differ_in_port(found.identifier, wanted.identifier):
            await apis.remove(tx, found.identifier, ORIGIN, now)
    if not there:
        await apis.add(tx, wanted, ORIGIN, now)


def _differ_in_port(one: str, other: str) -> bool:
    return without_port(one) == without_port(other)


def without_port(url: str) -> tuple[str, str | None, str]:
    """Return what is left of a URL that moves with the port."""
    split = urlsplit(url)
    return split.scheme, split.hostname, split.path
