"""A real server for tests: `gatelodge serve` as a process of its own, with ports, a folder and a database of its own.

It is set up by the real command line and ends with the test, whatever happens. Nothing here waits a fixed time.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from click.testing import CliRunner
from tests.ports import free_port

from gatelodge.authn.hashing import PasswordPool
from gatelodge.cli import main
from gatelodge.clock import SystemEntropy
from gatelodge.config.loading import load
from gatelodge.database.engines import open_database
from gatelodge.stores import credentials, users

COMMAND = (sys.executable, "-c", "from gatelodge.cli import main; main()")
SECRET_KEY = "k" * 40
CHEAP_HASHING = {"SIGN_IN_ARGON2_MEMORY_KIB": "7168", "SIGN_IN_ARGON2_PASSES": "1"}
PATIENCE = 90.0  # seconds: two busy cores start a server in three to ten, and many programs may be at work

T = TypeVar("T")


def eventually(ask: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return answer


@dataclass
class Installation:
    """A folder, a database and the settings of one server; settings are named as in the environment, unprefixed."""

    folder: Path
    database: str
    settings: dict[str, str] = field(default_factory=dict[str, str])
    port: int = field(default_factory=free_port)
    management_port: int = field(default_factory=free_port)
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    command: tuple[str, ...] = (*COMMAND, "serve", "--json")

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """Everything the server and the command line read."""
        ours = {
            "ISSUER": self.issuer,
            "DATABASE": self.database,
            "SECRET_KEY": SECRET_KEY,
            "SERVER_PORT": str(self.port),
            "SERVER_MANAGEMENT_PORT": str(self.management_port),
            **CHEAP_HASHING,
            **self.settings,
        }
        system = {"PATH": os.environ.get("PATH", ""), "TMPDIR": str(self.folder)}
        return {**system, **{f"GATELODGE_{name}": value for name, value in ours.items()}}

    def run(self, *words: str, stdin: str = "") -> dict[str, Any]:
        """Run `gatelodge ... --json` and return what it answers."""
        done = CliRunner().invoke(main, [*words, "--json"], input=stdin, env=self.environ)
        assert done.exit_code == 0, f"{words}: {done.stderr} {done.exception!r}"
        return json.loads(done.stdout)

    def add_client(self, client_id: str, *options: str) -> str:
        """Register a client and return its secret, `""` if it has none."""
        said = self.run("clients", "add", "--id", client_id, "--name", f"Client {client_id}", *options)
        self.secrets[client_id] = said.get("client_secret", "")
        return self.secrets[client_id]

    def add_person(self, username: str, password: str) -> None:
        """Make an account; a password that nobody may choose is put where one that they may was."""
        options = ("--email", f"{username}@example.org", "--email-verified", "--name", username.title())
        allowed = "four old bicycles in the rain\n"
        self.run("users", "add", "--username", username, *options, "--password-stdin", stdin=allowed)
        asyncio.run(self._give(username, password))

    async def _give(self, username: str, password: str) -> None:
        config = load(None, self.environ)
        pool, db = PasswordPool(config.sign_in, SystemEntropy()), open_database(config.database)
        await db.start()
        user = await db.read(users.find_by_login, username)
        assert user is not None
        await db.write(credentials.set_password, user.id, await pool.hash(password), user.created_at)
        await db.close()
        pool.close()

    def start(self, *options: str, stderr: int | None = None) -> "Started":
        """Start `gatelodge serve` and return at once. What it says goes into a file, unless `stderr` is open to it."""
        log = self.folder / "serve.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                [*self.command, *options],
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out if stderr is None else stderr,
                start_new_session=True,
            )
        return Started(self, process, log)

    @contextmanager
    def serve(self, workers: int = 1) -> "Generator[Started]":
        """Serve until the block is left; the server answers when it is entered."""
        started = self.start("--workers", str(workers))
        try:
            eventually(lambda: started.is_ready(workers), f"ready\n{started.said()[-2000:]}")
            yield started
        finally:
            started.kill()


@dataclass
class Started:
    """A server that was started, and all of its processes."""

    installation: Installation
    process: subprocess.Popen[bytes]
    log: Path
    clients: ExitStack = field(default_factory=ExitStack)

    @property
    def issuer(self) -> str:
        return self.installation.issuer

    @property
    def management(self) -> str:
        return f"http://127.0.0.1:{self.installation.management_port}"

    def said(self) -> str:
        """Everything that was logged or printed."""
        return self.log.read_text("utf-8")

    def said_by_now(self) -> str:
        """Everything that was logged until now: records leave a moment after what they tell of."""
        request_id = httpx2.post(f"{self.issuer}/token", timeout=PATIENCE).headers["x-request-id"]
        eventually(lambda: request_id in self.said(), "the log has it")
        return self.said()

    def records(self) -> list[dict[str, Any]]:
        """Every log record."""
        return [json.loads(line) for line in self.said_by_now().splitlines()]

    def is_ready(self, workers: int = 1) -> bool:
        """Whether it answers and as many workers have started. Fails if it ended instead.

        Of several workers the supervisor knows at its next look only, up to a second later, that they accept.
        """
        assert self.process.poll() is None, f"the server ended: {self.said()[-2000:]}"
        if self.said().count("Application startup complete") < workers:
            return False
        return answers(f"{self.issuer}/jwks") and (workers == 1 or answers(f"{self.management}/readyz"))

    def http(self, **options: Any) -> httpx2.Client:
        """A client of this server, which is closed with it at the latest."""
        return self.clients.enter_context(closing(httpx2.Client(base_url=self.issuer, timeout=PATIENCE, **options)))

    def workers(self) -> list[int]:
        """The processes that serve, when there are several."""
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        )
        rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
        ours = [row for row in rows if row[1] == str(self.process.pid) and "spawn_main" in row[2]]
        return [int(row[0]) for row in ours]

    def stop(self, seconds: float = PATIENCE) -> int:
        """Tell it to stop, and return its exit code when it has."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End every process at once."""
        self.clients.close()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def answers(url: str) -> bool:
    """Whether there is a 200 at `url` now."""
    with suppress(httpx2.TransportError):
        return httpx2.get(url, timeout=5).status_code == 200
    return False


def ends(installation: Installation, *options: str) -> "Ended":
    """Start a server that cannot start, and return how it ended."""
    with installation.start(*options).process as process:
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.returncode = os.waitstatus_to_exitcode(status)
    lines = (installation.folder / "serve.log").read_text("utf-8").splitlines()
    return Ended(process.returncode, tuple(lines), usage.ru_utime + usage.ru_stime)


@dataclass(frozen=True)
class Ended:
    """How a server ended: its exit code, what it printed, and the seconds of processor time it took."""

    code: int
    lines: tuple[str, ...]
    seconds: float

    @property
    def failure(self) -> Mapping[str, str]:
        """The one line that says why; before it there may be warnings, which are log records."""
        said = [json.loads(line) for line in self.lines]
        (failure,) = [line for line in said if "event" not in line]
        return failure
