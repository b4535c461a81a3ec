"""`gatelodge version`: what is running here."""

import platform
import sqlite3
from importlib.metadata import version as installed

import click

from gatelodge.cli.output import answer


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")
def version(as_json: bool) -> None:
    """Show the version of Gatelodge and of what it stands on.

    \b
    gatelodge version
    """
    found = {
        "gatelodge": installed("gatelodge"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    answer(as_json, found, f"gatelodge {found['gatelodge']} (Python {found['python']}, SQLite {found['sqlite']})")
