"""The composition root: the one place that knows every part and puts them together."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatelodge.authn.hashing import PasswordPool
from gatelodge.authn.known import KnownBrowsers
from gatelodge.authn.password import PasswordSignIn
from gatelodge.authn.throttle import Throttle
from gatelodge.client_auth import METHODS, ClientProofs, Means
from gatelodge.clock import Clock, Entropy, SystemClock, SystemEntropy
from gatelodge.config.policies import Config
from gatelodge.database.engines import open_database
from gatelodge.database.tx import Database
from gatelodge.endpoints.site import Site, site_of
from gatelodge.grants import GRANTS
from gatelodge.grants.contract import AnyGrant
from gatelodge.grants.desk import Desks
from gatelodge.keys.keys import Keys
from gatelodge.keys.refresh import RefreshKeys, refresh_keys
from gatelodge.keys.remote import RemoteKeys
from gatelodge.keys.vault import Vault
from gatelodge.ops.authorization import Authorizations
from gatelodge.ops.keys import schedule_of
from gatelodge.ops.setup import initialise, mint_of, open_vault
from gatelodge.outbound import Outbound
from gatelodge.sessions import csrf
from gatelodge.sessions.browser import Browsers
from gatelodge.sessions.interactions import Interactions
from gatelodge.stores.instance import Instance
from gatelodge.stores.registry import Registry
from gatelodge.stores.sweeping import Sweeping
from gatelodge.tokens.front import FrontIssuer
from gatelodge.tokens.introspect import Introspection
from gatelodge.tokens.own import OwnTokens
from gatelodge.tokens.revoke import Revocation

if TYPE_CHECKING:
    from gatelodge.inspector.tracing import Tracing


@dataclass(frozen=True, slots=True)
class Foundation:
    """What everything stands on: open for as long as the server runs."""

    config: Config
    site: Site
    clock: Clock
    entropy: Entropy
    vault: Vault
    db: Database
    instance: Instance
    registry: Registry
    keys: Keys
    outbound: Outbound
    passwords: PasswordPool
    tracing: "Tracing | None" = None
    watches: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def close(self) -> None:
        """Stop what runs in the background, finish what is queued, close the database."""
        for watch in self.watches:
            watch.cancel()
        await asyncio.gather(*self.watches, return_exceptions=True)
        self.passwords.close()
        await self.db.close()


async def lay_foundation(
    config: Config, clock: Clock | None = None, entropy: Entropy | None = None, *, watching: bool = True
) -> Foundation:
    """Open the database, check that the secret key is its own, and load what is kept in memory.

    `watching` starts the tasks that notice changes and purge. Raises `ConfigError`, `ops.refusals.Refused`,
    `stores.tx.Unavailable` or `stores.migrate.SchemaTooNew`.
    """
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    vault = open_vault(config, entropy)
    db = open_database(config.database)
    await db.start()
    try:
        instance = await initialise(config, db, vault, clock, entropy)
        if config.server.playground and not config.demo:
            await _prepare_playground(config, db, vault, clock)
        registry = Registry(db, clock)
        keys = Keys(db, vault, clock, schedule_of(config.keys, config.sessions))
        await asyncio.gather(registry.poll(), keys.start())
    except BaseException:
        await db.close()
        raise
    outbound = Outbound(allow_loopback=not site_of(config.server).secure)
    passwords = PasswordPool(config.sign_in, entropy)
    site = site_of(config.server)
    tracing = _tracing(db, registry, clock, site.issuer) if config.server.inspector else None
    foundation = Foundation(
        config, site, clock, entropy, vault, db, instance, registry, keys, outbound, passwords, tracing
    )
    if watching:
        watches = [registry.watch, keys.watch, Sweeping(db, clock, config.retention).watch]
        watches += [tracing.watch] if tracing else []
        foundation.watches.extend(map(_watch, watches))
    return foundation


async def _prepare_playground(config: Config, db: Database, vault: Vault, clock: Clock) -> None:
    from gatelodge.playground import planting as playground  # few servers have one

    await playground.prepare(db, config.server.issuer, playground.secret_of(vault), config.legacy, clock.now())


def _tracing(db: Database, registry: Registry, clock: Clock, issuer: str) -> "Tracing":
    from gatelodge.inspector.tracing import Tracing  # few servers have an inspector

    return Tracing(db, registry, clock, issuer)


def _watch(work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
    return asyncio.create_task(work(), name=work.__qualname__)


@dataclass(frozen=True, slots=True)
class Server:
    """Every part that answers a request, built over one foundation."""

    foundation: Foundation
    grants: tuple[AnyGrant, ...]
    proofs: ClientProofs
    authorizations: Authorizations
    browsers: Browsers
    interactions: Interactions
    sign_in: PasswordSignIn
    desks: Desks
    refresh: RefreshKeys
    own: OwnTokens
    front: FrontIssuer
    introspection: Introspection
    revocation: Revocation
    csrf_key: csrf.Key


def build(on: Foundation) -> Server:
    """Put the parts together."""
    config, issuer, mint = on.config, on.site.issuer, mint_of(on.instance, on.vault)
    known = KnownBrowsers(on.vault.derive_all("known browsers"), on.entropy)
    browsers = Browsers(on.db, mint, known, on.clock, on.entropy, config.sessions)
    interactions = Interactions(on.db, mint, on.clock, on.entropy, config.sessions.interaction_lifetime)
    throttle = Throttle(on.vault.derive("throttle"), config.sign_in)
    sign_in = PasswordSignIn(on.db, on.clock, on.passwords, throttle, known)
    refresh = refresh_keys(on.vault, on.instance.epoch, mint)
    desks = Desks(on.registry, issuer, config.tokens, mint, refresh, on.clock, on.entropy, sign_in.authenticate)
    own = OwnTokens(issuer, mint, on.db, on.keys, on.clock)
    means = Means(issuer, on.db, RemoteKeys(on.outbound, on.clock), on.clock)
    return Server(
        foundation=on,
        grants=tuple(grant for grant in GRANTS if grant.legacy is None or getattr(config.legacy, grant.legacy)),
        proofs=ClientProofs(METHODS, on.registry, means),
        authorizations=Authorizations(issuer, on.registry, on.keys, config.legacy, on.clock),
        browsers=browsers,
        interactions=interactions,
        sign_in=sign_in,
        desks=desks,
        refresh=refresh,
        own=own,
        front=FrontIssuer(desks, on.db, on.keys, interactions),
        introspection=Introspection(issuer, own, refresh, on.registry, on.db, on.clock),
        revocation=Revocation(mint, own, refresh, on.db, on.clock),
        csrf_key=csrf.key_of(on.vault.derive_all("forms"), issuer),
    )
