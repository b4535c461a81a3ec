"""Registered clients, APIs, scopes and providers in memory: a warm read costs no statement, who is not there none.

`poll` asks ten times a second whether the instance's revision moved, which works across processes, machines and
connection poolers alike. When it did, the ids of all enabled clients are read anew; what is kept of a client that did
not change stays, everything else is dropped. What is kept is trusted only for `TRUST` seconds after the last answer, so
neither a lost database nor a poll that fails serves yesterday's clients: reads then go to the database. What is
disabled is never served.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping

from gatelodge.clock import Clock
from gatelodge.database.tx import Database, Tx
from gatelodge.protocol.client import Client
from gatelodge.protocol.targets import Apis
from gatelodge.protocol.workload import TrustedIssuer
from gatelodge.stores import apis, claim_scopes, clients, instance, providers, trusted_issuers
from gatelodge.stores.providers import StoredProvider

POLL = 0.1  # seconds between questions
TRUST = 3.0  # seconds
ROOM = 10_000  # clients kept at most; whoever was not used for longest goes first
MOST_KNOWN = 100_000  # ids kept at most; where there are more, an id that is not at hand is asked of the database

_NO_APIS = Apis()
_CLIENT_ID = re.compile(r"[ -~]{1,512}")  # RFC 6749 A.1: nothing else can be one, and PostgreSQL would not take a NUL


class Registry:
    """The clients, APIs and providers that may act now."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._revision = -1
        self._trusted_until = -1.0
        self._age = 0
        self._known: dict[str, int] | None = None
        self._clients: OrderedDict[str, Client] = OrderedDict()
        self._apis: Apis | None = None
        self._providers: tuple[StoredProvider, ...] | None = None
        self._issuers: tuple[TrustedIssuer, ...] | None = None

    def cached_client(self, client_id: str) -> Client | None:
        """Return a client if it is at hand; `None` says nothing about whether it exists."""
        client = self._clients.get(client_id)
        if client is None or not self._is_trusted():
            return None
        self._clients.move_to_end(client_id)
        return client

    async def client(self, client_id: str) -> Client | None:
        """Return an enabled client, or `None`. Raises `Unavailable` if it is not at hand and the database is lost."""
        found = self.cached_client(client_id)
        if found is not None or not self._may_exist(client_id):
            return found
        return await self._fetch_client(client_id)

    async def apis(self) -> Apis:
        """Return every enabled API by its identifier, and the scopes that release claims. Raises as `client` does."""
        if self._apis is not None and self._is_trusted():
            return self._apis
        return await self._fetch_apis()

    async def providers(self) -> tuple[StoredProvider, ...]:
        """Return every enabled provider, in the order of their buttons. Raises `Unavailable` as `client` does."""
        if self._providers is not None and self._is_trusted():
            return self._providers
        age = self._age
        listed = await self._db.read(providers.list_all)
        enabled = tuple(stored for stored in listed if stored.provider.enabled)
        if age == self._age:
            self._providers = enabled
        return enabled

    async def trusted_issuers(self) -> tuple[TrustedIssuer, ...]:
        """Return whose JWTs about workloads are believed. Raises `Unavailable` as `client` does."""
        if self._issuers is not None and self._is_trusted():
            return self._issuers
        age = self._age
        listed = tuple(await self._db.read(trusted_issuers.list_all))
        if age == self._age:
            self._issuers = listed
        return listed

    def cached_apis(self) -> Apis:
        """Return the enabled APIs if they are at hand; none says nothing about whether there are any."""
        return self._apis if self._apis is not None and self._is_trusted() else _NO_APIS

    async def poll(self) -> None:
        """Ask once whether anything changed, and trust what is kept for a while from when the question was asked."""
        asked_at = self._clock.monotonic()
        revision = await self._db.read(instance.revision)
        if revision != self._revision or not self._is_trusted():
            self._renew(*await self._db.read(_look))
        self._trusted_until = asked_at + TRUST

    def _renew(self, revision: int, known: dict[str, int] | None) -> None:
        """Keep what is still so; also what is being fetched right now is not kept."""
        self._age += 1
        is_later = revision >= self._revision  # or this is another database, or an older state of it
        same = {client.id: client for client in self._clients.values() if known and _is_one_of(client, known)}
        self._clients = OrderedDict(same if is_later else {})
        self._apis = self._providers = self._issuers = None
        self._revision, self._known = revision, known

    def _may_exist(self, client_id: str) -> bool:
        if self._known is not None and self._is_trusted():
            return client_id in self._known
        return _CLIENT_ID.fullmatch(client_id) is not None

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
        enabled = await self._db.read(_registered)
        if age == self._age:
            self._apis = enabled
        return enabled


async def _registered(tx: Tx) -> Apis:
    return Apis(await apis.list_all(tx), await claim_scopes.released(tx))


async def _look(tx: Tx) -> tuple[int, dict[str, int] | None]:
    """Return the revision and who there is; the revision is read first, so that it is never newer than the rest."""
    return await instance.revision(tx), await clients.list_known(tx, MOST_KNOWN)


def _is_one_of(client: Client, known: Mapping[str, int]) -> bool:
    return known.get(client.id) == client.revision
