"""`gatelodge demo`: a server with demo people and applications, on this machine only."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import click

from gatelodge.cli import running, samples
from gatelodge.cli.failures import CannotStart
from gatelodge.cli.output import answer, working
from gatelodge.cli.serve import run
from gatelodge.config import Config, ConfigError, DatabasePolicy, KeyPolicy, LegacyPolicy, ServerPolicy
from gatelodge.configuration_rules import check, complete, is_loopback
from gatelodge.demo_samples import SamplePorts
from gatelodge.ops.refusals import Refused
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
    help="The folder examples/ of a clone: its applications run beside the server, on the next free ports.",
)
@click.option("--json", "as_json", is_flag=True, help="Say in JSON where it is and who is there.")
def demo(port: int, host: str, data: Path, examples: Path | None, as_json: bool) -> None:
    """Start a server with demo people and applications.

    \b
    gatelodge demo
    gatelodge demo --examples examples
    gatelodge demo --port 8080 --data /tmp/demo

    Two people, some applications and an API are there to try things out. Their passwords and secrets are the same
    everywhere, so it listens on this machine only. What you do is kept in the --data folder; remove the folder to begin
    anew.
    """
    if not is_loopback(host):
        raise Refused(f"the demo's passwords are public, so it listens on loopback only, never on {host}")
    ports = samples.ports_beside(port, are_free=examples is not None)
    beside = None if examples is None else samples.Beside(examples, ports)
    config = settings(host, port, data.absolute())
    _check_port_is_free(config)
    with working("Preparing the demo ..."):
        prepare(config, ports)
    answer(as_json, summary(config, data.absolute(), beside), *welcome(config, data.absolute(), beside))
    with nullcontext() if beside is None else beside.running(config.server.issuer):
        run(config)


def settings(host: str, port: int, data: Path) -> Config:
    """Return the demo's configuration: nothing of it comes from a file or the environment."""
    database, key_file = data / "demo.db", data / "demo.key"
    if database.exists() and not key_file.exists():
        raise Refused(f"{database} is not a demo's database: choose another folder with --data")
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    keep_secret_key(key_file)
    config = Config(
        server=ServerPolicy(issuer=f"http://localhost:{port}", host=host, port=port, playground=True, inspector=True),
        database=DatabasePolicy(url=f"sqlite:///{database}"),
        keys=KeyPolicy(secret_key_file=str(key_file)),
        legacy=LegacyPolicy(password=True, implicit=True, hybrid=True),
        demo=True,
    )
    check(config, {})
    complete(config)
    return config


def prepare(config: Config, ports: SamplePorts) -> None:
    """Make the database, the keys and the demo's people and applications, or bring them up to date."""
    from gatelodge.authn.hashing import PasswordPool
    from gatelodge.ops import demo as verbs
    from gatelodge.ops.setup import initialise, open_vault
    from gatelodge.stores import migrate

    async def whole(desk: running.Desk) -> None:
        await initialise(config, desk.db, open_vault(config, desk.entropy), desk.clock, desk.entropy)
        newcomers = await desk.db.read(verbs.missing)
        pool = PasswordPool(config.sign_in, desk.entropy)
        hashes = {person.new.username: await pool.hash(person.password) for person in newcomers}
        pool.close()
        await desk.db.write(verbs.plant, config.server.issuer, hashes, desk.clock.now())
        await desk.db.write(verbs.plant_samples, ports, desk.clock.now())

    migrate.up(config.database)  # of a demo that an older version made
    try:
        running.run(config, whole)
    except ConfigError:  # the key in this folder does not open it, so somebody else's server made it
        raise Refused(f"{config.database.url} is not this demo's database: choose another folder with --data") from None


def summary(config: Config, data: Path, beside: samples.Beside | None) -> dict[str, object]:
    """Return what a program needs to use the demo."""
    from gatelodge import demo_data, demo_samples

    issuer = config.server.issuer
    clients = (*demo_data.clients(issuer), *demo_samples.clients(samples.USUAL_PORTS))
    return {
        "issuer": issuer,
        "data": str(data),
        "people": [{"username": p.new.username, "password": p.password} for p in demo_data.PEOPLE],
        "clients": [client.id for client in clients],
        "api": demo_data.api(issuer).identifier,
        "examples": beside.addresses if beside else {},
    }


def welcome(config: Config, data: Path, beside: samples.Beside | None) -> tuple[str, ...]:
    """Return how to sign in and what to try."""
    issuer = config.server.issuer
    return (
        "",
        f"  {_bold('Gatelodge demo')}   {_link(issuer)}   {_faint(f'Ctrl-C stops it; data in {data}')}",
        "",
        f"  Sign in as  {_bold('alice')} / {_bold('wonderland')}  or  {_bold('bob')} / {_bold('builder')}",
        "",
        *(_row(address, says) for address, says in (*_applications(issuer, beside), *_watching(issuer))),
        "",
        *_commands(issuer),
        *(_programs(issuer, beside) if beside else ()),
        "",
        click.style("  The legacy grants (password, implicit, hybrid) are on, here only.", fg="yellow"),
        "",
    )


def _applications(issuer: str, beside: samples.Beside | None) -> tuple[tuple[str, str], ...]:
    if beside is None:
        return (
            (issuer + "/demo/web", "a web application logs you in"),
            (issuer + "/demo/spa", "a single-page application does"),
            (issuer + "/demo/legacy", "what OAuth 2.1 removed, and what to use instead"),
        )
    return (
        (beside.addresses["shop"], "a web shop logs you in"),
        (beside.addresses["spa"], "a single-page app does"),
        (beside.addresses["legacy_implicit"], "an old one does it the old way, and says what to use instead"),
        (issuer + "/demo/api/orders", "the API they all call; it wants a token"),
    )


def _watching(issuer: str) -> tuple[tuple[str, str], ...]:
    return (
        (issuer + "/playground", "every flow, message by message"),
        (issuer + "/inspector", "which checks each request went through, and which one refused"),
    )


def _commands(issuer: str) -> Iterator[str]:
    from gatelodge import demo_data

    yield f"  {_bold('Three commands to try')}"
    yield ""
    for says, command in demo_data.commands(issuer):
        yield _faint(f"  # {says}")
        yield from (f"  {line}" for line in command.splitlines())


def _programs(issuer: str, beside: samples.Beside) -> tuple[str, ...]:
    """Return how to start what is no web page, from the folder the demo was started in."""
    python = Path(sys.executable)
    shown = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    where = "" if issuer == samples.USUAL_ISSUER else f"ISSUER={issuer} "
    port = "" if beside.ports == samples.USUAL_PORTS else f"PORT={beside.ports.mcp_server} "
    return (
        "",
        f"  {_bold('Four programs to try')}",
        "",
        _faint("  # a command-line app: the browser opens"),
        f"  {where}{shown} {beside.folder / 'cli_app.py'}",
        _faint("  # a nightly job, for itself"),
        f"  {where}{shown} {beside.folder / 'daemon.py'}",
        _faint("  # one that asks for your password, and why none should"),
        f"  {where}{shown} {beside.folder / 'legacy_password.py'}",
        _faint("  # a server for assistants, after pip install mcp"),
        f"  {where}{port}{shown} {beside.folder / 'mcp_server.py'}",
    )


def _row(address: str, says: str) -> str:
    return f"  {_link(address)}{' ' * max(2, 40 - len(address))}{says}"


def _check_port_is_free(config: Config) -> None:
    """Say that the port is taken before anything is made, and before a welcome that would not be true."""
    from gatelodge import serving

    try:
        serving.listen(config.server.host, config.server.port, "--port").close()
    except serving.CannotListen as error:
        raise CannotStart(str(error)) from None


def _bold(text: str) -> str:
    return click.style(text, bold=True)


def _faint(text: str) -> str:
    return click.style(text, dim=True)


def _link(url: str) -> str:
    return click.style(url, fg="cyan", underline=True)
