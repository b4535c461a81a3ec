"""Running a verb: the options every command has, the configuration, and the database opened around it."""

import asyncio
import os
import pwd
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from gatelodge.clock import Clock, Entropy, SystemClock, SystemEntropy
from gatelodge.config.loading import check_given, load
from gatelodge.config.policies import Config, DatabasePolicy
from gatelodge.database.tx import Body, Database
from gatelodge.ops.places import check_places
from gatelodge.ops.refusals import OperationRefused
from gatelodge.stores import instance
from gatelodge.telemetry.events import Actor, Origin

if TYPE_CHECKING:
    from gatelodge.mail.letters import Letters

P = ParamSpec("P")
T = TypeVar("T")

USUAL_DATABASE = DatabasePolicy().url.rpartition("/")[2]
CLOCK = SystemClock()
ENTROPY = SystemEntropy()


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What a command works with."""

    config: Config
    db: Database
    clock: Clock
    entropy: Entropy


def common(command: Callable[P, None]) -> Callable[P, None]:
    """Give a command what every command has: --config and --json."""
    shown = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")
    named = click.option(
        "--config",
        "config_file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The configuration file. Default: $GATELODGE_CONFIG, or gatelodge.toml here.",
    )
    return named(shown(command))


def configured(config_file: Path | None) -> Config:
    """Return the configuration a command runs with.

    Raises `ConfigError`, also in a folder that has neither configuration nor database: nothing is made there unasked.
    """
    config = load(config_file, os.environ)
    if not Path(USUAL_DATABASE).exists():
        check_given(config_file, os.environ)
    return config


def change(config: Config, body: Body[..., T], *args: object) -> T:
    """Run one verb in a transaction of its own; where it came from and when are its last arguments."""
    origin = operator()
    return run(config, lambda context: context.db.write(body, *args, origin, context.clock.now()))


def letters(config: Config) -> "Letters":
    """Return what tells people of changes of their accounts, if mail is configured."""
    from gatelodge.mail.letters import Letters, is_on
    from gatelodge.ops.setup import open_vault  # cryptography is slow to import

    return Letters(open_vault(config, ENTROPY) if is_on(config) else None)


def operator() -> Origin:
    """Return where a change comes from: this command line, and who says they are at it.

    That is what `--as` of the whole program says, or else the system's user, behind sudo the one who called it. Whoever
    runs this may write the database, so nothing better can be known.
    """
    context = click.get_current_context(silent=True)
    said = "" if context is None else context.find_root().params.get("said_name")
    return Origin(request_id="cli", actor=Actor("operator", said or _system_user()))


def _system_user() -> str:
    uid = os.getuid()
    caller = os.environ.get("SUDO_USER", "")
    if uid == 0 and caller:
        return caller
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


def look(config: Config, body: Body[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one question."""
    return run(config, lambda context: context.db.read(body, *args, **kwargs))


def run(config: Config, act: Callable[[CommandContext], Awaitable[T]]) -> T:
    """Open the database, act, and close it again. Raises `Unavailable`, and `OperationRefused` if its schema is old."""

    async def whole() -> T:
        async with _open_context(config) as context:
            return await act(context)

    return asyncio.run(whole())


def found(config: Config) -> None:
    """Bring the schema up to date and make the first signing keys, or check that the secret key is this database's.

    Raises `ConfigError`, `OperationRefused` or `Unavailable`.
    """
    from gatelodge.database import migrate
    from gatelodge.ops.setup import initialise, open_vault  # cryptography is slow to import too

    async def whole(context: CommandContext) -> None:
        await initialise(config, context.db, open_vault(config, context.entropy), context.clock, context.entropy)

    migrate.up(config.database)
    run(config, whole)


@asynccontextmanager
async def _open_context(config: Config) -> AsyncGenerator[CommandContext]:
    from gatelodge.database.engines import open_database  # --help must not wait for database drivers

    await asyncio.to_thread(_ready_schema, config)
    db = open_database(config.database)
    await db.start()
    try:
        if (founded := await db.read(instance.load)) is not None:
            check_places(founded, config.database)
        yield CommandContext(config, db, CLOCK, ENTROPY)
    finally:
        await db.close()


def _ready_schema(config: Config) -> None:
    """Make the schema of a new database; refuse one that is behind, since other processes may still run on it."""
    from gatelodge.database import migrate

    status = migrate.status(config.database)
    if status.current == 0:
        migrate.up(config.database)
    elif status.pending:
        raise OperationRefused(f"the database has schema {status.current} of {status.latest}: run gatelodge migrate up")
