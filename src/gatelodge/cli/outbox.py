"""`gatelodge outbox`: what waits to be delivered, and what nobody could deliver."""

from pathlib import Path

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, confirm, done, moment, table
from gatelodge.ops import outbox as verbs
from gatelodge.stores import outbox as store
from gatelodge.stores.outbox import Parcel


@click.group()
def outbox() -> None:
    """Look after mail and whatever else waits to be delivered. A running server does so by itself."""


@outbox.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many lines.")
@running.common
def list_(config_file: Path | None, as_json: bool, limit: int) -> None:
    """List what waits and what is dead: given up after a day, or because it can never arrive.

    \b
    gatelodge outbox list
    """
    found = running.look(running.configured(config_file), store.list_open, limit)
    if as_json:
        answer(True, {"parcels": [described(parcel) for parcel in found]})
        return
    rows = [
        (str(p.id), p.kind, p.recipient, p.template, _state(p), moment(p.since), str(p.tries), p.reason or "-")
        for p in found
    ]
    columns = ("id", "kind", "to", "what", "state", "since (UTC)", "tries", "why not")
    table(columns, rows, "Nothing waits in the outbox.")


@outbox.command()
@click.argument("parcel", type=int)
@running.common
def retry(config_file: Path | None, as_json: bool, parcel: int) -> None:
    """Have it tried at once, and for a day from now.

    \b
    gatelodge outbox retry 12
    """
    found = running.change(running.configured(config_file), verbs.retry, parcel)
    answer(as_json, described(found), done(f"{parcel} is tried again"))


@outbox.command()
@click.argument("parcel", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@running.common
def drop(config_file: Path | None, as_json: bool, parcel: int, yes: bool) -> None:
    """Forget it: nobody will be told.

    \b
    gatelodge outbox drop 12 --yes
    """
    config = running.configured(config_file)
    found = running.look(config, verbs.show, parcel)
    confirm(f"Forget {found.template or found.kind} to {found.recipient}?", yes)
    running.change(config, verbs.drop, parcel)
    answer(as_json, {"parcel": parcel, "dropped": True}, done(f"Forgot {parcel}"))


def described(parcel: Parcel) -> dict[str, object]:
    """Return a parcel as programs see it, without what it holds."""
    return {
        "parcel": parcel.id,
        "kind": parcel.kind,
        "recipient": parcel.recipient,
        "template": parcel.template or None,
        "locale": parcel.locale or None,
        "state": _state(parcel),
        "since": parcel.since,
        "due_at": parcel.due_at,
        "tries": parcel.tries,
        "reason": parcel.reason or None,
        "dead_at": parcel.dead_at,
    }


def _state(parcel: Parcel) -> str:
    return "waits" if parcel.dead_at is None else "dead"
