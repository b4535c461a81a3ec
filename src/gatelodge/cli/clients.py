"""`gatelodge clients`: the applications that may ask for tokens."""

import asyncio
from pathlib import Path
from typing import Any

import click

from gatelodge.cli import running
from gatelodge.cli.client_options import describing, read_document
from gatelodge.cli.output import answer, confirm, done, moment, table
from gatelodge.config.policies import Config
from gatelodge.keys.secrets import client_secret_digest
from gatelodge.ops import clients as verbs
from gatelodge.ops import logos
from gatelodge.ops.client_drafts import Document, changed, complete, kept, new_secret
from gatelodge.ops.logos import Logo
from gatelodge.outbound import Outbound
from gatelodge.protocol.client import Client
from gatelodge.protocol.client_metadata import document
from gatelodge.stores import clients as store

DAY = 86_400


@click.group()
def clients() -> None:
    """Register applications and look after their secrets."""


@clients.command()
@click.option("--id", "client_id", help="Its client_id. Default: a random one.")
@describing
@running.common
def add(config_file: Path | None, as_json: bool, client_id: str | None, **options: Any) -> None:
    """Register a client. Its secret, if it has one, is shown once and never again.

    \b
    gatelodge clients add --name "Web shop" --type web --redirect-uri https://shop.example/callback
    gatelodge clients add --name "Nightly job" --type service --scope "orders:read"
    """
    for option, name in (("--name", "client_name"), ("--type", "type")):
        if options[name] is None:
            raise click.UsageError(f"Missing option '{option}'.")
    config = running.configured(config_file)
    said, logo = _with_logo(config, read_document(options))
    new = complete(said, running.ENTROPY, running.CLOCK.now(), client_id)
    _check_sector(config, new.client)
    client = running.change(config, logos.add, new.client, logo, config.legacy)
    secret = new.secret.reveal() if new.secret else None
    shown = described(client) | ({} if secret is None else {"client_secret": secret})
    answer(as_json, shown, done(f"Registered {client.name}"), f"  client_id      {client.id}", *_secret_lines(secret))


@clients.command("list")
@running.common
def list_(config_file: Path | None, as_json: bool) -> None:
    """List the clients.

    \b
    gatelodge clients list
    """
    found = running.look(running.configured(config_file), store.list_all)
    if as_json:
        answer(True, {"clients": [described(client) for client in found]})
        return
    rows = [(c.id, c.name, c.type, c.auth_method, " ".join(sorted(c.grants)), _state(c)) for c in found]
    table(("id", "name", "type", "auth", "grants", "state"), rows, "There are no clients: gatelodge clients add --help")


@clients.command()
@click.argument("client_id")
@running.common
def show(config_file: Path | None, as_json: bool, client_id: str) -> None:
    """Show everything about one client, except its secrets: those are not kept.

    \b
    gatelodge clients show web-3f09c1
    """
    client = running.look(running.configured(config_file), verbs.show, client_id)
    lines = (f"{name:<32} {_flat(value)}".rstrip() for name, value in _readable(client).items())
    answer(as_json, described(client), *lines)


@clients.command()
@click.argument("client_id")
@describing
@running.common
def change(config_file: Path | None, as_json: bool, client_id: str, **options: Any) -> None:
    """Change what is registered of a client; what you do not name stays, its secret too.

    A list you name replaces the one before. An empty text takes a member away.

    \b
    gatelodge clients change shop --redirect-uri https://shop.example/callback --redirect-uri https://shop.example/cb2
    gatelodge clients change shop --scope "openid email orders:read" --policy-uri ""
    """
    said = read_document(options)
    if not said:
        raise click.UsageError("Say what to change: gatelodge clients change --help lists it.")
    config = running.configured(config_file)
    said, logo = _with_logo(config, said)
    secret = new_secret(running.ENTROPY)
    _check_sector(config, changed(running.look(config, verbs.show, client_id), said))
    client = running.change(config, logos.change, client_id, said, logo, kept(secret), config.legacy)
    shown = secret.reveal() if kept(secret) in client.secrets else None
    answer(
        as_json,
        described(client) | ({} if shown is None else {"client_secret": shown}),
        done(f"Changed {client.name}"),
        *_secret_lines(shown),
    )


@clients.command("rotate-secret")
@click.argument("client_id")
@click.option(
    "--overlap",
    type=click.IntRange(0, 90 * DAY),
    default=DAY,
    show_default=True,
    help="Seconds the old secret goes on working. 0: it ends now.",
)
@running.common
def rotate_secret(config_file: Path | None, as_json: bool, client_id: str, overlap: int) -> None:
    """Make a new secret; the old one goes on working for a while, so nothing stops.

    \b
    gatelodge clients rotate-secret nightly --overlap 3600
    """
    config = running.configured(config_file)
    secret = new_secret(running.ENTROPY).reveal()
    client = running.change(config, verbs.rotate_secret, client_id, client_secret_digest(secret), overlap)
    shown = described(client) | {"client_secret": secret}
    until = f"  The old one works until {moment(client.secrets[1].expires_at)} UTC." if client.secrets[1:] else ""
    answer(as_json, shown, done(f"{client.name} has a new secret"), *_secret_lines(secret), *filter(None, (until,)))


@clients.command()
@click.argument("client_id")
@running.common
def enable(config_file: Path | None, as_json: bool, client_id: str) -> None:
    """Let a client act again.

    \b
    gatelodge clients enable nightly
    """
    client = running.change(running.configured(config_file), verbs.enable, client_id)
    answer(as_json, described(client), done(f"{client.name} is enabled"))


@clients.command()
@click.argument("client_id")
@running.common
def disable(config_file: Path | None, as_json: bool, client_id: str) -> None:
    """Stop a client: it gets no more tokens, and those it has are refused here.

    \b
    gatelodge clients disable nightly
    """
    client = running.change(running.configured(config_file), verbs.disable, client_id)
    answer(as_json, described(client), done(f"{client.name} is disabled"))


@clients.command()
@click.argument("client_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@running.common
def remove(config_file: Path | None, as_json: bool, client_id: str, yes: bool) -> None:
    """Forget a client and everything people allowed it.

    \b
    gatelodge clients remove nightly --yes
    """
    config = running.configured(config_file)
    confirm(f"Remove client {client_id} and everything it was allowed?", yes)
    running.change(config, verbs.remove, client_id)
    answer(as_json, {"client_id": client_id, "removed": True}, done(f"Removed {client_id}"))


def described(client: Client) -> dict[str, object]:
    """Return a client as programs see it, with the names of RFC 7591 where it has one."""
    return {
        "client_id": client.id,
        **document(client),
        "enabled": client.enabled,
        "secrets": [{"expires_at": secret.expires_at} for secret in client.secrets],
        "client_id_issued_at": client.created_at,
    }


def _secret_lines(secret: str | None) -> tuple[str, ...]:
    if secret is None:
        return ()
    return (f"  client_secret  {secret}", "  This is the only time it is shown: keep it where the client can read it.")


def _state(client: Client) -> str:
    return "enabled" if client.enabled else "disabled"


def _readable(client: Client) -> dict[str, object]:
    """Return a client as people read it: moments instead of seconds."""
    ends = [f"until {moment(s.expires_at)} UTC" if s.expires_at else "without end" for s in client.secrets]
    issued = f"{moment(client.created_at)} UTC"
    return described(client) | {"secrets": ", ".join(ends), "client_id_issued_at": issued}


def _flat(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _check_sector(config: Config, client: Client) -> None:
    """Ask the list of the client's sector, before anything is changed: no transaction waits for another machine."""
    if client.sector_identifier_uri is None:
        return
    from gatelodge.ops.sectors import check

    asyncio.run(check(client, _outbound(config)))


def _with_logo(config: Config, said: Document) -> tuple[Document, Logo | None]:
    """Return what is said with the logo that it names read, fetched if it must be; an empty name takes it away."""
    if "logo" not in said:
        return said, None
    source = said["logo"]
    logo = asyncio.run(logos.read_logo(source, _outbound(config))) if isinstance(source, str) else None
    return {**said, **logos.said_of(logo)}, logo


def _outbound(config: Config) -> Outbound:
    from gatelodge.config.site import site_of

    return Outbound(allow_loopback=not site_of(config.server).secure)
