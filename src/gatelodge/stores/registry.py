"""Registered clients and APIs, kept in memory: a warm read costs no statement.

`watch` asks ten times a second whether the instance's revision moved, which works across processes, machines and
connection poolers alike, and drops everything when it did. What is kept is trusted only for `TRUST` seconds after the
last answer, so neither a lost database nor a watch that died serves yesterday's clients: reads then go to the database.
Disabled clients and APIs are never served.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress

from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.protocol.client import Api, Client
from gatelodge.protocol.targets import Apis
from gatelodge.stores import apis, clients, instance

POLL = 0.1  # seconds between questions
TRUST = 3.0  # seconds
ROOM = 10_000  # clients kept at most

_CLIENT_ID = re.compile(r"[ -~]{1,512}")  # RFC 6749 A.1: nothing else can be one, and PostgreSQL would not take a NUL


class Registry:
    """The clients and APIs that may act now."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._revision: int | None = None
        self._trusted_until = -1.0
        self._age = 0
        self._clients: OrderedDict[str, Client] = OrderedDict()
        self._apis: Apis | None = None

    def cached_client(self, client_id: str) -> Client | None:
        """Return a client if it is at hand; `None` says nothing about whether it exists."""
        return self._clients.get(client_id) if self._is_trusted() else None

    async def client(self, client_id: str) -> Client | None:
        """Return an enabled client, or `None`. Raises `Unavailable` if it is not at hand and the database is lost."""
        found = self.cached_client(client_id)
        if found is not None or not _CLIENT_ID.fullmatch(client_id):
            return found
        return await self._fetch_client(client_id)

    async def apis(self) -> Apis:
        """Return every enabled API by its identifier. Raises `Unavailable` as `client` does."""
        if self._apis is not None and self._is_trusted():
            return self._apis
        return await self._fetch_apis()

    def cached_apis(self) -> Mapping[str, Api]:
        """Return the enabled APIs if they are at hand; none says nothing about whether there are any."""
        return self._apis if self._apis is not None and self._is_trusted() else {}

    def invalidate(self) -> None:
        """Forget everything; also what is being fetched right now is not kept."""
        self._age += 1
        self._clients.clear()
        self._apis = None

    async def poll(self) -> None:
        """Ask once whether anything changed, and trust what is kept for a while from when the question was asked."""
        asked_at = self._clock.monotonic()
        revision = await self._db.read(instance.revision)
        if revision != self._revision or not self._is_trusted():
            self.invalidate()
        self._revision = revision
        self._trusted_until = asked_at + TRUST

    async def watch(self) -> None:
        """Poll until cancelled."""
        while True:
            with suppress(Exception):  # whatever ails the database, trust runs out by itself, and the watch goes on
                await self.poll()
            await asyncio.sleep(POLL)

    def _is_trusted(self) -> bool:
        return self._clock.monotonic() < self._trusted_until

    async def _fetch_client(self, client_id: str) -> Client | None:
        age = self._age
        client = await self._db.read(clients.find, client_id)
        if client is None or not client.enabled:
            return None
        if age == self._age:
            self._keep(client)
        return client

    def _keep(self, client: Client) -> None:
        if len(self._clients) >= ROOM:
            self._clients.popitem(last=False)
        self._clients[client.id] = client

    async def _fetch_apis(self) -> Apis:
        age = self._age
        listed = await self._db.read(apis.list_all)
        enabled = Apis(listed)
        if age == self._age:
            self._apis = enabled
        return enabled
