"""`gatelodge scopes`: what applications may learn of people beside the standard claims."""

from pathlib import Path

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, confirm, done, table
from gatelodge.ops import claim_scopes as verbs
from gatelodge.protocol.claim_scopes import ClaimScope
from gatelodge.stores import claim_scopes as store


@click.group()
def scopes() -> None:
    """Scopes of your own that release custom claims of people. Scopes of APIs: gatelodge apis."""


@scopes.command()
@click.argument("name")
@click.option("--claim", "claims", multiple=True, required=True, help="A claim it releases. May be repeated.")
@click.option("--sentence", required=True, help='What people read when they are asked: "Your department".')
@running.common
def add(config_file: Path | None, as_json: bool, name: str, claims: tuple[str, ...], sentence: str) -> None:
    """Let a scope release claims, in UserInfo and, where a client asks for them, in ID tokens.

    \b
    gatelodge scopes add employment --claim department --claim staff_number --sentence "Your department and number"
    """
    config = running.configured(config_file)
    words = tuple(word for claim in claims for word in claim.split())
    scope = running.change(config, verbs.add, ClaimScope(name, words, sentence))
    answer(as_json, described(scope), done(f"{scope.name} releases {', '.join(scope.claims)}"))


@scopes.command("list")
@running.common
def list_(config_file: Path | None, as_json: bool) -> None:
    """List the scopes.

    \b
    gatelodge scopes list
    """
    found = running.look(running.configured(config_file), store.list_all)
    if as_json:
        answer(True, {"scopes": [described(scope) for scope in found]})
        return
    rows = [(scope.name, " ".join(scope.claims), scope.sentence) for scope in found]
    table(("scope", "claims", "sentence"), rows, "There are no scopes but OpenID's: gatelodge scopes add")


@scopes.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@running.common
def remove(config_file: Path | None, as_json: bool, name: str, yes: bool) -> None:
    """Let a scope release nothing any more. What is kept of people stays.

    \b
    gatelodge scopes remove employment --yes
    """
    config = running.configured(config_file)
    confirm(f"Remove the scope {name}?", yes)
    running.change(config, verbs.remove, name)
    answer(as_json, {"name": name, "removed": True}, done(f"Removed {name}"))


def described(scope: ClaimScope) -> dict[str, object]:
    """Return a scope as programs see it."""
    return {"name": scope.name, "claims": list(scope.claims), "sentence": scope.sentence}
