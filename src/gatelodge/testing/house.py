"""A real server in memory: a database file of its own, signing keys made once for all tests, served over ASGI."""

import shutil
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gatelodge.app import open_door
from gatelodge.authn import WAYS
from gatelodge.authn.contract import Way
from gatelodge.clock import Clock, SystemEntropy
from gatelodge.config.policies import (
    Config,
    DatabasePolicy,
    KeyPolicy,
    LegacyPolicy,
    LogPolicy,
    ServerPolicy,
    SignInPolicy,
)
from gatelodge.database import migrate
from gatelodge.database.engines import open_database
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.keyring import ALGORITHMS, make_key
from gatelodge.keys.schedule import Change, Schedule, plan_first
from gatelodge.keys.vault import Vault
from gatelodge.ops import setup
from gatelodge.server import Server, build, lay_foundation
from gatelodge.web import KINDS
from gatelodge.web.interaction_kind import InteractionKind

SECRET_KEY = "k" * 40
EPOCH = b"epoch" * 3
MASK_KEY = b"mask" * 8

Message = MutableMapping[str, Any]
AsgiApp = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class House:
    """A server that is open. `app` answers HTTP requests; it needs no lifespan."""

    foundation: Foundation
    server: Server
    app: AsgiApp


def config_for(database_url: str, issuer: str, legacy: LegacyPolicy | None = None) -> Config:
    """Return a configuration as in production, but for password hashing, which is cheap, and silence."""
    return Config(
        server=ServerPolicy(issuer=issuer),
        database=DatabasePolicy(url=database_url),
        keys=KeyPolicy(secret_key=SECRET_KEY),
        sign_in=SignInPolicy(argon2_memory_kib=64, argon2_passes=1),
        legacy=legacy or LegacyPolicy(),
        log=LogPolicy(level="error"),
    )


async def open_house(
    config: Config,
    clock: Clock,
    ways: Sequence[type[Way]] = WAYS,
    kinds: Sequence[type[InteractionKind]] = KINDS,
) -> House:
    """Open the server over a database that was founded with our secret key. Close its foundation in the end."""
    foundation = await lay_foundation(config, clock, watching=False)
    server = build(foundation, ways, kinds)
    return House(foundation, server, open_door(server).serve)


async def found(config: Config, now: int) -> None:
    """Found an installation in a migrated, empty database.

    RSA keys take long to make, so those founded in the same second have the same.
    """
    db = open_database(config.database)
    await db.start()
    vault = setup.open_vault(config, SystemEntropy())
    await db.write(setup.begin, EPOCH, vault.seal(MASK_KEY, setup.PURPOSE), _first_keys(now), now)
    await db.close()


@cache
def _first_keys(now: int) -> Change:
    """Return a signing key, made now, and its successor for each algorithm; each signs until it is told to stop."""
    vault = Vault([SECRET_KEY], SystemEntropy())
    plans = [plan_first(make_key(alg, vault), make_key(alg, vault), now, Schedule(0, 0, 90_000)) for alg in ALGORITHMS]
    return Change(added=tuple(key for plan in plans for key in plan.added))


async def new_database(folder: Path) -> str:
    """Return the URL of a founded database in `folder`: a copy of one that is made once."""
    file = folder / "gatelodge.db"
    shutil.copy(await _template(), file)
    return f"sqlite:///{file}"


_made: list[tempfile.TemporaryDirectory[str]] = []


async def _template() -> Path:
    """Return the file that all databases are copies of; it goes when the process does."""
    if not _made:
        folder = tempfile.TemporaryDirectory(prefix="gatelodge-testing-", ignore_cleanup_errors=True)
        policy = DatabasePolicy(url=f"sqlite:///{folder.name}/template.db")
        migrate.up(policy)
        await found(Config(database=policy, keys=KeyPolicy(secret_key=SECRET_KEY)), 0)
        _made.append(folder)
    return Path(_made[0].name) / "template.db"
