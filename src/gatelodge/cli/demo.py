"""`gatelodge demo`: a server with demo people and applications, on this machine only."""

import fcntl
import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import click

from gatelodge.cli import demo_welcome, running, samples
from gatelodge.cli.corp import ExampleCorp
from gatelodge.cli.failures import CannotStart
from gatelodge.cli.output import answer, working
from gatelodge.cli.serve import run
from gatelodge.config.policies import (
    AccountsPolicy,
    Config,
    ConfigError,
    DatabasePolicy,
    KeyPolicy,
    LegacyPolicy,
    ServerPolicy,
)
from gatelodge.config.rules import check, complete, is_loopback
from gatelodge.demo.samples import SamplePorts
from gatelodge.ops.refusals import OperationRefused
from gatelodge.ops.secret_file import keep_secret_key

DATA = Path("var") / "demo"


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True, help="The port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address; anything else is refused.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=DATA,
    show_default=True,
    help="The folder of the demo's database and key.",
)
@click.option(
    "--examples",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the sample applications, which run beside the server.  [default: those that came along]",
)
@click.option("--no-examples", is_flag=True, help="The server alone.")
@click.option("--json", "as_json", is_flag=True, help="Say in JSON where it is and who is there.")
def demo(port: int, host: str, data: Path, examples: Path | None, no_examples: bool, as_json: bool) -> None:
    """Start a server with demo people and applications.

    \b
    gatelodge demo
    gatelodge demo --no-examples
    gatelodge demo --port 8080 --data var/other

    Two people, some applications and an API are there to try things out. Their passwords and secrets are the same
    everywhere, so it listens on this machine only. What you do is kept in the --data folder; remove the folder to begin
    anew. Sample applications run beside it, on the next free ports.
    """
    if examples and no_examples:
        raise click.UsageError("--examples and --no-examples cannot go together.")
    examples = None if no_examples else examples or samples.shipped()
    if not is_loopback(host):
        raise OperationRefused(f"the demo's passwords are public, so it listens on loopback only, never on {host}")
    _check_port_is_free(host, port)
    ports = samples.ports_beside(port, are_free=examples is not None)
    beside = None if examples is None else samples.Beside(examples, ports)
    example_corp = None if examples is None else ExampleCorp(ports.corp, data.absolute())
    data = data.absolute()
    with _alone_in(data):
        config = settings(host, port, data)
        with working("Preparing the demo ..."), _of_this_version(data):
            prepare(config, ports)
            if example_corp is not None:
                example_corp.prepare(config.server.issuer)
        with ExitStack() as until_the_end:
            if beside is not None:
                until_the_end.enter_context(beside.running(config.server.issuer, data, _tell_of_job))
            if example_corp is not None:
                until_the_end.enter_context(example_corp.running())
            run(config, lambda config: _greet(as_json, config, data, beside))


def settings(host: str, port: int, data: Path) -> Config:
    """Return the demo's configuration: nothing of it comes from a file or the environment."""
    database, key_file = data / "demo.db", data / "demo.key"
    if database.exists() and not key_file.exists():
        raise OperationRefused(f"{database} is not a demo's database: choose another folder with --data")
    keep_secret_key(key_file)
    config = Config(
        server=ServerPolicy(issuer=f"http://localhost:{port}", host=host, port=port, playground=True, inspector=True),
        database=DatabasePolicy(url=f"sqlite:///{database}"),
        keys=KeyPolicy(secret_key_file=str(key_file)),
        legacy=LegacyPolicy(password=True, implicit=True, hybrid=True),
        accounts=AccountsPolicy(registration="open", network_requests=1_000),
        demo=True,
    )
    check(config, {})
    complete(config)
    return config


def prepare(config: Config, ports: SamplePorts) -> None:
    """Make the database, the keys and the demo's people and applications, or bring them up to date."""
    from gatelodge.authn.hashing import PasswordPool
    from gatelodge.authn.totp_seeds import seeds_under
    from gatelodge.database import migrate
    from gatelodge.demo import corp
    from gatelodge.demo import planting as verbs
    from gatelodge.ops.providers import sealed
    from gatelodge.ops.setup import initialise, mint_of, open_vault

    async def whole(context: running.CommandContext) -> None:
        vault = open_vault(config, context.entropy)
        instance = await initialise(config, context.db, vault, context.clock, context.entropy)
        newcomers = await context.db.read(verbs.missing)
        pool = PasswordPool(config.sign_in, context.entropy)
        hashes = {person.new.username: await pool.hash(person.password) for person in newcomers}
        pool.close()
        await context.db.write(verbs.plant, config.server.issuer, hashes, context.clock.now())
        apps = seeds_under(mint_of(instance, vault), vault, context.entropy)
        await context.db.write(verbs.plant_apps, apps, context.clock.now())
        await context.db.write(verbs.plant_samples, ports, context.clock.now())
        known = sealed(corp.provider(ports.corp), corp.SECRET, vault)
        await context.db.write(verbs.plant_provider, known, context.clock.now())

    migrate.up(config.database)  # of a demo that an older version made
    try:
        running.run(config, whole)
    except ConfigError:  # the key in this folder does not open it, so somebody else's server made it
        raise OperationRefused(
            f"{config.database.url} is not this demo's database: choose another folder with --data"
        ) from None


@contextmanager
def _of_this_version(data: Path) -> Generator[None]:
    """Say what to do with a demo that another version made, if this one cannot bring its schema up to date."""
    from gatelodge.database.migrate import MigrationChanged, SchemaTooNew

    try:
        yield
    except (MigrationChanged, SchemaTooNew):
        raise OperationRefused(
            f"another version of Gatelodge made the demo in {data}: remove that folder to begin anew, or choose another"
            " one with --data (make demo ARGS='--data var/other')"
        ) from None


@contextmanager
def _alone_in(data: Path) -> Generator[None]:
    """Make the folder, and keep other demos out of it: each would move the applications to ports of its own."""
    another = "another folder with --data (make demo ARGS='--data var/other')"
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = os.open(data, os.O_RDONLY)
    except OSError as error:
        raise CannotStart(f"{data} cannot be used: {error.strerror}; choose {another}") from None
    try:
        if not os.access(data, os.W_OK):
            raise CannotStart(f"{data} cannot be written to; choose {another}")
        if not _locked(folder):
            raise CannotStart(f"another demo is running on {data}: end it first, or choose {another}")
        yield
    finally:
        os.close(folder)


def _locked(folder: int) -> bool:
    """Lock an open folder until it is closed; whether nobody else has."""
    with suppress(BlockingIOError):
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _check_port_is_free(host: str, port: int) -> None:
    """Say that the port is taken before anything is made."""
    from gatelodge.serving import listening

    try:
        listening.listen(host, port, "--port (make demo PORT=8100)").close()
    except listening.CannotListen as error:
        raise CannotStart(f"{error}. Is a demo running already?") from None


def _greet(as_json: bool, config: Config, data: Path, beside: samples.Beside | None) -> None:
    said = config, data, beside
    answer(as_json, demo_welcome.summary(*said), *demo_welcome.welcome(*said))


def _tell_of_job(said: str) -> None:
    click.echo(demo_welcome.job(said), err=True)
