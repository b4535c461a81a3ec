"""A registry with a client of every kind, and the proofs under test."""

import pytest
from tests.client_auth.samples import CLIENTS, ISSUER, NOW, OF_TRUSTED, TRUSTED, Attempt, Prove, Register

from gatelodge.client_auth import METHODS, ClientProofs, Means
from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.keys.remote import RemoteKeys
from gatelodge.keys.workloads import Workloads
from gatelodge.outbound import Fetched, Outbound
from gatelodge.protocol.client import Client, ProvenClient
from gatelodge.protocol.params import Params
from gatelodge.stores import clients, instance, trusted_issuers
from gatelodge.stores.registry import Registry
from gatelodge.telemetry.events import Origin


@pytest.fixture
def engine() -> str:
    """One engine is enough here: what matters of the database is tested with the stores."""
    return "sqlite"


@pytest.fixture
async def registry(database: Database, clock: Clock) -> Registry:
    await database.write(instance.create, b"epoch", b"check", NOW)
    for registered in CLIENTS.values():
        await database.write(clients.add, registered, NOW)
    await database.write(trusted_issuers.add, TRUSTED, NOW)
    registry = Registry(database, clock)
    await registry.poll()
    return registry


@pytest.fixture
def register(database: Database, registry: Registry) -> Register:
    """Register one more client, and let this process notice."""

    async def register(client: Client) -> None:
        await database.write(clients.add, client, NOW)
        await registry.poll()

    return register


class Published(Outbound):
    """Stands where the network is: publishes the keys of the issuer that is trusted, and notes who was asked."""

    asked: tuple[str, ...] = ()

    async def get(self, url: str, max_bytes: int) -> Fetched:
        self.asked = (*self.asked, url)
        return Fetched(200, "application/json", OF_TRUSTED)


@pytest.fixture
def published() -> Published:
    return Published(allow_loopback=True)


@pytest.fixture
def means(database: Database, clock: Clock, registry: Registry, published: Published) -> Means:
    return means_of(database, clock, registry, published)


def means_of(database: Database, clock: Clock, registry: Registry, outbound: Outbound) -> Means:
    """What methods work with, where this is the way out."""
    keys = RemoteKeys(outbound, clock)
    return Means(ISSUER, database, keys, clock, Workloads(registry, keys, keys))


@pytest.fixture
def proofs(registry: Registry, means: Means) -> ClientProofs:
    return ClientProofs(METHODS, registry, means)


@pytest.fixture
def prove(proofs: ClientProofs) -> Prove:
    async def prove(attempt: Attempt) -> ProvenClient:
        return await proofs.prove(Params.of(attempt.pairs()), attempt.headers, Origin(address=attempt.address))

    return prove
