"""People and clients for the tests of the stores."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gatelodge.database.tx import Database
from gatelodge.protocol.client import Client
from gatelodge.stores import clients, users
from gatelodge.stores.users import NewUser, User

NOW = 1_800_000_000


@pytest.fixture
def person(database: Database) -> Callable[..., Awaitable[User]]:
    """Make an account with this user name."""

    async def add(username: str, **members: Any) -> User:
        return await database.write(users.add, NewUser(sub=f"sub-{username}", username=username, **members), NOW)

    return add


@pytest.fixture
def client(database: Database) -> Callable[[str], Awaitable[None]]:
    """Register a client with this id."""

    async def add(client_id: str) -> None:
        await database.write(clients.add, Client(id=client_id, name="A client", type="spa", auth_method="none"), NOW)

    return add
