"""`gatelodge users consents` and `users withdraw`: what people allowed applications, and taking it back for them."""

from pathlib import Path

import click

from gatelodge.cli import running
from gatelodge.cli.output import answer, done, moment, table
from gatelodge.stores.consents import Allowed


@click.command()
@click.argument("login")
@running.common
def consents(config_file: Path | None, as_json: bool, login: str) -> None:
    """List what a person allowed which client.

    \b
    gatelodge users consents ada
    """
    from gatelodge.ops import consents as verbs  # brings the pages' half, for which `--help` must not wait

    found = running.look(running.configured(config_file), verbs.allowed_by, login)
    if as_json:
        answer(True, {"consents": [described(allowed) for allowed in found]})
        return
    rows = [
        (a.client_id, a.client_name, " ".join(sorted(a.consent.scopes)), moment(a.consent.granted_at)) for a in found
    ]
    table(("client", "name", "scopes", "last allowed (UTC)"), rows, f"{login} has allowed nothing.")


@click.command()
@click.argument("login")
@click.argument("client_id")
@running.common
def withdraw(config_file: Path | None, as_json: bool, login: str, client_id: str) -> None:
    """Take back what a person allowed a client. Every token the client has of the person ends, and it has to ask again.

    \b
    gatelodge users withdraw ada web-3f09c1
    """
    from gatelodge.ops import consents as verbs

    running.change(running.configured(config_file), verbs.withdraw, login, client_id)
    body = {"username": login, "client_id": client_id, "withdrawn": True}
    answer(as_json, body, done(f"{client_id} has nothing of {login} any more, and has to ask again"))


def described(allowed: Allowed) -> dict[str, object]:
    """Return what one client was allowed as programs see it."""
    return {
        "client_id": allowed.client_id,
        "client_name": allowed.client_name,
        "scope": " ".join(sorted(allowed.consent.scopes)),
        "resources": sorted(allowed.consent.resources),
        "granted_at": allowed.consent.granted_at,
    }
