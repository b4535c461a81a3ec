"""Running the server: one process, or several behind one socket, with the management listener beside them."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from gatelodge.config.policies import Config
from gatelodge.serving.listening import listen
from gatelodge.serving.settings import Reread, renewed_by, uvicorn_settings
from gatelodge.serving.signals import leave_when_told
from gatelodge.serving.supervisor import Supervisor
from gatelodge.serving.watching import start_management


def run(config: Config, begin: Callable[[Config], None], reread: Reread | None = None) -> None:
    """Serve until told to stop; `begin` is called when the server is about to, again with each new configuration.

    SIGHUP begins anew with what `reread` returns, and ends the server where there is no `reread`. Raises
    `CannotListen` if an address is taken, and with one worker what `lay_foundation` does; several exit 3.
    """
    leave_when_told(heeds_hangup=reread is None)
    if config.server.workers == 1:
        _run_one(config, begin, reread)
    else:
        _run_several(config, begin, reread)


def _run_several(config: Config, begin: Callable[[Config], None], reread: Reread | None) -> None:
    def renew() -> uvicorn.Config:
        renewed = renewed_by(reread, config) if reread else config
        begin(renewed)
        return uvicorn_settings(renewed)

    with shared_metrics(), listen(config.server.host, config.server.port) as public:
        begin(config)
        supervisor = Supervisor(uvicorn_settings(config), [public], renew if reread else None)
        start_management(config, lambda: supervisor.accepting > 0)
        supervisor.run()
        if supervisor.has_failed:
            raise SystemExit(STARTUP_FAILURE)


def _run_one(config: Config, begin: Callable[[Config], None], reread: Reread | None) -> None:
    """Serve in this process. What keeps it from starting is raised as it is, since the caller is there to say so."""
    from gatelodge.serving.one import serve_one  # a supervisor never needs it

    make_loop = uvicorn_settings(config).get_loop_factory()
    with (
        listen(config.server.host, config.server.port) as public,
        asyncio.Runner(loop_factory=make_loop) as runner,
    ):
        runner.run(serve_one(config, public, begin, reread))


@contextmanager
def shared_metrics() -> Generator[None]:
    """Let the counters of all worker processes add up: prometheus-client keeps them in files of one folder."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="gatelodge-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield
