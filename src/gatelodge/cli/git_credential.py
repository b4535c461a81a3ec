"""`gatelodge git-credential`: what git asks for a password."""

import sys
from urllib.parse import urlsplit

import click

from gatelodge.cli.output import answer
from gatelodge.cli.sign_in import narrowed_to, narrowing, opened, which


@click.command("git-credential")
@click.option("--host", "hosts", multiple=True, required=True, help="A host that may have the token; may be repeated.")
@click.option("--username", default="oauth2", show_default=True, help="The user name that goes with the token.")
@narrowing
@which
@click.argument("action", type=click.Choice(["get", "store", "erase"]))
def git_credential(
    hosts: tuple[str, ...],
    username: str,
    resource: str,
    scope: str,
    issuer: str | None,
    client_id: str | None,
    as_json: bool,
    action: str,
) -> None:
    """Answer git with an access token for a password.

    \b
    git config --global credential.https://git.example.com.helper \\
        '!gatelodge git-credential --host git.example.com'

    Only a --host over https, or this machine, is ever told anything. What git wants to store is not stored; what it
    wants erased, because the host did not take it, is renewed.
    """
    pairs = (line.partition("=") for line in sys.stdin.read().splitlines())
    asked = {name: value for name, _, value in pairs}
    if not _may_have(asked, hosts) or action == "store":
        return
    account, narrowed = opened(issuer, client_id), narrowed_to(resource, scope)
    if action == "erase":
        account.tokens(narrowed, refused=asked.get("password"))
        return
    body = {"username": username, "password": account.tokens(narrowed).access_token}
    answer(as_json, body, *(f"{name}={value}" for name, value in body.items()))


def _may_have(asked: dict[str, str], hosts: tuple[str, ...]) -> bool:
    """Whether the token may go there: never over a line on which others could read it."""
    host, protocol = asked.get("host", ""), asked.get("protocol")
    if host not in hosts:
        return False
    is_here = urlsplit(f"//{host}").hostname in ("localhost", "127.0.0.1", "::1")
    return protocol == "https" or (protocol == "http" and is_here)
