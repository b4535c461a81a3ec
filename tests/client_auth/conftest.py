"""A registry with a client of every kind, and the proofs under test."""

import pytest
from tests.client_auth.samples import CLIENTS, ISSUER, NOW, Attempt, Prove, Register

from gatelodge.client_auth import METHODS, ClientProofs, Means
from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.keys.remote import RemoteKeys
from gatelodge.outbound import Outbound
from gatelodge.protocol.client import Client, ProvenClient
from gatelodge.protocol.params import Params
from gatelodge.stores import clients, instance
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


@pytest.fixture
def means(database: Database, clock: Clock) -> Means:
    return Means(ISSUER, database, RemoteKeys(Outbound(allow_loopback=True), clock), clock)


@pytest.fixture
def proofs(registry: Registry, means: Means) -> ClientProofs:
    return ClientProofs(METHODS, registry, means)


@pytest.fixture
def prove(proofs: ClientProofs) -> Prove:
    async def prove(attempt: Attempt) -> ProvenClient:
        return await proofs.prove(Params.of(attempt.pairs()), attempt.headers, Origin(address=attempt.address))

    return prove
