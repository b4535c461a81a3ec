"""`gatelodge epoch`: refusing all that was handed out before."""

from pathlib import Path

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, confirm, done


@click.group()
def epoch() -> None:
    """Begin anew after restoring a backup."""


@epoch.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@running.common
def renew(config_file: Path | None, as_json: bool, yes: bool) -> None:
    """Refuse every code, refresh token, opaque token and session of before. Everybody signs in again.

    \b
    gatelodge epoch renew

    For a backup that was restored: what was used or revoked since it was made would work again. Stop the servers first:
    one that runs goes on with the epoch it began with.
    """
    from gatelodge.ops import epoch as verbs  # cryptography is slow to import, and few commands need it
    from gatelodge.ops.setup import EPOCH_BYTES

    config = running.configured(config_file)
    confirm("Refuse every code, token and session handed out so far?", yes)
    running.change(config, verbs.renew, running.ENTROPY.bytes(EPOCH_BYTES))
    answer(as_json, {"renewed": True}, done("A new epoch began; a server that runs learns it when it is restarted"))
