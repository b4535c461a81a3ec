"""The sample applications of a folder, run beside the demo as processes of their own and ended with it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path
from types import FrameType

from gatelodge.cli.failures import CannotStart
from gatelodge.demo_samples import SamplePorts
from gatelodge.ops.refusals import Refused

# Which file listens where. The others in the folder are started by hand, or need what the server does not.
PROGRAMS = {"shop": "shop/app.py", "spa": "spa/app.py", "legacy_implicit": "legacy_implicit/app.py"}
# What the programs expect if nobody says otherwise.
USUAL_ISSUER = "http://localhost:8000"
USUAL_PORTS = SamplePorts(8001, 8002, 8003, 8004)

PATIENCE = 10  # seconds a program gets to end by itself


def ports_beside(port: int, *, are_free: bool) -> SamplePorts:
    """Return the ports next to the server's, the next ones or the next free ones. Raises `CannotStart`."""
    near = (*range(port + 1, min(port + 100, 65_536)), *range(port - 1, max(port - 100, 1_023), -1))
    found = tuple(islice(filter(_is_free, near) if are_free else near, len(fields(SamplePorts))))
    if len(found) < len(fields(SamplePorts)):
        raise CannotStart(f"the ports around {port} are taken; choose another with --port")
    return SamplePorts(*found)


@dataclass(frozen=True, slots=True)
class Beside:
    """The sample applications of a folder, and where they listen. Raises `Refused` if they are not in it."""

    folder: Path
    ports: SamplePorts

    def __post_init__(self) -> None:
        for file in PROGRAMS.values():
            if not (self.folder / file).is_file():
                raise Refused(f"{self.folder} has no {file}: --examples is the folder examples/ of a clone")

    @property
    def addresses(self) -> dict[str, str]:
        """Where each of them is, or would be."""
        return {name: f"http://localhost:{port}" for name, port in asdict(self.ports).items()}

    @contextmanager
    def running(self, issuer: str) -> Generator[None]:
        """Run them until the block ends, also when it ends by a signal."""
        started: list[subprocess.Popen[bytes]] = []
        before = signal.signal(signal.SIGTERM, _leave)
        try:
            for name, file in PROGRAMS.items():
                started.append(_start(self.folder / file, issuer, asdict(self.ports)[name]))
            yield
        finally:
            for process in started:
                process.terminate()
            for process in started:
                _wait(process)
            signal.signal(signal.SIGTERM, before)


def _start(file: Path, issuer: str, port: int) -> subprocess.Popen[bytes]:
    """Start one program; what it complains of is seen where the server's complaints are."""
    environ = {**os.environ, "ISSUER": issuer, "PORT": str(port)}
    command = [sys.executable, str(file)]
    return subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=sys.stderr)  # noqa: S603 - our own


def _wait(process: subprocess.Popen[bytes]) -> None:
    with suppress(KeyboardInterrupt):  # told to hurry
        try:
            process.wait(PATIENCE)
            return
        except subprocess.TimeoutExpired:
            pass
    process.kill()
    process.wait()


def _leave(number: int, _frame: FrameType | None) -> None:
    """Leave by an exception, so that what was started is ended; a signal left alone would end only us."""
    raise SystemExit(128 + number)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False
