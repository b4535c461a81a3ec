"""People and clients for the tests of the stores."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.tx import Database
from gatelodge.protocol.client import Client
from gatelodge.stores import clients, users
from gatelodge.stores.users import NewUser, UserRecord

NOW = 1_800_000_000


@pytest.fixture(params=[1, 1_024], ids=["1-place", "1024-places"])
def places(request: pytest.FixtureRequest) -> int:
    """How many places the database has: what the stores promise, they promise for both."""
    return request.param


@pytest.fixture
def database_policy(engine: str, places: int, request: pytest.FixtureRequest) -> DatabasePolicy:
    """A migrated and empty database for one test, closed. On PostgreSQL many places lie in parts."""
    parted = engine == "postgres" and places > 1
    policy: DatabasePolicy = request.getfixturevalue("partitioned_policy" if parted else f"{engine}_policy")
    return replace(policy, places=places)


@pytest.fixture
def person(database: Database) -> Callable[..., Awaitable[UserRecord]]:
    """Make an account with this user name."""

    async def add(username: str, **members: Any) -> UserRecord:
        return await database.write(users.add, NewUser(sub=f"sub-{username}", username=username, **members), NOW)

    return add


@pytest.fixture
def client(database: Database) -> Callable[[str], Awaitable[None]]:
    """Register a client with this id."""

    async def add(client_id: str) -> None:
        await database.write(clients.add, Client(id=client_id, name="A client", type="spa", auth_method="none"), NOW)

    return add
