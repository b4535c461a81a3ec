"""Keeping tokens: a store whose values are sealed, and a renewer that refreshes access tokens before they end.

Nothing is imported until it is used: a program that keeps its tokens in a file needs no database driver.
"""

from typing import TYPE_CHECKING

from gatelodge.client.doors import door

if TYPE_CHECKING:
    from gatelodge.client.keeping.async_renewer import AsyncRenewer as AsyncRenewer
    from gatelodge.client.keeping.contract import Row as Row
    from gatelodge.client.keeping.contract import Rows as Rows
    from gatelodge.client.keeping.contract import StoreRefused as StoreRefused
    from gatelodge.client.keeping.contract import StoreUnavailable as StoreUnavailable
    from gatelodge.client.keeping.events import Delayed as Delayed
    from gatelodge.client.keeping.events import Event as Event
    from gatelodge.client.keeping.events import Lost as Lost
    from gatelodge.client.keeping.events import Renewed as Renewed
    from gatelodge.client.keeping.file import file_store as file_store
    from gatelodge.client.keeping.grants import KeptGrant as KeptGrant
    from gatelodge.client.keeping.keyring import keyring_store as keyring_store
    from gatelodge.client.keeping.memory import memory_store as memory_store
    from gatelodge.client.keeping.postgres import postgres_store as postgres_store
    from gatelodge.client.keeping.renewer import Renewer as Renewer
    from gatelodge.client.keeping.sealed import Seals as Seals
    from gatelodge.client.keeping.sealed import TokenStore as TokenStore
    from gatelodge.client.keeping.sqlite import sqlite_store as sqlite_store

_WHERE = {
    "AsyncRenewer": "async_renewer",
    "Delayed": "events",
    "Event": "events",
    "KeptGrant": "grants",
    "Lost": "events",
    "Renewed": "events",
    "Renewer": "renewer",
    "Row": "contract",
    "Rows": "contract",
    "Seals": "sealed",
    "StoreRefused": "contract",
    "StoreUnavailable": "contract",
    "TokenStore": "sealed",
    "file_store": "file",
    "keyring_store": "keyring",
    "memory_store": "memory",
    "postgres_store": "postgres",
    "sqlite_store": "sqlite",
}

__getattr__, __dir__ = door(__name__, _WHERE)
