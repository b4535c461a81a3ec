"""`gatelodge migrate`: the schema of the database."""

from pathlib import Path

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, done
from gatelodge.database import migrate as schema


@click.group()
def migrate() -> None:
    """Look at the database's schema, or bring it up to date."""


@migrate.command()
@running.common
def status(config_file: Path | None, as_json: bool) -> None:
    """Show which version the database has and which this program wants.

    \b
    gatelodge migrate status
    """
    found = schema.status(running.configured(config_file).database)
    body = {"current": found.current, "latest": found.latest, "pending": list(found.pending)}
    waiting = [f"  pending  {name}" for name in found.pending]
    state = "up to date" if not waiting else "behind: run gatelodge migrate up"
    answer(as_json, body, f"Schema {found.current} of {found.latest}, {state}", *waiting)


@migrate.command()
@running.common
def up(config_file: Path | None, as_json: bool) -> None:
    """Bring the schema up to date. Servers of the version before may go on running.

    \b
    gatelodge migrate up
    """
    policy = running.configured(config_file).database
    before = schema.status(policy)
    schema.up(policy)
    after = schema.status(policy)
    body = {"current": after.current, "latest": after.latest, "applied": list(before.pending)}
    said = [done(f"Applied {name}") for name in before.pending] or [done("Nothing to do")]
    answer(as_json, body, *said)
