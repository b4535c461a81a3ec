"""`gatelodge why`: which checks a request went through, and which one refused it."""

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path

import click

from gatelodge.cli import running
from gatelodge.cli.demo import DATA
from gatelodge.cli.output import answer, moment
from gatelodge.config.loading import find
from gatelodge.config.policies import Config, DatabasePolicy, ServerPolicy
from gatelodge.inspector import traces
from gatelodge.inspector.trace import Trace
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.protocol.steps import CheckedStep, find_rule

PATIENCE = 3.0  # seconds: three times as long as traces wait to be written

_REQUEST_ID = re.compile(r"[0-9a-f]{16}")


class NoTrace(NotThere):
    """A request left no trace, or it was forgotten; the message says what is kept."""

    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)


@click.command()
@click.argument("request_id")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of a demo. Default: var/demo, if nothing is configured here.",
)
@running.common
def why(config_file: Path | None, as_json: bool, request_id: str, data: Path | None) -> None:
    """Say why a request was answered as it was. REQUEST_ID is on the error page, in X-Request-Id and in the log.

    \b
    gatelodge why 1f0c9a2b7d3e4f56

    The server keeps the last 1,000 refusals and 500 other requests for about a day, if server.inspector is on.
    """
    if not _REQUEST_ID.fullmatch(request_id):
        raise OperationRefused("a request id is 16 hexadecimal digits: see the error page, X-Request-Id or the log")
    config = (None if config_file else _demo(data)) or running.configured(config_file)
    trace = running.run(config, lambda context: _sought(context, request_id))
    if trace is None:
        raise NoTrace(_unknown(request_id, config))
    answer(as_json, described(trace), *told(trace))


async def _sought(context: running.CommandContext, request_id: str) -> Trace | None:
    """Look for a trace, and wait for one that is just being written: servers write them a second later."""
    until = context.clock.monotonic() + (PATIENCE if context.config.server.inspector else 0)
    trace = await context.db.read(traces.find, request_id)
    while trace is None and context.clock.monotonic() < until:
        await asyncio.sleep(0.1)
        trace = await context.db.read(traces.find, request_id)
    return trace


def described(trace: Trace) -> dict[str, object]:
    """Return a trace as programs see it."""
    rule = find_rule(trace.rule)
    return {
        "request_id": trace.request_id,
        "at": trace.at,
        "endpoint": trace.endpoint,
        "method": trace.method,
        "status": trace.status,
        "client_id": trace.client_id or None,
        "flow": trace.flow or None,
        "parameters": list(trace.sent),
        "outcome": "refused" if trace.refused else "answered",
        "checks": [_described(step) for step in _steps(trace)],
        "error": trace.error or None,
        "rule": trace.rule or None,
        "section": rule.section if rule else None,
        "reason": trace.reason or None,
        "explanation": trace.explanation or None,
        "events": [{"event": one.event, **one.members} for one in trace.happened],
    }


def told(trace: Trace) -> Iterator[str]:
    """Yield a trace line by line, for a person."""
    where = " ".join(word for word in (trace.method, trace.endpoint, trace.flow, trace.client_id) if word)
    yield f"{click.style(where, bold=True)}  {_outcome(trace)}  {click.style(moment(trace.at) + ' UTC', dim=True)}"
    if trace.sent:
        yield click.style(f"sent {' '.join(trace.sent)}", dim=True)
    yield ""
    for step in _steps(trace):
        yield _line(step)
    for one in trace.happened:
        members = " ".join(f"{name}={value}" for name, value in one.members.items() if value)
        yield click.style(f"· {one.event} {members}".rstrip(), dim=True)
    if trace.refused:
        yield ""
        yield from (text for text in (trace.reason, trace.explanation) if text)


def _steps(trace: Trace) -> tuple[CheckedStep, ...]:
    from gatelodge.inspector.checked import (
        steps_of,  # brings password hashing with it, for which `--help` must not wait
    )

    return steps_of(trace)


def _outcome(trace: Trace) -> str:
    colour = "red" if trace.refused else "green"
    return click.style(f"{trace.status} {trace.error}".rstrip(), fg=colour)


def _line(step: CheckedStep) -> str:
    mark = click.style("✓", fg="green") if step.held else click.style("✗", fg="red")
    about = f" ({step.about})" if step.about else ""
    sentence = click.style(step.rule.sentence + about, bold=not step.held)
    return f"{mark} {sentence}  {click.style(f'{step.rule.section}  {step.rule.id}', dim=True)}"


def _described(step: CheckedStep) -> dict[str, object]:
    return {
        "rule": step.rule.id,
        "sentence": step.rule.sentence,
        "section": step.rule.section,
        "outcome": "held" if step.held else "refused",
    }


def _demo(data: Path | None) -> Config | None:
    """Return the configuration of the demo that is asked about, `None` if it is not a demo."""
    configured = find(None, os.environ) or any(name.startswith("GATELODGE_") for name in os.environ)
    folder = DATA if data is None and not configured else data
    if folder is None or not (folder / "demo.db").exists():
        if data is not None:
            raise NoTrace(f"{data} is no demo's folder: there is no demo.db in it")
        return None
    url = f"sqlite:///{(folder / 'demo.db').absolute()}"
    return Config(server=ServerPolicy(inspector=True), database=DatabasePolicy(url=url))


def _unknown(request_id: str, config: Config) -> str:
    if not config.server.inspector:
        return f"there is no trace of {request_id}: server.inspector is off, so requests leave none"
    kept = f"the last {traces.REFUSED:,} refusals and {traces.ANSWERED} other requests are kept, for about a day"
    return f"there is no trace of {request_id}: {kept}"
