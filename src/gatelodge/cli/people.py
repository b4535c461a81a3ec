"""`gatelodge users import` and `export`: people as data."""

import json
import os
import re
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, confirm, done
from gatelodge.config.policies import Config
from gatelodge.ops.refusals import OperationRefused
from gatelodge.stores import claim_scopes

if TYPE_CHECKING:
    from gatelodge.authn.totp_seeds import TotpSeeds
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
@click.option(
    "--passkeys-of",
    "rp_id",
    metavar="DOMAIN",
    default="",
    help="Passkeys come along that were made for this domain, which must be this server's own (passkeys.rp_id).",
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
    rp_id: str,
    yes: bool,
) -> None:
    """Bring people along from another product, with their passwords where their hashes are known, and their
    authenticator apps.

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
        report = _run(config, product, _Asked(opened, _parameters(hash_config), trust_addresses, rp_id, apply))
    answer(as_json, {"applied": apply, **_described(report)}, *_lines(report, apply))


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--password-hashes", is_flag=True, help="Hand out the hashes of the passwords, too. Keep the file secret."
)
@click.option(
    "--second-factors",
    is_flag=True,
    help="Hand out the seeds of authenticator apps, opened, and passkeys, too. Keep the file secret.",
)
@running.common
def export(config_file: Path | None, as_json: bool, file: Path, password_hashes: bool, second_factors: bool) -> None:
    """Write everybody into a file, one JSON object a line, that `users import` reads; - is standard output.

    \b
    gatelodge users export people.jsonl --password-hashes
    """
    from gatelodge.ops.imports.hand_out import people

    async def whole(context: running.CommandContext) -> int:
        count = 0
        with _written(file) as write:
            seeds = await _seeds(context) if second_factors else None
            async for person in people(context.db, with_hashes=password_hashes, seeds=seeds):
                write(json.dumps(person, ensure_ascii=False) + "\n")
                count += 1
        return count

    count = running.run(running.configured(config_file), whole)
    if str(file) != "-":
        answer(as_json, {"file": str(file), "people": count}, done(f"{count} people are in {file}"))


class _Asked(NamedTuple):
    """What is to be brought along, and on which terms."""

    file: BinaryIO
    parameters: dict[str, str]
    trust: bool
    rp_id: str
    apply: bool


def _run(config: Config, product: str, asked: _Asked) -> "Report":
    from argon2 import PasswordHasher  # slow to import, and few commands need it

    from gatelodge.config.passkey_rules import rp_id_of
    from gatelodge.ops.imports import FORMATS as READERS
    from gatelodge.ops.imports.bring import Import, ImportTerms

    if asked.rp_id and asked.rp_id != rp_id_of(config):
        raise OperationRefused(
            f"passkeys are made for {rp_id_of(config)} here: one of {asked.rp_id} works nowhere else"
        )
    hasher = PasswordHasher(config.sign_in.argon2_passes, config.sign_in.argon2_memory_kib, parallelism=1)
    rows = READERS[product](asked.file, asked.parameters)
    with _progress() as tell:

        async def whole(context: running.CommandContext) -> "Report":
            seeds = await _seeds(context) if asked.apply else None
            scopes = await context.db.read(claim_scopes.list_all)
            released = frozenset(claim for scope in scopes for claim in scope.claims)
            terms = ImportTerms(asked.trust, asked.apply, seeds, asked.rp_id, released)
            run = Import(context.db, hasher, terms, running.operator(), tell)
            return await run.run(rows, context.clock.now())

        return running.run(config, whole)


async def _seeds(context: running.CommandContext) -> "TotpSeeds":
    """Return what seals and opens the seeds of authenticator apps."""
    from gatelodge.authn.totp_seeds import seeds_under
    from gatelodge.ops.setup import initialise, mint_of, open_vault

    vault = open_vault(context.config, context.entropy)
    found = await initialise(context.config, context.db, vault, context.clock, context.entropy)
    return seeds_under(mint_of(found, vault), vault, context.entropy)


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


def _described(report: "Report") -> dict[str, object]:
    refused = [{"row": row.number, "username": row.username, "why": row.why} for row in report.refused]
    return {
        "rows": report.rows,
        "new": report.new,
        "here_already": report.here_already,
        "without_password": report.without_password,
        "to_rehash": report.to_rehash,
        "unproved_addresses": report.unproved,
        "authenticator_apps": report.apps,
        "passkeys": report.passkeys,
        "factors_left_behind": report.factors_left,
        "refused": refused,
    }


def _lines(report: "Report", applied: bool) -> list[str]:
    lines = [
        f"{report.rows} rows: {report.new} {'brought along' if applied else 'would come'}, "
        f"{report.here_already} here already, {len(report.refused)} refused",
        f"  {report.without_password} have no password, {report.to_rehash} are hashed anew when they next sign in, "
        f"{report.unproved} have an address that is not proved",
        f"  {report.apps} authenticator apps and {report.passkeys} passkeys come along, "
        f"{report.factors_left} stay behind",
    ]
    lines += [f"  row {row.number}: {row.username or '(no name)'} {row.why}" for row in report.refused[:SHOWN]]
    if len(report.refused) > SHOWN:
        lines.append(f"  and {len(report.refused) - SHOWN} more: --json shows all")
    if not applied:
        lines.append("Nothing was changed. Say --apply to do it.")
    return lines
