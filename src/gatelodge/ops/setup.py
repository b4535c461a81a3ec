"""The first start, and the check at every later one that the secret key is the one this database was sealed with.

A wrong key is refused by name and nothing is made anew over it: tokens would be signed by keys nobody knows. When the
secret key changed, what an older one sealed is sealed anew, so the older one can be forgotten.
"""

import asyncio

from gatelodge.authn.federation.secrets import ResealedSecret, resealed_secrets
from gatelodge.clock import Clock, Entropy
from gatelodge.config.policies import Config, ConfigError
from gatelodge.config.rules import secret_keys
from gatelodge.database import migrate
from gatelodge.database.tx import Database, Tx
from gatelodge.keys.keyring import ALGORITHMS, Resealed, check_opens, make_key, resealed
from gatelodge.keys.keys import tell_of_first
from gatelodge.keys.mint import KEY_BYTES, Mint
from gatelodge.keys.schedule import Change, Schedule, plan_first
from gatelodge.keys.vault import Vault, WrongSecretKey
from gatelodge.ops.keys import schedule_of
from gatelodge.ops.places import check_places
from gatelodge.ops.refusals import OperationRefused
from gatelodge.ops.rp_id import check_rp_id
from gatelodge.stores import audit, instance, providers, signing_keys
from gatelodge.stores.instance import Instance
from gatelodge.telemetry.events import SERVER, KeysResealed, Origin

EPOCH_BYTES = 16
PURPOSE = "mask key"
START = Origin("start", actor=SERVER)


def open_vault(config: Config, entropy: Entropy) -> Vault:
    """Return the vault of the configured secret keys. Raises `ConfigError`."""
    return Vault(secret_keys(config.keys), entropy)


async def initialise(config: Config, db: Database, vault: Vault, clock: Clock, entropy: Entropy) -> Instance:
    """Bring the schema up to date and found this installation if it is new; return it.

    Raises `ConfigError` if the secret key, the number of places or the domain of passkeys is not this database's, and
    `OperationRefused` if part of what it sealed is gone.
    """
    await asyncio.to_thread(migrate.up, config.database)
    found = await db.read(instance.load)
    if found is None:
        first = await asyncio.to_thread(_first_keys, vault, clock.now(), schedule_of(config.keys, config.sessions))
        sealed = vault.seal(entropy.bytes(KEY_BYTES), PURPOSE)
        found = await db.write(begin, entropy.bytes(EPOCH_BYTES), sealed, first, clock.now())
    check_places(found, config.database)
    await check_rp_id(db, config)
    await check(db, vault, found, clock.now())
    await renew_seals(db, vault, found, clock.now())
    return found


async def begin(tx: Tx, epoch: bytes, mask_key: bytes, first: Change, now: int) -> Instance:
    """Found this installation with its first signing keys; of several that try, the first one does.

    Raises `OperationRefused` if there are signing keys of an installation that is not there.
    """
    found = await instance.create(tx, epoch, mask_key, now)
    if found.epoch != epoch:
        return found
    if await signing_keys.list_all(tx):
        raise OperationRefused(
            "the database holds signing keys of an installation that is gone: restore it from a backup"
        )
    for key in first.added:
        await signing_keys.add(tx, key)
    await tell_of_first(tx, first, START, now)
    return found


def mint_of(found: Instance, vault: Vault) -> Mint:
    """Return the mint of this installation. Raises `WrongSecretKey`."""
    return Mint(found.epoch, vault.unseal(found.mask_key, PURPOSE))


async def check(db: Database, vault: Vault, found: Instance, now: int) -> None:
    """Check that the vault opens all that is sealed.

    Raises `ConfigError` if it does not, and `OperationRefused` if the signing keys are gone.
    """
    rows = await db.read(signing_keys.list_all)
    if not rows:
        raise OperationRefused("the signing keys are gone from the database: restore it from a backup")
    try:
        vault.unseal(found.mask_key, PURPOSE)
        check_opens(rows, vault, now)
    except WrongSecretKey:
        raise ConfigError(
            "keys.secret_key",
            "does not open this database: give the key it was made with (an older key goes on a further line)",
        ) from None


async def renew_seals(db: Database, vault: Vault, found: Instance, now: int) -> None:
    """Seal anew what an older secret key had sealed; of several processes that do, the first one does."""
    keys = resealed(await db.read(signing_keys.list_all), vault, now)
    mask_key = vault.reseal(found.mask_key, PURPOSE)
    secrets = resealed_secrets(await db.read(providers.list_all), vault)
    if keys or secrets or mask_key is not None:
        await db.write(_keep_seals, keys, secrets, found.mask_key, mask_key, now)


async def _keep_seals(
    tx: Tx, keys: list[Resealed], secrets: list[ResealedSecret], old_check: bytes, mask_key: bytes | None, now: int
) -> None:
    kept = [await signing_keys.reseal(tx, *key) for key in keys]
    kept += [await providers.reseal(tx, *secret) for secret in secrets]
    kept += [] if mask_key is None else [await instance.reseal(tx, old_check, mask_key)]
    if any(kept):
        await audit.record(tx, KeysResealed(), START, now)


def _first_keys(vault: Vault, now: int, schedule: Schedule) -> Change:
    plans = [plan_first(make_key(alg, vault), make_key(alg, vault), now, schedule) for alg in ALGORITHMS]
    return Change(added=tuple(key for plan in plans for key in plan.added))
