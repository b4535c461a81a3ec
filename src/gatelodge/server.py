"""The composition root: what is opened first, and every room over it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatelodge.authn import WAYS
from gatelodge.authn import room as authn
from gatelodge.authn.contract import Way
from gatelodge.authn.room import Authn
from gatelodge.client_auth import ClientProofs
from gatelodge.client_auth import room as client_auth
from gatelodge.clock import Clock, Entropy, SystemClock, SystemEntropy
from gatelodge.config.policies import Config
from gatelodge.config.site import site_of
from gatelodge.database.engines import open_database
from gatelodge.foundation.contract import Foundation
from gatelodge.grants import room as grants
from gatelodge.grants.room import Granting
from gatelodge.inspector import room as inspector
from gatelodge.keys.keys import POLL as KEYS_POLL
from gatelodge.keys.keys import SigningKeys
from gatelodge.keys.remote import RemoteKeys
from gatelodge.keys.workloads import Workloads
from gatelodge.mail.letters import letters_of
from gatelodge.ops import room as ops
from gatelodge.ops.keys import schedule_of
from gatelodge.ops.room import Ops
from gatelodge.ops.setup import initialise, mint_of, open_vault
from gatelodge.outbound import Outbound
from gatelodge.outbox import room as outbox
from gatelodge.playground import room as playground
from gatelodge.sessions import room as sessions
from gatelodge.sessions.room import SessionsRoom
from gatelodge.stores.registry import POLL as REGISTRY_POLL
from gatelodge.stores.registry import Registry
from gatelodge.stores.sweeping import Sweeping
from gatelodge.telemetry.watches import Watch, Watches
from gatelodge.tokens import room as tokens
from gatelodge.tokens.room import TokensRoom
from gatelodge.web import KINDS
from gatelodge.web import room as web
from gatelodge.web.interaction_kind import InteractionKind
from gatelodge.web.room import Web

if TYPE_CHECKING:
    from gatelodge.inspector.tracing import Tracing


async def lay_foundation(
    config: Config, clock: Clock | None = None, entropy: Entropy | None = None, *, watching: bool = True
) -> Foundation:
    """Open the database, check that the secret key is its own, and load what is kept in memory.

    `watching` starts the tasks that notice changes and purge. Raises `ConfigError`, `ops.refusals.Refused`,
    `database.tx.Unavailable` or `database.migrate.SchemaTooNew`.
    """
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    vault = open_vault(config, entropy)
    db = open_database(config.database)
    await db.start()
    try:
        instance = await initialise(config, db, vault, clock, entropy)
        await playground.prepare(config, db, vault, clock)
        registry = Registry(db, clock)
        keys = SigningKeys(db, vault, clock, schedule_of(config.keys, config.sessions))
        await asyncio.gather(registry.poll(), keys.start())
    except BaseException:
        await db.close()
        raise
    site = site_of(config.server)
    outbound = Outbound(allow_loopback=not site.secure)
    mint = mint_of(instance, vault)
    watches = Watches(clock, idle=not watching)
    letters = letters_of(config, vault)
    kept = (vault, mint, db, instance, registry, keys)
    on = Foundation(config, site, clock, entropy, *kept, outbound, letters, watches)
    on.watch(Watch("registry", registry.poll, REGISTRY_POLL))
    on.watch(Watch("keys", keys.look, KEYS_POLL))
    sweeping = Sweeping(db, clock, config.retention, letters.farewell)
    on.watch(Watch("sweep", sweeping.look, config.retention.purge_interval))
    return on


@dataclass(frozen=True, slots=True)
class Server:
    """Every room that answers requests, opened over one foundation."""

    foundation: Foundation
    authn: Authn
    proofs: ClientProofs
    sessions: SessionsRoom
    granting: Granting
    ops: Ops
    tokens: TokensRoom
    web: Web
    tracing: "Tracing | None"


def build(on: Foundation, ways: Sequence[type[Way]] = WAYS, kinds: Sequence[type[InteractionKind]] = KINDS) -> Server:
    """Open the rooms; `ways` are how people sign in, `kinds` what may wait for them."""
    proving = authn.open(on, ways)
    browsing = sessions.open(on, proving.known)
    found = tokens.held(on)
    remote = RemoteKeys(on.outbound, on.clock)
    inside = RemoteKeys(Outbound(allow_loopback=not on.site.secure, allow_private=True), on.clock)
    workloads = Workloads(on.registry, remote, inside)
    granting = grants.open(on, proving.authenticate, found, workloads)
    outbox.open(on)
    return Server(
        foundation=on,
        authn=proving,
        proofs=client_auth.open(on, remote, workloads),
        sessions=browsing,
        granting=granting,
        ops=ops.open(on, browsing, remote),
        tokens=tokens.open(on, found, granting, browsing),
        web=web.open(on, browsing, proving, kinds),
        tracing=inspector.open(on),
    )
