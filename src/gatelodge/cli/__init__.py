"""The command line: one file a noun, thin over `ops/`. `gatelodge --help` lists it; docs/cli.md describes it."""

import click

from gatelodge.cli.apis import apis
from gatelodge.cli.audit import audit
from gatelodge.cli.clients import clients
from gatelodge.cli.demo import demo
from gatelodge.cli.doctor import doctor
from gatelodge.cli.epoch import epoch
from gatelodge.cli.failures import OneLineErrors
from gatelodge.cli.git_credential import git_credential
from gatelodge.cli.init import init
from gatelodge.cli.issuers import issuers
from gatelodge.cli.keys import keys
from gatelodge.cli.migrate import migrate
from gatelodge.cli.outbox import outbox
from gatelodge.cli.providers import providers
from gatelodge.cli.scopes import scopes
from gatelodge.cli.serve import serve
from gatelodge.cli.sign_in import login, logout, token, whoami
from gatelodge.cli.users import users
from gatelodge.cli.version import version
from gatelodge.cli.why import why

OF_THE_SERVER: tuple[click.Command, ...] = (
    demo,
    init,
    serve,
    doctor,
    why,
    clients,
    apis,
    scopes,
    users,
    providers,
    issuers,
    keys,
    audit,
    outbox,
    epoch,
    migrate,
    version,
)


OF_A_PERSON: tuple[click.Command, ...] = (login, token, whoami, logout, git_credential)
LONGEST_NAME = 64  # characters, of who says they are at the command line
COMMANDS = (*OF_THE_SERVER, *OF_A_PERSON)
SECTIONS = {"Commands": OF_THE_SERVER, "Your own sign-in, at any issuer": OF_A_PERSON}


class InOrder(OneLineErrors):
    """Lists its commands in the order a newcomer needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [command.name for command in COMMANDS if command.name]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the commands of a server's operator apart from those of a person who signs in."""
        room = formatter.width - 6 - max(len(command.name or "") for command in COMMANDS)
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(command.name or "", command.get_short_help_str(room)) for command in commands])


@click.group(cls=InOrder, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gatelodge", message="%(package)s %(version)s")
@click.option("--as", "said_name", help="Who you are, for the audit trail. Default: the system's user name.")
def main(said_name: str | None) -> None:
    """OAuth 2.1 and OpenID Connect for Python: the authorization server.

    \b
    Try it:        gatelodge demo
    Run your own:  gatelodge init, then gatelodge serve

    Every command takes --json. It exits with 0 if it did what you asked, 1 if it refused, 2 if the command line or the
    configuration is wrong, and 3 if the database or an address cannot be reached.
    """
    if said_name is not None and not (said_name.strip() and said_name.isprintable() and len(said_name) <= LONGEST_NAME):
        raise click.BadParameter(f"a name has 1 to {LONGEST_NAME} printable characters", param_hint="--as")
