"""`gatelodge providers`: Microsoft, Google, your company's own, and whoever else people sign in with."""

from pathlib import Path
from typing import Any

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, confirm, done, table, working
from gatelodge.cli.provider_options import described_by_options, provider_of, secret_in
from gatelodge.protocol.provider import Provider
from gatelodge.stores import kept_tokens
from gatelodge.stores import providers as store


@click.group()
def providers() -> None:
    """Let people sign in with Microsoft Entra ID, Google, Apple, GitHub, or any OpenID provider."""


@providers.command()
@click.argument("name")
@described_by_options
@running.common
def add(config_file: Path | None, as_json: bool, name: str, **said: Any) -> None:
    """Let people sign in with a provider. Say there that answers come to ISSUER/callback/NAME.

    \b
    gatelodge providers add microsoft --kind entra --tenant 8d7f0c2e-... --client-id 5b1c... --secret-stdin
    gatelodge providers add google --kind google --client-id 123-abc.apps.googleusercontent.com --secret-file g.txt
    gatelodge providers add corp --kind oidc --issuer https://login.example.com --client-id gatelodge --secret-stdin
    """
    from gatelodge.authn.federation import KINDS
    from gatelodge.ops import providers as verbs
    from gatelodge.ops.setup import open_vault

    config = running.configured(config_file)
    kind = next(one for one in KINDS if one.name == said["kind"])
    provider = provider_of(name, said, kind.label, kind.trusts_address)
    stored = verbs.sealed(provider, secret_in(said), open_vault(config, running.ENTROPY))
    running.change(config, verbs.add, stored)
    where = f"{config.server.issuer}/callback/{name}"
    lines = [f"  redirect URI  {where}", f"  check it      gatelodge providers test {name}"]
    if not provider.new_accounts:
        lines.append("  Who has no account here is turned away: --new-accounts gives them one.")
    answer(
        as_json,
        described(provider) | {"redirect_uri": where},
        done(f"People can sign in with {provider.label}"),
        *lines,
    )


@providers.command("list")
@running.common
def list_(config_file: Path | None, as_json: bool) -> None:
    """List the providers, in the order of their buttons.

    \b
    gatelodge providers list
    """
    found = [stored.provider for stored in running.look(running.configured(config_file), store.list_all)]
    if as_json:
        answer(True, {"providers": [described(provider) for provider in found]})
        return
    rows = [(p.name, p.kind, p.label, p.client_id, p.link, _new(p), _state(p)) for p in found]
    columns = ("name", "kind", "label", "client id", "link", "new accounts", "state")
    table(columns, rows, "There are no providers: gatelodge providers add")


@providers.command()
@click.argument("name")
@running.common
def show(config_file: Path | None, as_json: bool, name: str) -> None:
    """Show everything about one provider, except its secret.

    \b
    gatelodge providers show google
    """
    from gatelodge.ops import providers as verbs

    config = running.configured(config_file)
    provider = running.look(config, verbs.show, name).provider
    kept = running.look(config, kept_tokens.count, name)
    where = f"{config.server.issuer}/callback/{name}"
    whole = described(provider) | {"kept_tokens": kept, "redirect_uri": where}
    answer(as_json, whole, *(f"  {key:<16}{_said(value)}" for key, value in whole.items()))


@providers.command()
@click.argument("name")
@running.common
def test(config_file: Path | None, as_json: bool, name: str) -> None:
    """Ask a provider who it is, and say what will not work with it. Exits with 3 if it cannot be reached.

    \b
    gatelodge providers test google
    """
    from gatelodge.ops import providers as verbs
    from gatelodge.ops.provider_test import lacks_of

    config = running.configured(config_file)
    stored = running.look(config, verbs.show, name)
    with working(f"Asking {stored.provider.label} ..."):
        lacks = lacks_of(config, stored, running.CLOCK, running.ENTROPY)
    body = {"name": name, "reachable": True, "lacks": lacks}
    answer(
        as_json,
        body,
        done(f"{stored.provider.label} answers, and is who it should be"),
        *(f"  - {one}" for one in lacks),
    )


@providers.command()
@click.argument("name")
@running.common
def enable(config_file: Path | None, as_json: bool, name: str) -> None:
    """Let people sign in with a provider again.

    \b
    gatelodge providers enable google
    """
    from gatelodge.ops import providers as verbs

    provider = running.change(running.configured(config_file), verbs.enable, name)
    answer(as_json, described(provider), done(f"{provider.label} is enabled"))


@providers.command()
@click.argument("name")
@running.common
def disable(config_file: Path | None, as_json: bool, name: str) -> None:
    """Let nobody sign in with a provider. Who did stays signed in.

    \b
    gatelodge providers disable google
    """
    from gatelodge.ops import providers as verbs

    provider = running.change(running.configured(config_file), verbs.disable, name)
    answer(as_json, described(provider), done(f"{provider.label} is disabled"))


@providers.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@running.common
def remove(config_file: Path | None, as_json: bool, name: str, yes: bool) -> None:
    """Forget a provider, its secret and kept tokens. What people connected counts again if it is added again.

    \b
    gatelodge providers remove google --yes
    """
    from gatelodge.ops import providers as verbs

    config = running.configured(config_file)
    confirm(f"Remove {name}? Who signs in with nothing else cannot sign in any more.", yes)
    running.change(config, verbs.remove, name)
    answer(as_json, {"name": name, "removed": True}, done(f"Removed {name}"))


def described(provider: Provider) -> dict[str, object]:
    """Return a provider as programs see it."""
    return {
        "name": provider.name,
        "kind": provider.kind,
        "label": provider.label,
        "client_id": provider.client_id,
        "issuer": provider.issuer,
        "scopes": list(provider.scopes),
        "tenants": list(provider.tenants),
        "domains": list(provider.domains),
        "trusts_address": provider.trusts_address,
        "link": provider.link,
        "new_accounts": provider.new_accounts,
        "levels": dict(provider.levels),
        "keep_tokens": provider.keep_tokens,
        "allow_private": provider.allow_private,
        "key_id": provider.key_id,
        "team": provider.team,
        "enabled": provider.enabled,
    }


def _said(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case dict() | list():
            return " ".join(map(str, value.items() if isinstance(value, dict) else value)) or "-"  # pyright: ignore[reportUnknownArgumentType,reportUnknownMemberType]
        case _:
            return str(value) or "-"


def _state(provider: Provider) -> str:
    return "enabled" if provider.enabled else "disabled"


def _new(provider: Provider) -> str:
    return "made" if provider.new_accounts else "none"
