"""What a command shows: JSON for programs, short text for people, tables and spinners only on a terminal."""

import json
import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import click


def answer(as_json: bool, body: Mapping[str, object], *lines: str) -> None:
    """Show `body` to a program or `lines` to a person."""
    for line in (json.dumps(body, indent=2, ensure_ascii=False),) if as_json else lines:
        click.echo(line)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], nothing: str) -> None:
    """Show rows under their columns; `nothing` is said when there are none. Piped, a row is tab-separated cells."""
    found = list(rows)
    if not found:
        click.echo(nothing, err=True)
    elif sys.stdout.isatty():
        _drawn(columns, found)
    else:
        for row in (columns, *found):
            click.echo("\t".join(row))


def _drawn(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich import box  # costs more than the rest of a command's imports, and only terminals need it
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*columns, box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for row in rows:
        drawn.add_row(*map(Text, row))  # as text: names are other people's words, not markup
    Console().print(drawn)


@contextmanager
def working(what: str) -> Generator[None]:
    """Show on a terminal that something slow is going on."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def done(text: str) -> str:
    """Return a line that says something was done."""
    return f"{click.style('✓', fg='green')} {text}"


def moment(seconds: int | None) -> str:
    """Return a time as people read it, in UTC; `-` for none."""
    return "-" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def confirm(question: str, yes: bool) -> None:
    """Ask before something that cannot be undone.

    Raises `click.Abort` for a no, and `click.UsageError` if there is nobody to ask and `--yes` was not said.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("this cannot be undone, and there is no terminal to ask at: say --yes")
    click.confirm(question, abort=True)
