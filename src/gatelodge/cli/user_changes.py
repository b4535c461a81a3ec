"""`gatelodge users show` and `change`: one person, and what is known of them."""

from pathlib import Path

import click
from msgspec.json import encode

from gatelodge.cli import running
from gatelodge.cli.output import answer, done, moment
from gatelodge.ops import user_changes as verbs
from gatelodge.ops import user_claims
from gatelodge.ops.user_changes import UserChange
from gatelodge.ops.users import show as found
from gatelodge.stores.users import UserRecord


@click.command()
@click.argument("login")
@running.common
def show(config_file: Path | None, as_json: bool, login: str) -> None:
    """Show everything that is known of a person, except what they sign in by.

    \b
    gatelodge users show ada
    """
    user = running.look(running.configured(config_file), found, login)
    answer(as_json, described(user), *(f"{name:<24} {value}".rstrip() for name, value in _readable(user).items()))


@click.command()
@click.argument("login")
@click.option("--username", help="What they sign in with from now on; upper and lower case are the same.")
@click.option("--email", help='Their address: not proved, unless you say so. "" takes it away.')
@click.option(
    "--email-verified/--email-unverified", "verified", default=None, help="The address is known to be theirs."
)
@click.option("--name", help='The full name. "" takes it away.')
@click.option("--claim", "claims", multiple=True, help=f"{user_claims.HELP} NAME= takes it away.")
@running.common
def change(
    config_file: Path | None,
    as_json: bool,
    login: str,
    username: str | None,
    email: str | None,
    verified: bool | None,
    name: str | None,
    claims: tuple[str, ...],
) -> None:
    """Change what is known of a person; what you do not name stays.

    An address that you set cannot be taken back by a link that an older one was sent. Both an old address and who
    signs in with another user name are told by mail.

    \b
    gatelodge users change ada --email ada@example.net --email-verified
    gatelodge users change ada --claim locale=fr --claim department=Research --claim nickname=
    """
    config = running.configured(config_file)
    claimed = user_claims.read(claims)
    said = UserChange(username=username, email=email, email_verified=verified, name=name, claims=claimed)
    if said == UserChange():
        raise click.UsageError("Say what to change: gatelodge users change --help lists it.")
    user = running.change(config, verbs.change, login, said, running.letters(config))
    answer(as_json, described(user), done(f"Changed {user.username}"))


def described(user: UserRecord) -> dict[str, object]:
    """Return an account as programs see it."""
    return {
        "sub": user.sub,
        "username": user.username,
        "email": user.email,
        "email_verified": user.email_verified,
        "name": user.name,
        "claims": dict(user.claims),
        "enabled": user.enabled,
        "admin": user.admin,
        "created_at": user.created_at,
    }


def _readable(user: UserRecord) -> dict[str, str]:
    """Return an account as people read it: a claim a line, moments instead of seconds."""
    plain = {name: _flat(value) for name, value in described(user).items() if name != "claims"}
    plain["created_at"] = f"{moment(user.created_at)} UTC"
    return plain | {name: _flat(value) for name, value in sorted(user.claims.items())}


def _flat(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case str():
            return ", ".join(value.splitlines())
        case _:
            return encode(value).decode()
