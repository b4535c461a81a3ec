"""`gatelodge audit`: what happened, to whom, and who did it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, moment, table
from gatelodge.ops import trail
from gatelodge.stores.audit import Told

SECONDS = {"m": 60, "h": 3_600, "d": 86_400}


class Since(click.ParamType[int]):
    """A time in UTC, or how long ago."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return seconds since 1970. Raises `click.BadParameter`."""
        if isinstance(value, int):  # the default
            return value
        ago = re.fullmatch(r"([0-9]{1,6})([mhd])", str(value))
        if ago:
            return max(0, running.CLOCK.now() - int(ago[1]) * SECONDS[ago[2]])
        try:
            given = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time: write 90m, 24h, 7d, 2026-05-01 or 2026-05-01T09:30", param, ctx)
        return int((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp())


@click.group()
def audit() -> None:
    """Read the audit trail."""


@audit.command("list")
@click.option(
    "--user", "login", default="", help="About this person: user name, e-mail address, or #7 for one who is gone."
)
@click.option("--client", "client_id", default="", help="About this client.")
@click.option(
    "--by", default="", help="Done by these: operator, server, stranger, person:ada, client:shop, operator:root."
)
@click.option("--event", default="", help="Only this event: docs/events.md lists them.")
@click.option(
    "--since", type=Since(), default=0, help="Not before: 90m, 24h, 7d, or a time in UTC. Default: the oldest."
)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many lines.")
@running.common
def list_(
    config_file: Path | None,
    as_json: bool,
    login: str,
    client_id: str,
    by: str,
    event: str,
    since: int,
    limit: int,
) -> None:
    """List what happened, newest first.

    \b
    gatelodge audit list
    gatelodge audit list --user ada --since 7d
    gatelodge audit list --by operator --since 24h
    gatelodge audit list --event sign_in_failed --limit 500 --json
    """
    asked = trail.TrailFilter(login, client_id, event, since, by)
    found = running.look(running.configured(config_file), trail.read, asked, limit)
    if as_json:
        answer(True, {"entries": [described(told) for told in found]})
        return
    table(
        ("when (UTC)", "event", "person", "client", "by", "from", "more"),
        map(_row, found),
        "The audit trail has no such line.",
    )


def described(told: Told) -> dict[str, object]:
    """Return one line as programs see it."""
    entry = told.entry
    return {
        "id": entry.id,
        "at": entry.at,
        "event": entry.event,
        "client_id": entry.client_id,
        "user_id": entry.user_id,
        "username": told.username,
        "request_id": entry.request_id,
        "address": entry.address or None,
        "actor": {"kind": entry.actor.kind, "name": trail.actor_name(told) or None},
        "detail": entry.detail,
    }


def _row(told: Told) -> tuple[str, ...]:
    entry = told.entry
    more = " ".join(f"{name}={value}" for name, value in entry.detail.items())
    by = f"{entry.actor.kind} {trail.actor_name(told)}".strip()
    whence = entry.address or entry.request_id or ""
    whom = (trail.label(told) or "-", entry.client_id or "-")
    return moment(entry.at), entry.event, *whom, by, whence or "-", more or "-"
