"""`gatelodge users import` and `export`: people as data."""

import json
import os
import re
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, confirm, done
from gatelodge.config.policies import Config
from gatelodge.ops.refusals import OperationRefused

if TYPE_CHECKING:
    from gatelodge.ops.imports.bring import Report

FORMATS = ("gatelodge", "keycloak", "auth0", "django", "authentik", "firebase")
SHOWN = 20  # refused rows that a person is shown; --json shows all
_PARAMETER = re.compile(r"""["']?(\w+)["']?\s*[:=]\s*["']?([^\s"',}]+)""")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--from", "product", type=click.Choice(FORMATS), default="gatelodge", show_default=True, help="Who wrote it."
)
@click.option("--apply", is_flag=True, help="Do it. Without this, the file is only judged.")
@click.option("--trust-addresses", is_flag=True, help="Believe the file which e-mail addresses are proved.")
@click.option(
    "--hash-config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Firebase: a file with the project's password hash parameters, as its console shows them.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@running.common
def import_(
    config_file: Path | None,
    as_json: bool,
    file: Path,
    product: str,
    apply: bool,
    trust_addresses: bool,
    hash_config: Path | None,
    yes: bool,
) -> None:
    """Bring people along from another product, with their passwords where their hashes are known.

    Who somebody is, their sub, stays what it was, so applications find them again. The first run only says what would
    happen; a run that was broken off can be repeated.

    \b
    gatelodge users import realm.json --from keycloak
    gatelodge users import realm.json --from keycloak --trust-addresses --apply
    """
    config = running.configured(config_file)
    if apply:
        confirm(f"Bring the people of {file} along?", yes)
    with file.open("rb") as opened:
        report = _run(config, opened, product, _parameters(hash_config), trust_addresses, apply)
    refused = [{"row": row.number, "username": row.username, "why": row.why} for row in report.refused]
    body = {
        "applied": apply,
        "rows": report.rows,
        "new": report.new,
        "here_already": report.here_already,
        "without_password": report.without_password,
        "to_rehash": report.to_rehash,
        "unproved_addresses": report.unproved,
        "refused": refused,
    }
    answer(as_json, body, *_lines(report, apply))


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--password-hashes", is_flag=True, help="Hand out the hashes of the passwords, too. Keep the file secret."
)
@running.common
def export(config_file: Path | None, as_json: bool, file: Path, password_hashes: bool) -> None:
    """Write everybody into a file, one JSON object a line, that `users import` reads; - is standard output.

    \b
    gatelodge users export people.jsonl --password-hashes
    """
    from gatelodge.ops.imports.hand_out import people

    async def whole(context: running.CommandContext) -> int:
        count = 0
        with _written(file) as write:
            async for person in people(context.db, with_hashes=password_hashes):
                write(json.dumps(person, ensure_ascii=False) + "\n")
                count += 1
        return count

    count = running.run(running.configured(config_file), whole)
    if str(file) != "-":
        answer(as_json, {"file": str(file), "people": count}, done(f"{count} people are in {file}"))


def _run(
    config: Config, file: BinaryIO, product: str, parameters: dict[str, str], trust: bool, apply: bool
) -> "Report":
    from argon2 import PasswordHasher  # slow to import, and few commands need it

    from gatelodge.ops.imports import FORMATS as READERS
    from gatelodge.ops.imports.bring import Import, ImportTerms

    hasher = PasswordHasher(config.sign_in.argon2_passes, config.sign_in.argon2_memory_kib, parallelism=1)
    rows = READERS[product](file, parameters)
    with _progress() as tell:

        async def whole(context: running.CommandContext) -> "Report":
            run = Import(context.db, hasher, ImportTerms(trust, apply), running.operator(), tell)
            return await run.run(rows, context.clock.now())

        return running.run(config, whole)


@contextmanager
def _progress() -> Generator[Callable[[int], None]]:
    """Show on a terminal how many rows there were."""
    if not sys.stderr.isatty():
        yield lambda rows: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.completed:,.0f} people"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("import", total=None)
        yield lambda rows: progress.update(task, completed=rows)


@contextmanager
def _written(file: Path) -> Generator[Callable[[str], object]]:
    if str(file) == "-":
        yield sys.stdout.write
        return
    try:
        with open(file, "x", encoding="utf-8", opener=_for_the_owner_alone) as opened:
            yield opened.write
    except FileExistsError:
        raise OperationRefused(f"{file} is there already: nothing was written") from None
    except OSError as error:
        raise OperationRefused(f"{file} cannot be written: {error.strerror}") from None


def _for_the_owner_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _parameters(file: Path | None) -> dict[str, str]:
    return {} if file is None else dict(_PARAMETER.findall(file.read_text("utf-8", errors="replace")))


def _lines(report: "Report", applied: bool) -> list[str]:
    lines = [
        f"{report.rows} rows: {report.new} {'brought along' if applied else 'would come'}, "
        f"{report.here_already} here already, {len(report.refused)} refused",
        f"  {report.without_password} have no password, {report.to_rehash} are hashed anew when they next sign in, "
        f"{report.unproved} have an address that is not proved",
    ]
    lines += [f"  row {row.number}: {row.username or '(no name)'} {row.why}" for row in report.refused[:SHOWN]]
    if len(report.refused) > SHOWN:
        lines.append(f"  and {len(report.refused) - SHOWN} more: --json shows all")
    if not applied:
        lines.append("Nothing was changed. Say --apply to do it.")
    return lines
