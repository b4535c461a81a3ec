"""What a command says when it cannot: one line on standard error (one JSON object with --json), and an exit code."""

import json
import sys
from dataclasses import dataclass
from typing import Any

import click

from gatelodge.client.errors import OAuthClientError, ServerRefused, ServerUnavailable
from gatelodge.config.policies import ConfigError
from gatelodge.database.migrate import MigrationChanged, SchemaTooNew
from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Unavailable
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.protocol.errors import OAuthError

REFUSED, MISUSED, UNREACHABLE, INTERRUPTED = 1, 2, 3, 130


class CannotStart(Exception):
    """A server cannot start, because of something outside its configuration."""


@dataclass(frozen=True, slots=True)
class Failure:
    """`error` is a stable word for programs, `message` is for people; `key` names the setting, if it is one."""

    exit_code: int
    error: str
    message: str
    key: str | None = None


class OneLineErrors(click.Group):
    """A group whose failures are one line each."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command and exit."""
        given = extra.get("args", args[0] if args else None)
        words: list[str] = list(sys.argv[1:] if given is None else given)
        try:
            code = super().main(words, extra.get("prog_name"), standalone_mode=False)
        except click.exceptions.NoArgsIsHelpError as help_asked:
            click.echo(help_asked.format_message())
            code = 0
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                raise
            _say(failure, "--json" in words)
            code = failure.exit_code
        sys.exit(code or 0)


def failure_of(error: Exception) -> Failure | None:
    """Return what to say of an error, or `None` if it is our own mistake."""
    match error:
        case ConfigError():
            return Failure(MISUSED, "configuration", str(error), error.key)
        case click.UsageError():
            return Failure(MISUSED, "usage", _usage(error))
        case click.Abort():
            return Failure(INTERRUPTED, "interrupted", "stopped")
        case click.ClickException():
            return Failure(MISUSED, "usage", error.format_message())
        case NotThere():
            return Failure(REFUSED, "not_found", str(error))
        case NameTaken():
            return Failure(REFUSED, "taken", str(error))
        case OperationRefused():
            return Failure(REFUSED, "refused", str(error))
        case OAuthError():
            return Failure(REFUSED, error.code, error.description)
        case SchemaTooNew() | MigrationChanged():
            return Failure(REFUSED, "schema", str(error))
        case ServerUnavailable():
            return Failure(UNREACHABLE, "unavailable", str(error))
        case OAuthClientError():
            return Failure(REFUSED, error.error if isinstance(error, ServerRefused) else "refused", str(error))
        case ModuleNotFoundError() if not (error.name or "gatelodge").startswith("gatelodge"):
            extra = "server,postgres" if (error.name or "").startswith("psycopg") else "server"
            how = f"pip install 'gatelodge[{extra}]', or '.[{extra}]' in a clone"
            return Failure(MISUSED, "usage", f"this needs {error.name}: {how}")
        case Unavailable():
            return Failure(UNREACHABLE, "unavailable", error.reason)
        case OSError():
            return Failure(UNREACHABLE, "system", f"{error.filename or 'the system'}: {error.strerror or error}")
        case CannotStart():
            return Failure(UNREACHABLE, "cannot_start", str(error))
        case _:
            return None


def _usage(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx else "gatelodge"
    message = error.format_message().rstrip(".")
    return f"{message[:1].lower()}{message[1:]} (see {path} --help)"


def _say(failure: Failure, as_json: bool) -> None:
    line = " ".join(failure.message.split())
    if not as_json:
        click.echo(f"{click.style('gatelodge:', fg='red')} {line}", err=True)
        return
    body = {"error": failure.error, "message": line, "key": failure.key}
    click.echo(json.dumps({name: value for name, value in body.items() if value is not None}), err=True)
