"""A passkey works for the domain it was made for and for no other: a change of that domain is never made silently."""

from collections.abc import Iterator

from gatelodge.config.passkey_rules import rp_id_of
from gatelodge.config.policies import Config, ConfigError
from gatelodge.database.tx import Database
from gatelodge.ops.findings import Finding, broken, good
from gatelodge.stores import instance, passkeys


async def check_rp_id(db: Database, config: Config) -> None:
    """Check at a start that no passkeys are orphaned, and keep for which domain they are made from now on.

    Raises `ConfigError` if there are some of another domain that was not given up.
    """
    before = await _orphaned(db, config)
    if before is not None:
        raise ConfigError("passkeys.rp_id", _says(before, config))
    await db.write(instance.keep_rp_id, rp_id_of(config))


async def examine_rp_id(db: Database, config: Config) -> list[Finding]:
    """Say what a start would say of the domain of passkeys."""
    return list(_findings(await _orphaned(db, config), config))


def _findings(before: str | None, config: Config) -> Iterator[Finding]:
    now = rp_id_of(config)
    if before is not None:
        yield broken("passkeys.rp_id", _says(before, config), "set it back, or let people add passkeys anew")
    elif now is not None:
        yield good("passkeys.rp_id", f"passkeys are for {now}; one that is made for it works nowhere else")


async def _orphaned(db: Database, config: Config) -> str | None:
    """Return the domain whose passkeys would work no more, `None` if there are none or they were given up."""
    before = await db.read(instance.rp_id)
    if before in (None, rp_id_of(config), *config.passkeys.abandoned_rp_ids):
        return None
    return before if await db.read(passkeys.any_for, before or "") else None


def _says(before: str, config: Config) -> str:
    return (
        f"is {rp_id_of(config) or 'none, since the issuer is an address'}, and there are passkeys for {before}, which"
        f" would be lost: set it to {before}, or give them up by naming it in passkeys.abandoned_rp_ids"
    )
