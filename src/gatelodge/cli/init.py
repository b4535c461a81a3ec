"""`gatelodge init`: the configuration file, the secret key, the database and the first signing keys of a new server."""

import os
import shlex
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, done, working
from gatelodge.config.loading import FILE_NAME, environment_names, find, load
from gatelodge.config.rules import check_issuer
from gatelodge.ops.refusals import OperationRefused
from gatelodge.ops.secret_file import keep_secret_key

KEY_FILE_NAME = "gatelodge.key"
DATABASE = "GATELODGE_DATABASE"
SECRET_KEYS = tuple(
    name for name, (section, _) in environment_names().items() if section == "keys" and "SECRET" in name
)
SQLITE = "sqlite:///gatelodge.db"

TEMPLATE = """\
# Gatelodge. Every setting, with its default: docs/configuration.md

[server]
# The one URL this server is known by. Clients compare it letter by letter, so choose it once.
issuer = "{issuer}"
# host = "127.0.0.1"
{port}
# Reverse proxies whose X-Forwarded-For is believed:
# proxies = ["10.0.0.7"]

[database]
# sqlite:///FILE, or postgresql://USER:PASSWORD@HOST/NAME. GATELODGE_DATABASE comes before it.
{database}

[keys]
# Seals the signing keys. Keep a copy in a safe place that is not the database's backup.
{secret_key}
"""


@click.command()
@click.option("--issuer", default="http://localhost:8000", show_default=True, help="The URL the server is known by.")
@click.option(
    "--database",
    help="Where everything is kept. Default: $GATELODGE_DATABASE, or sqlite:///gatelodge.db. A URL with a password "
    "belongs into GATELODGE_DATABASE: every user of this machine can read what stands on the command line.",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write. Default: $GATELODGE_CONFIG, or gatelodge.toml here.",
)
@click.option("--force", is_flag=True, help="Write the file even if there is one. A secret key is never overwritten.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")
def init(issuer: str, database: str | None, config_file: Path | None, force: bool, as_json: bool) -> None:
    """Write the configuration and the keys of a new server.

    \b
    gatelodge init --issuer https://login.example.com
    GATELODGE_DATABASE=postgresql://gatelodge:secret@db/gatelodge gatelodge init --issuer https://login.example.com

    Writes the configuration file and beside it the secret key, and makes the database with its first signing keys. What
    is in GATELODGE_DATABASE, GATELODGE_SECRET_KEY or GATELODGE_SECRET_KEY_FILE is not written: the server reads it
    there, too.
    """
    file = (config_file or Path(os.environ.get("GATELODGE_CONFIG") or FILE_NAME)).absolute()
    if file.exists() and not force:
        raise OperationRefused(f"{file} exists: change it by hand, or write it anew with --force")
    check_issuer(issuer, "--issuer")
    named = next((name for name in SECRET_KEYS if os.environ.get(name)), None)
    key_file = None if named else file.parent / KEY_FILE_NAME
    made = key_file is not None and keep_secret_key(key_file)
    secret_key = f"# every command needs {named}" if named else f'secret_key_file = "{KEY_FILE_NAME}"'
    text = TEMPLATE.format(issuer=issuer, port=_port(issuer), database=_database(database), secret_key=secret_key)
    with _written(file, text) as draft, working("Making signing keys ..."):
        config = load(draft, os.environ)
        running.found(config)
    body = {"config": str(file), "secret_key_file": key_file and str(key_file), "issuer": config.server.issuer}
    answer(as_json, body, *_said(file, _secret_key(key_file, named, made)))


def _port(issuer: str) -> str:
    """Return the line that says where to listen: an issuer of this machine is reached at its own port."""
    url = urlsplit(issuer)
    return f"port = {url.port}" if url.scheme == "http" and url.port not in (None, 8000) else "# port = 8000"


def _database(url: str | None) -> str:
    """Return the line that says where everything is kept; what is in the environment stays there."""
    if url is None and os.environ.get(DATABASE):
        return f'url = ""  # every command needs {DATABASE}'
    return f'url = "{_quotable(url or SQLITE)}"'


@contextmanager
def _written(file: Path, text: str) -> Generator[Path]:
    """Write a draft of a file beside it, which takes its place when all went well: what was there stays until then.

    Only its owner may read it: a database URL may hold a password.
    """
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    try:
        yield draft
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _quotable(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _secret_key(key_file: Path | None, named: str | None, made: bool) -> str:
    if key_file is None:
        return f"The secret key stays in {named}: keep a copy in a safe place"
    return f"{'Made' if made else 'Kept'} the secret key {key_file}: keep a copy in a safe place"


def _said(file: Path, secret_key: str) -> tuple[str, ...]:
    """Return what to tell a person; the commands to go on with find the file from this very folder."""
    found = find(None, os.environ)
    named = "" if found and found.absolute() == file else f" --config {shlex.quote(str(file))}"
    return (
        done(f"Wrote {file}"),
        done(secret_key),
        done("The database and its signing keys are ready"),
        "",
        "Next:",
        f"  gatelodge users add{named} --username YOU --email YOU@EXAMPLE",
        f'  gatelodge clients add{named} --name "My app" --type web --redirect-uri https://app.example/callback',
        f"  gatelodge doctor{named} --offline",
        f"  gatelodge serve{named}",
    )
