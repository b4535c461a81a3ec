"""`gatelodge users`: people's accounts."""

import asyncio
import sys
from pathlib import Path

import click

from gatelodge.cli import invitations, running
from gatelodge.cli.consents import consents, withdraw
from gatelodge.cli.output import answer, confirm, done, moment, table
from gatelodge.cli.people import export, import_
from gatelodge.cli.user_changes import change, described, show
from gatelodge.config.policies import SignInPolicy
from gatelodge.ops import user_claims
from gatelodge.ops import users as verbs
from gatelodge.ops.refusals import OperationRefused
from gatelodge.stores import users as store
from gatelodge.stores.users import NewUser, UserRecord

_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")


@click.group(commands=(show, change, consents, withdraw, import_, export))
def users() -> None:
    """Make accounts, invite people, and look after both. A person is named by user name or e-mail address."""


@users.command()
@click.option("--username", required=True, help="What the person signs in with; upper and lower case are the same.")
@click.option("--email", help="An e-mail address, which also signs in.")
@click.option("--email-verified", is_flag=True, help="The address is known to be the person's.")
@click.option("--name", help="The full name.")
@click.option("--claim", "claims", multiple=True, help=user_claims.HELP)
@_stdin
@running.common
def add(
    config_file: Path | None,
    as_json: bool,
    username: str,
    email: str | None,
    email_verified: bool,
    name: str | None,
    claims: tuple[str, ...],
    password_stdin: bool,
) -> None:
    """Make an account.

    \b
    gatelodge users add --username ada --email ada@example.com --name "Ada Lovelace"
    gatelodge users add --username ada --password-stdin --claim locale=en-GB < password.txt
    """
    config = running.configured(config_file)
    known = user_claims.applied({}, user_claims.read(claims))
    about = (username, email, name, config.server.issuer)
    hashed = _hashed(_new_password(password_stdin, config.sign_in, *about), config.sign_in)
    new = NewUser(
        sub=verbs.new_sub(running.ENTROPY),
        username=username,
        email=email,
        email_verified=email_verified,
        name=name,
        claims=known,
    )
    user = running.change(config, verbs.add, new, hashed)
    answer(as_json, described(user), done(f"{user.username} can sign in"), f"  sub  {user.sub}")


@users.command()
@click.option("--email", required=True, help="Whom to invite.")
@running.common
def invite(config_file: Path | None, as_json: bool, email: str) -> None:
    """Send somebody a link to make an account of their own, whatever accounts.registration says.

    \b
    gatelodge users invite --email grace@example.com
    """
    config = running.configured(config_file)
    address = invitations.invite(config, email)
    until = config.accounts.invitation_days
    answer(as_json, {"email": address, "days": until}, done(f"Invited {address}; the link is good for {until} days"))


@users.command("list")
@running.common
def list_(config_file: Path | None, as_json: bool) -> None:
    """List the accounts.

    \b
    gatelodge users list
    """
    found = running.look(running.configured(config_file), store.list_all)
    if as_json:
        answer(True, {"users": [described(user) for user in found]})
        return
    rows = [(u.username, u.email or "-", u.name or "-", moment(u.created_at), _state(u), _role(u)) for u in found]
    table(
        ("username", "e-mail", "name", "since (UTC)", "state", "role"),
        rows,
        "There are no accounts: gatelodge users add",
    )


@users.command("set-password")
@click.argument("login")
@_stdin
@running.common
def set_password(config_file: Path | None, as_json: bool, login: str, password_stdin: bool) -> None:
    """Set a new password. Every session and every token of the person ends.

    \b
    gatelodge users set-password ada
    """
    config = running.configured(config_file)
    found = running.look(config, verbs.show, login)  # a person is not asked twice for a password nobody can use
    about = (found.username, found.email, found.name, config.server.issuer)
    hashed = _hashed(_new_password(password_stdin, config.sign_in, *about), config.sign_in)
    user = running.change(config, verbs.set_password, login, hashed, running.letters(config))
    answer(as_json, described(user), done(f"{user.username} has a new password; sessions and tokens ended"))


@users.command()
@click.argument("login")
@running.common
def enable(config_file: Path | None, as_json: bool, login: str) -> None:
    """Let a person sign in again.

    \b
    gatelodge users enable ada
    """
    config = running.configured(config_file)
    user = running.change(config, verbs.enable, login, running.letters(config))
    answer(as_json, described(user), done(f"{user.username} is enabled"))


@users.command()
@click.argument("login")
@running.common
def disable(config_file: Path | None, as_json: bool, login: str) -> None:
    """Keep a person out. Every session and every token of the person ends.

    \b
    gatelodge users disable ada
    """
    config = running.configured(config_file)
    user = running.change(config, verbs.disable, login, running.letters(config))
    answer(as_json, described(user), done(f"{user.username} is disabled; sessions and tokens ended"))


@users.command("reset-second-factor")
@click.argument("login")
@running.common
def reset_second_factor(config_file: Path | None, as_json: bool, login: str) -> None:
    """Take the authenticator app, the recovery codes and the trusted browsers of a person away, who lost their phone.

    \b
    gatelodge users reset-second-factor ada
    """
    config = running.configured(config_file)
    user = running.change(config, verbs.reset_second_factor, login, running.letters(config))
    answer(as_json, described(user), done(f"{user.username} has no second factor any more"))


@users.command()
@click.argument("login")
@running.common
def recover(config_file: Path | None, as_json: bool, login: str) -> None:
    """Let somebody begin again who lost everything they sign in with: by a mailed link, after a wait they are told of.

    \b
    gatelodge users recover ada
    """
    due_at = invitations.recover(running.configured(config_file), login)
    said = f"{login} gets a link at {moment(due_at)} UTC, unless it is stopped by a click in a mail or by a sign-in"
    answer(as_json, {"login": login, "due_at": due_at}, done(said))


@users.command("grant-admin")
@click.argument("login")
@running.common
def grant_admin(config_file: Path | None, as_json: bool, login: str) -> None:
    """Make a person an administrator, who may open the server's own pages such as the inspector.

    \b
    gatelodge users grant-admin ada
    """
    config = running.configured(config_file)
    user = running.change(config, verbs.grant_admin, login, running.letters(config))
    answer(as_json, described(user), done(f"{user.username} is an administrator"))


@users.command("revoke-admin")
@click.argument("login")
@running.common
def revoke_admin(config_file: Path | None, as_json: bool, login: str) -> None:
    """Let a person be no administrator any more; their next request is refused.

    \b
    gatelodge users revoke-admin ada
    """
    config = running.configured(config_file)
    user = running.change(config, verbs.revoke_admin, login, running.letters(config))
    answer(as_json, described(user), done(f"{user.username} is no administrator"))


@users.command()
@click.argument("login")
@click.option("--yes", is_flag=True, help="Do not ask.")
@running.common
def remove(config_file: Path | None, as_json: bool, login: str, yes: bool) -> None:
    """Forget a person and everything the account holds.

    \b
    gatelodge users remove ada --yes
    """
    config = running.configured(config_file)
    confirm(f"Remove {login} and everything the account holds?", yes)
    running.change(config, verbs.remove, login, running.letters(config))
    answer(as_json, {"username": login, "removed": True}, done(f"Removed {login}"))


def _state(user: UserRecord) -> str:
    return "enabled" if user.enabled else "disabled"


def _role(user: UserRecord) -> str:
    return "admin" if user.admin else "-"


def _new_password(from_stdin: bool, policy: SignInPolicy, *about: str | None) -> str:
    if from_stdin:
        password = _first_line()
    elif sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        raise click.UsageError("no password: give it with --password-stdin")
    verbs.check_password(password, policy, *about)
    return password


def _first_line() -> str:
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.UsageError("the password on standard input is not UTF-8") from None


def _hashed(password: str, policy: SignInPolicy) -> str:
    from gatelodge.authn.hashing import PasswordPool  # argon2 is slow to import, and few commands need it

    pool = PasswordPool(policy, running.ENTROPY)
    try:
        return asyncio.run(pool.hash(password))
    except ValueError as error:
        raise OperationRefused(str(error)) from None
    finally:
        pool.close()
