"""`gatelodge keys`: what tokens are signed with."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, confirm, done, moment, table, working
from gatelodge.stores import signing_keys
from gatelodge.stores.signing_keys import NEVER, SigningKey

if TYPE_CHECKING:
    from gatelodge.keys.keys import SigningKeys


@click.group()
def keys() -> None:
    """Look after the signing keys. They rotate by themselves every keys.rotation_days."""


@keys.command("list")
@running.common
def list_(config_file: Path | None, as_json: bool) -> None:
    """List the keys: next ones are published and do not sign yet, retired ones do not sign any more.

    \b
    gatelodge keys list
    """
    _show(running.look(running.configured(config_file), signing_keys.list_all), as_json)


@keys.command()
@running.common
def rotate(config_file: Path | None, as_json: bool) -> None:
    """Let the next keys take over as soon as they have been published long enough for others to know them.

    \b
    gatelodge keys rotate
    """
    from gatelodge.ops import keys as verbs  # cryptography is slow to import, and few commands need it

    _show(_changed(config_file, lambda ring: verbs.rotate(ring, running.operator())), as_json)


@keys.command()
@click.argument("kid")
@click.option("--compromised", is_flag=True, help="Also stop publishing it: every token it signed is refused.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@running.common
def retire(config_file: Path | None, as_json: bool, kid: str, compromised: bool, yes: bool) -> None:
    """Stop signing with a key now; the next one takes over, however young it is.

    \b
    gatelodge keys retire KID --compromised
    """
    from gatelodge.ops import keys as verbs

    confirm(f"Retire {kid}{', and refuse everything it signed' if compromised else ''}?", yes)
    _show(_changed(config_file, lambda ring: verbs.retire(ring, kid, compromised, running.operator())), as_json)
    if not as_json:
        click.echo(done("Retired"))


def _changed(config_file: Path | None, act: "Callable[[SigningKeys], Awaitable[None]]") -> Sequence[SigningKey]:
    """Open the key ring, act on it and return every key."""
    from gatelodge.keys.keys import SigningKeys
    from gatelodge.ops.keys import schedule_of
    from gatelodge.ops.setup import initialise, open_vault

    config = running.configured(config_file)

    async def whole(context: running.CommandContext) -> Sequence[SigningKey]:
        vault = open_vault(config, context.entropy)
        await initialise(config, context.db, vault, context.clock, context.entropy)
        ring = SigningKeys(context.db, vault, context.clock, schedule_of(config.keys, config.sessions))
        await ring.start()
        await act(ring)
        return ring.rows()

    with working("Making keys ..."):
        return running.run(config, whole)


def _show(found: Sequence[SigningKey], as_json: bool) -> None:
    now = running.CLOCK.now()
    if as_json:
        answer(True, {"keys": [described(key, now) for key in found]})
        return
    rows = [(k.kid, k.alg, _state(k, now), _begins(k), moment(k.retires_at), moment(k.removed_at)) for k in found]
    table(("kid", "alg", "state", "signs from (UTC)", "until", "published until"), rows, "There are no keys yet.")


def described(key: SigningKey, now: int) -> dict[str, object]:
    """Return a key as programs see it; `activates_at` is null for one that takes over by command only."""
    return {
        "kid": key.kid,
        "alg": key.alg,
        "state": _state(key, now),
        "created_at": key.created_at,
        "activates_at": None if key.activates_at >= NEVER else key.activates_at,
        "retires_at": key.retires_at,
        "removed_at": key.removed_at,
    }


def _state(key: SigningKey, now: int) -> str:
    from gatelodge.keys.keyring import state

    return state(key, now)


def _begins(key: SigningKey) -> str:
    return "by command" if key.activates_at >= NEVER else moment(key.activates_at)
