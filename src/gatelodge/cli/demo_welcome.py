"""What `gatelodge demo` says when it starts: where everything is, and what to try."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from gatelodge.cli import samples
from gatelodge.config.policies import Config


def summary(config: Config, data: Path, beside: samples.Beside | None) -> dict[str, object]:
    """Return what a program needs to use the demo."""
    from gatelodge.demo import data as demo_data
    from gatelodge.demo import samples as demo_samples

    issuer = config.server.issuer
    clients = (*demo_data.clients(issuer), *demo_samples.clients(samples.USUAL_PORTS))
    return {
        "issuer": issuer,
        "data": str(data),
        "people": [
            {"username": p.new.username, "password": p.password, **({"app": p.app} if p.app else {})}
            for p in demo_data.PEOPLE
        ],
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
        *_apps(issuer),
        "",
        *(_from_corp() if beside else ()),
        *(_row(address, says) for address, says in (*_applications(issuer, beside), *_watching(issuer))),
        "",
        *_commands(issuer),
        *(_programs(issuer, beside) if beside else ()),
        "",
        click.style("  The legacy grants (password, implicit, hybrid) are on, here only.", fg="yellow"),
        "",
    )


def _apps(issuer: str) -> tuple[str, ...]:
    from gatelodge.demo import data as demo_data

    return tuple(
        f"  {person.new.username.capitalize()} has a second step: their phone is at {_link(issuer + '/demo/phone')},"
        f" the key of their app is {_bold(person.app)}"
        for person in demo_data.PEOPLE
        if person.app
    )


def job(said: str) -> str:
    """Return what the nightly job said, under a line that says what it is."""
    return "\n".join(("  The nightly job ran once:", "", *(f"    {line}" for line in said.splitlines()), ""))


def _from_corp() -> tuple[str, ...]:
    from gatelodge.demo import corp

    carol = corp.PEOPLE[0]
    who = f"{_bold(carol.new.username)} / {_bold(carol.password)}"
    return (f"  Or continue with {_bold(corp.LABEL)}, which is another Gatelodge: there you are  {who}", "")


def _applications(issuer: str, beside: samples.Beside | None) -> tuple[tuple[str, str], ...]:
    if beside is None:
        return (
            (issuer + "/demo/web", "a web application logs you in"),
            (issuer + "/demo/spa", "a single-page application does"),
            (issuer + "/demo/legacy", "what OAuth 2.1 removed, and what to use instead"),
        )
    at = beside.addresses
    assistants = (
        ((at["mcp_server"] + "/mcp", "a server for assistants (MCP)"),) if samples.can_run("mcp_server") else ()
    )
    return (
        (at["shop"], "a web shop logs you in"),
        (at["spa"], "a single-page app does"),
        (at["television"], "a television shows a code for your phone"),
        (at["legacy_implicit"], "an old one does it the old way, and says what to use instead"),
        (issuer + "/demo/api/orders", "the API they all call; it wants a token"),
        *assistants,
    )


def _watching(issuer: str) -> tuple[tuple[str, str], ...]:
    return (
        (issuer + "/demo/outbox", "the mail that would be sent"),
        (issuer + "/playground", "every flow, message by message"),
        (issuer + "/inspector", "which checks each request went through, and which one refused"),
    )


def _commands(issuer: str) -> Iterator[str]:
    from gatelodge.demo import data as demo_data

    yield f"  {_bold('Commands to try')}"
    yield ""
    for says, command in demo_data.commands(issuer):
        yield _faint(f"  # {says}")
        yield from (f"  {line}" for line in command.splitlines())


def _programs(issuer: str, beside: samples.Beside) -> Iterator[str]:
    """Return how to start what is no web page, from the folder the demo was started in."""
    python = _from_here(Path(sys.executable))
    where = "" if issuer == samples.USUAL_ISSUER else f"ISSUER={issuer} "
    run = f"  {where}{python} {beside.folder}"
    yield _faint("  # a command-line app: the browser opens")
    yield f"{run}/cli_app.py"
    yield _faint("  # a nightly job, for itself; it runs once when the demo starts")
    yield f"{run}/{samples.JOB}"
    yield _faint("  # one that asks for your password, and why none should")
    yield f"{run}/legacy_password.py"
    if not samples.can_run("mcp_server"):
        port = "" if beside.ports == samples.USUAL_PORTS else f"PORT={beside.ports.mcp_server} "
        yield _faint("  # a server for assistants; once mcp is there, the demo starts it too")
        yield f"  {python} -m pip install 'mcp>=2' && {where}{port}{python} {beside.folder}/mcp_server.py"


def _from_here(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _row(address: str, says: str) -> str:
    return f"  {_link(address)}{' ' * max(2, 40 - len(address))}{says}"


def _bold(text: str) -> str:
    return click.style(text, bold=True)


def _faint(text: str) -> str:
    return click.style(text, dim=True)


def _link(url: str) -> str:
    return click.style(url, fg="cyan", underline=True)
