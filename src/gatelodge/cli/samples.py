"""The sample applications of a folder, run beside the demo as processes of their own and ended with it."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import gatelodge
from gatelodge.cli.failures import CannotStart
from gatelodge.demo.samples import SamplePorts
from gatelodge.ops.refusals import OperationRefused

# Which file listens where. The others in the folder end by themselves, or wait for a person.
PROGRAMS = {
    "shop": "shop/app.py",
    "spa": "spa/app.py",
    "legacy_implicit": "legacy_implicit/app.py",
    "mcp_server": "mcp_server.py",
    "television": "television/app.py",
}
NEEDS = {"mcp_server": "mcp"}  # what a program needs that the server does not
JOB = "daemon.py"  # runs once
TIED = Path(__file__).with_name("tied.py")
# What the programs expect if nobody says otherwise.
USUAL_ISSUER = "http://localhost:8000"
USUAL_PORTS = SamplePorts(8001, 8002, 8003, 8004, 8005, 8006)

PATIENCE = 10  # seconds a program gets to end by itself


def shipped() -> Path | None:
    """Return the folder of the samples that came along: in the wheel, or beside the source in a clone."""
    house = Path(gatelodge.__file__).parent
    folders = (house / "examples", house.parents[1] / "examples")
    return next((folder for folder in folders if (folder / JOB).is_file()), None)


def ports_beside(port: int, *, are_free: bool) -> SamplePorts:
    """Return the ports next to the server's, the next ones or the next free ones. Raises `CannotStart`."""
    near = (*range(port + 1, min(port + 100, 65_536)), *range(port - 1, max(port - 100, 1_023), -1))
    found = tuple(islice(filter(_is_free, near) if are_free else near, len(fields(SamplePorts))))
    if len(found) < len(fields(SamplePorts)):
        raise CannotStart(f"the ports around {port} are taken; choose another with --port")
    return SamplePorts(*found)


@dataclass(frozen=True, slots=True)
class Beside:
    """The sample applications of a folder, and where they listen. Raises `OperationRefused` if they are not in it."""

    folder: Path
    ports: SamplePorts

    def __post_init__(self) -> None:
        for file in (*PROGRAMS.values(), JOB):
            if not (self.folder / file).is_file():
                raise OperationRefused(f"{self.folder} has no {file}: --examples is a copy of the folder examples/")

    @property
    def addresses(self) -> dict[str, str]:
        """Where each of them is, or would be."""
        return {name: f"http://localhost:{port}" for name, port in asdict(self.ports).items() if name in PROGRAMS}

    @contextmanager
    def running(self, issuer: str, data: Path, tell: Callable[[str], None]) -> Generator[None]:
        """Run them until the block ends, also when it ends by a signal; what they keep is in the folder `data`.

        The job runs once, as soon as the server answers; `tell` hears what it said.
        """
        started: list[subprocess.Popen[bytes]] = []
        before = signal.signal(signal.SIGTERM, _leave)
        over = threading.Event()
        try:
            for name in filter(can_run, PROGRAMS):
                port = str(asdict(self.ports)[name])
                environ = {"ISSUER": issuer, "PORT": port, "SHOP_STORE": str(data / "shop.db")}
                started.append(_start(self.folder / PROGRAMS[name], environ))
            threading.Thread(target=_run_job, args=(self.folder / JOB, issuer, tell, over), daemon=True).start()
            yield
        finally:
            over.set()
            for process in started:
                process.terminate()
            for process in started:
                wait(process)
            signal.signal(signal.SIGTERM, before)


def can_run(name: str) -> bool:
    """Whether what a program needs is installed."""
    return name not in NEEDS or importlib.util.find_spec(NEEDS[name]) is not None


def _start(
    file: Path, environ: Mapping[str, str], *, stdout: int = subprocess.DEVNULL, stderr: int | None = None
) -> subprocess.Popen[bytes]:
    """Start one program that ends with us; what it complains of is seen where the server's complaints are."""
    command = [sys.executable, "-P", str(TIED), str(file)]
    return subprocess.Popen(  # noqa: S603 - our own
        command,
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        process_group=0,  # Ctrl-C is for the demo, which ends them
    )


def _run_job(file: Path, issuer: str, tell: Callable[[str], None], over: threading.Event) -> None:
    while not _answers(issuer):
        if over.wait(0.1):
            return
    with _start(file, {"ISSUER": issuer}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as job:
        said = job.stdout.read().decode() if job.stdout else ""
    if not over.is_set():
        tell(said)


def _answers(issuer: str) -> bool:
    address = urlsplit(issuer)
    with suppress(OSError), socket.create_connection((address.hostname, address.port), PATIENCE):
        return True
    return False


def wait(process: subprocess.Popen[bytes]) -> None:
    """Let a program that was told to end do so, for a while."""
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
