"""A vault, and an installation whose row is there: the keeper's transactions wait for one another at it."""

import pytest

from gatelodge.clock import Entropy
from gatelodge.database.tx import Database
from gatelodge.keys.vault import Vault
from gatelodge.stores import instance


@pytest.fixture
def vault(entropy: Entropy) -> Vault:
    return Vault(["a secret key of more than 32 characters"], entropy)


@pytest.fixture
async def installation(database: Database) -> Database:
    await database.write(instance.create, b"epoch", b"", 0)
    return database
