"""`gatelodge apis`: what tokens are for."""

from pathlib import Path
from typing import get_args

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, confirm, done, table
from gatelodge.ops import apis as verbs
from gatelodge.ops.refusals import OperationRefused
from gatelodge.protocol.client import Api, SigningAlg, TokenFormat
from gatelodge.stores import apis as store


@click.group()
def apis() -> None:
    """Register the APIs that tokens open, with their scopes."""


@apis.command()
@click.argument("identifier")
@click.option("--name", help="What people call it. Default: the identifier.")
@click.option(
    "--scope", "scopes", multiple=True, help='A scope and the sentence people read: "orders:read=See your orders".'
)
@click.option("--format", "token_format", type=click.Choice(get_args(TokenFormat)), default="jwt", show_default=True)
@click.option("--alg", type=click.Choice(get_args(SigningAlg)), default="ES256", show_default=True)
@click.option("--lifetime", type=int, help="Seconds its tokens live. Default: tokens.access_token_lifetime.")
@click.option("--introspector", "introspectors", multiple=True, help="A client that may introspect its tokens.")
@running.common
def add(
    config_file: Path | None,
    as_json: bool,
    identifier: str,
    name: str | None,
    scopes: tuple[str, ...],
    token_format: TokenFormat,
    alg: SigningAlg,
    lifetime: int | None,
    introspectors: tuple[str, ...],
) -> None:
    """Register an API. IDENTIFIER is an absolute URI: what clients name as `resource`, and the `aud` of its tokens.

    \b
    gatelodge apis add https://api.example.com/orders --name Orders --scope "orders:read=See your orders"
    """
    config = running.configured(config_file)
    api = Api(
        identifier=identifier,
        name=name or identifier,
        scopes=dict(map(_scope, scopes)),
        token_format=token_format,
        signing_alg=alg,
        lifetime=config.tokens.access_token_lifetime if lifetime is None else lifetime,
        introspectors=frozenset(introspectors),
    )
    running.change(config, verbs.add, api)
    answer(as_json, described(api), done(f"Registered {api.name}"))


@apis.command("list")
@running.common
def list_(config_file: Path | None, as_json: bool) -> None:
    """List the APIs.

    \b
    gatelodge apis list
    """
    found = running.look(running.configured(config_file), store.list_all)
    if as_json:
        answer(True, {"apis": [described(api) for api in found]})
        return
    rows = [
        (a.identifier, a.name, a.token_format, a.signing_alg, str(a.lifetime), " ".join(a.scopes), _state(a))
        for a in found
    ]
    table(
        ("identifier", "name", "tokens", "alg", "lifetime", "scopes", "state"),
        rows,
        "There are no APIs: gatelodge apis add",
    )


@apis.command()
@click.argument("identifier")
@running.common
def enable(config_file: Path | None, as_json: bool, identifier: str) -> None:
    """Let tokens be made for an API again.

    \b
    gatelodge apis enable https://api.example.com/orders
    """
    api = running.change(running.configured(config_file), verbs.enable, identifier)
    answer(as_json, described(api), done(f"{api.name} is enabled"))


@apis.command()
@click.argument("identifier")
@running.common
def disable(config_file: Path | None, as_json: bool, identifier: str) -> None:
    """Make no more tokens for an API. Its scopes stay its own; tokens it has seen work until they expire.

    \b
    gatelodge apis disable https://api.example.com/orders
    """
    api = running.change(running.configured(config_file), verbs.disable, identifier)
    answer(as_json, described(api), done(f"{api.name} is disabled"))


@apis.command()
@click.argument("identifier")
@click.option("--yes", is_flag=True, help="Do not ask.")
@running.common
def remove(config_file: Path | None, as_json: bool, identifier: str, yes: bool) -> None:
    """Forget an API: no more tokens are made for it.

    \b
    gatelodge apis remove https://api.example.com/orders --yes
    """
    config = running.configured(config_file)
    confirm(f"Remove API {identifier}?", yes)
    running.change(config, verbs.remove, identifier)
    answer(as_json, {"identifier": identifier, "removed": True}, done(f"Removed {identifier}"))


def described(api: Api) -> dict[str, object]:
    """Return an API as programs see it."""
    return {
        "identifier": api.identifier,
        "name": api.name,
        "scopes": dict(api.scopes),
        "token_format": api.token_format,
        "signing_alg": api.signing_alg,
        "lifetime": api.lifetime,
        "introspectors": sorted(api.introspectors),
        "enabled": api.enabled,
    }


def _state(api: Api) -> str:
    return "enabled" if api.enabled else "disabled"


def _scope(text: str) -> tuple[str, str]:
    name, _, sentence = text.partition("=")
    if not sentence.strip():
        raise OperationRefused(f'scope {name} needs a sentence that people read: --scope "{name}=See your orders"')
    return name, sentence.strip()
