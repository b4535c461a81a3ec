"""`gatelodge doctor`: what is broken, what is unsafe, and what to do."""

import asyncio
import os
import ssl
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, working
from gatelodge.config.loading import check_given, load, overlooked
from gatelodge.config.policies import Config, ConfigError
from gatelodge.config.rules import complete
from gatelodge.database.tx import Unavailable
from gatelodge.ops.findings import Finding, Level, broken, good, note
from gatelodge.ops.unsafe_settings import unsafe_settings

if TYPE_CHECKING:
    from gatelodge.ops.doctor import SeenDiscovery

SIGNS: dict[Level, tuple[str, str]] = {
    "good": ("✓", "green"),
    "note": ("i", "cyan"),
    "warning": ("!", "yellow"),
    "broken": ("✗", "red"),
}
TIMEOUT = 5.0  # seconds


@click.command()
@click.option("--offline", is_flag=True, help="Do not ask the issuer's URL who it is.")
@running.common
def doctor(config_file: Path | None, as_json: bool, offline: bool) -> None:
    """Look at configuration, database, keys, clients, issuer and clock. Exits with 1 if something is broken.

    \b
    gatelodge doctor
    gatelodge doctor --offline --json
    """
    with working("Looking ..."):
        findings = examine(config_file, offline)
    worst = any(finding.level == "broken" for finding in findings)
    body = {"healthy": not worst, "findings": [described(finding) for finding in findings]}
    answer(as_json, body, *(line for finding in findings for line in _lines(finding)))
    if worst:
        raise SystemExit(1)


def examine(config_file: Path | None, offline: bool) -> list[Finding]:
    """Return everything found. What stands on something broken is not looked at."""
    try:
        check_given(config_file, os.environ)
        config = load(config_file, os.environ)
        complete(config)
    except ConfigError as error:
        return [broken("config", str(error), "mend it; docs/configuration.md lists every setting")]
    findings = [good("config", "the configuration can be used"), *_overlooked(), *unsafe_settings(config)]
    schema = _schema(config)
    findings.append(schema)
    if schema.level == "good":
        findings += running.run(config, _kept)
    return findings if offline else findings + asyncio.run(_issuer(config))


def described(finding: Finding) -> dict[str, object]:
    """Return a finding as programs see it."""
    return {
        "check": finding.check,
        "level": finding.level,
        "says": finding.says,
        "advice": finding.advice or None,
    }


def _lines(finding: Finding) -> tuple[str, ...]:
    sign, colour = SIGNS[finding.level]
    said = f"{click.style(sign, fg=colour, bold=True)} {finding.says}"
    return (said, f"    {finding.advice}") if finding.advice else (said,)


def _overlooked() -> Iterator[Finding]:
    for name, meant in overlooked(os.environ):
        yield note("config", f"{name} sets nothing", f"did you mean {meant}?")


def _schema(config: Config) -> Finding:
    from gatelodge.database import migrate

    try:
        status = migrate.status(config.database)
    except Unavailable as error:
        return broken("database", error.reason, "start it, or mend database.url")
    except (migrate.SchemaTooNew, migrate.MigrationChanged) as error:
        return broken("database", str(error), "run the version of Gatelodge that made this schema, or a newer one")
    if status.pending:
        return broken(
            "database", f"the database has schema {status.current} of {status.latest}", "run gatelodge migrate up"
        )
    return good("database", f"the database answers, with schema {status.current}")


async def _kept(context: running.CommandContext) -> list[Finding]:
    from gatelodge.ops.doctor import examine_database
    from gatelodge.ops.rp_id import examine_rp_id
    from gatelodge.ops.setup import open_vault

    found = await examine_database(context.db, open_vault(context.config, context.entropy), context.clock)
    return [*found, *await examine_rp_id(context.db, context.config)]


async def _issuer(config: Config) -> list[Finding]:
    from gatelodge.ops.doctor import examine_issuer

    return await examine_issuer(config.server.issuer, _look, running.CLOCK)


async def _look(url: str) -> "SeenDiscovery":
    """Fetch the operator's own URL, wherever it is: unlike a URL from outside, a private address is fine."""
    import httpx2

    from gatelodge.ops.doctor import MAX_DOCUMENT, SeenDiscovery, Unreached

    trusted = ssl.create_default_context()  # an authority of the operator's own is believed as this machine believes it
    asker = httpx2.AsyncClient(trust_env=False, timeout=TIMEOUT, verify=trusted)
    try:
        async with asker as client, client.stream("GET", url) as answer:
            body = b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MAX_DOCUMENT:
                    raise Unreached("the answer is too large")
            return SeenDiscovery(answer.status_code, body, _date(answer.headers.get("date", "")))
    except (httpx2.HTTPError, OSError) as error:
        raise Unreached(str(error) or type(error).__name__) from None


def _date(header: str) -> int | None:
    try:
        return int(parsedate_to_datetime(header).timestamp())
    except ValueError:
        return None
