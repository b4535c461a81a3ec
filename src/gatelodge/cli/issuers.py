"""`gatelodge issuers`: whose word about workloads is believed, so that a job or a pod needs no secret."""

from pathlib import Path
from typing import get_args

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, confirm, done, table, working
from gatelodge.protocol.workload import Kind, TrustedIssuer
from gatelodge.stores import trusted_issuers as store

KNOWN = {
    "github": (
        "https://token.actions.githubusercontent.com",
        "https://token.actions.githubusercontent.com/.well-known/jwks",
    ),
    "gitlab": ("https://gitlab.com", "https://gitlab.com/oauth/discovery/keys"),
}
AGAIN = frozenset({"kubernetes", "spiffe"})  # a workload there reads the same JWT from a file for an hour


@click.group()
def issuers() -> None:
    """Trust GitHub Actions, GitLab, Kubernetes or SPIFFE about the workloads they run: clients without a secret."""


@issuers.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(get_args(Kind)), default="other", show_default=True, help="What runs there.")
@click.option("--issuer", help="Its iss, to the letter. GitHub's and GitLab's own are known.")
@click.option("--jwks-uri", help="Where its public keys are. GitHub's and GitLab's own are known.")
@click.option(
    "--once/--reusable",
    default=None,
    help="Whether a JWT is good for one token, or until it expires. Default: reusable for kubernetes and spiffe.",
)
@click.option("--allow-private", is_flag=True, help="Its keys are inside your own network, over https.")
@running.common
def add(
    config_file: Path | None,
    as_json: bool,
    name: str,
    kind: Kind,
    issuer: str | None,
    jwks_uri: str | None,
    once: bool | None,
    allow_private: bool,
) -> None:
    """Believe what an issuer says of its workloads. Which workload is which client, each client says.

    \b
    gatelodge issuers add github --kind github
    gatelodge clients add --id ci --name CI --type service --auth workload_jwt \\
        --workload "github repository=octo-org/app ref=refs/heads/main" --scope orders:read
    """
    from gatelodge.ops import issuers as verbs

    config = running.configured(config_file)
    usual = KNOWN.get(kind, ("", ""))
    where = (issuer or usual[0], jwks_uri or ("" if issuer else usual[1]))
    again = kind in AGAIN if once is None else not once
    trusted = TrustedIssuer(
        name=name, kind=kind, issuer=where[0], jwks_uri=where[1], once=not again, allow_private=allow_private
    )
    verbs.check(trusted, config.server.issuer)
    running.change(config, verbs.add, trusted)
    lines = [f"  its tokens are for  {config.server.issuer}", f"  check it            gatelodge issuers test {name}"]
    answer(as_json, described(trusted) | {"audience": config.server.issuer}, done(f"{name} is trusted"), *lines)


@issuers.command("list")
@running.common
def list_(config_file: Path | None, as_json: bool) -> None:
    """List whose word is believed.

    \b
    gatelodge issuers list
    """
    found = running.look(running.configured(config_file), store.list_all)
    if as_json:
        answer(True, {"issuers": [described(one) for one in found]})
        return
    rows = [(one.name, one.kind, one.issuer, "once" if one.once else "reusable") for one in found]
    table(("name", "kind", "issuer", "a JWT is good"), rows, "Nobody is trusted: gatelodge issuers add")


@issuers.command()
@click.argument("name")
@running.common
def test(config_file: Path | None, as_json: bool, name: str) -> None:
    """Fetch the keys of an issuer, as the server does when a workload comes.

    \b
    gatelodge issuers test github
    """
    from gatelodge.ops import issuers as verbs

    config = running.configured(config_file)
    trusted = running.look(config, verbs.show, name)
    with working(f"Asking {trusted.issuer} ..."):
        found = verbs.keys_of(config, trusted)
    answer(as_json, {"name": name, "keys": found}, done(f"{name} publishes {found} keys that can be used"))


@issuers.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@running.common
def remove(config_file: Path | None, as_json: bool, name: str, yes: bool) -> None:
    """Believe an issuer no more. Its workloads get no token from then on; those they have last for minutes.

    \b
    gatelodge issuers remove github --yes
    """
    from gatelodge.ops import issuers as verbs

    config = running.configured(config_file)
    confirm(f"Remove {name}? No client proves itself by its word any more.", yes)
    running.change(config, verbs.remove, name)
    answer(as_json, {"name": name, "removed": True}, done(f"Removed {name}"))


def described(trusted: TrustedIssuer) -> dict[str, object]:
    """Return a trusted issuer as programs see it."""
    return {
        "name": trusted.name,
        "kind": trusted.kind,
        "issuer": trusted.issuer,
        "jwks_uri": trusted.jwks_uri,
        "once": trusted.once,
        "allow_private": trusted.allow_private,
    }
