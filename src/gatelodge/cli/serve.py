"""`gatelodge serve`: run the server."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path

import click

from gatelodge.cli import running
from gatelodge.cli.failures import CannotStart
from gatelodge.config.loading import check_given, load
from gatelodge.config.policies import Config, ServerPolicy
from gatelodge.config.rules import complete
from gatelodge.ops.unsafe_settings import unsafe_settings


@click.command()
@click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The configuration file. Default: $GATELODGE_CONFIG, or gatelodge.toml here.",
)
@click.option("--host", help="The address to listen on. Default: server.host, 127.0.0.1.")
@click.option("--port", type=int, help="The port to listen on. Default: server.port, 8000.")
@click.option("--workers", type=int, help="How many processes serve requests. Default: server.workers, 1.")
@click.option("--tls-cert", help="Certificate chain (PEM), if this process is to end TLS itself.")
@click.option("--tls-key", help="Private key (PEM) of that certificate.")
@click.option("--json", is_flag=True, help="Log in JSON, and say in JSON why it cannot start.")
def serve(config_file: Path | None, json: bool, **given: object) -> None:
    """Run the server until it is told to stop.

    \b
    gatelodge serve
    gatelodge serve --config /etc/gatelodge.toml --host 0.0.0.0 --port 443 --tls-cert cert.pem --tls-key key.pem

    An issuer that is not https is refused unless it is loopback. Behind a reverse proxy, name the proxy in
    server.proxies: nothing else is believed about where a request came from.
    """
    check_given(config_file, os.environ)
    overrides = {("server", key): value for key, value in given.items() if value is not None}
    read = partial(_read, config_file, overrides | ({("log", "format"): "json"} if json else {}))
    config = read()
    if config.server.workers > 1:
        running.found(config)  # one worker does it by itself; of several, none could say why it cannot
    run(config, _announce, None if sys.stderr.isatty() else read)


def _read(config_file: Path | None, overrides: dict[tuple[str, str], object]) -> Config:
    config = load(config_file, os.environ, overrides)
    complete(config)
    return config


def run(config: Config, begin: Callable[[Config], None], reread: Callable[[], Config] | None = None) -> None:
    """Serve `config` until told to stop; `begin` is called when nothing keeps it from it. Raises `CannotStart`.

    SIGHUP begins anew with what `reread` returns. Without it, as in a terminal that was closed, it ends the server.
    """
    from gatelodge.serving import listening, run  # a mistake in the configuration is told before these are imported

    try:
        with suppress(KeyboardInterrupt):  # that is how it is told to stop
            run.run(config, begin, reread)
    except listening.CannotListen as error:
        raise CannotStart(str(error)) from None


def _announce(config: Config) -> None:
    """Log what begins to serve and where, and each setting that works and is not safe, at every start."""
    import structlog

    from gatelodge.telemetry import log

    log.configure(config.log)
    logger = structlog.stdlib.get_logger()
    logger.info("serving", **_served(config.server))
    for finding in unsafe_settings(config):
        if finding.level == "warning":
            logger.warning("unsafe_setting", check=finding.check, says=finding.says, advice=finding.advice)


def _served(server: ServerPolicy) -> dict[str, object]:
    """Return what an operator looks for first in the log of a start."""
    served: dict[str, object] = {
        "version": version("gatelodge"),
        "issuer": server.issuer,
        "listens": _address(server.host, server.port),
        "workers": server.workers,
        "tls": bool(server.tls_cert),
    }
    if server.management_port:
        served["management"] = _address(server.management_host, server.management_port)
    return served


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
