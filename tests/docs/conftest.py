"""A demo that runs, a shell to paste examples into, and a person with a browser."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError

import httpx2
import pytest
from tests.ports import free_port
from tests.world import form_of

BIN = Path(sys.executable).parent
PATIENCE = 90.0  # seconds


@dataclass
class Shell:
    """Runs examples one after another in one folder; what one sets, the next finds. `instead` is replaced in each."""

    folder: Path
    instead: Mapping[str, str] = field(default_factory=dict[str, str])
    environ: dict[str, str] = field(default_factory=dict[str, str])

    def run(self, text: str) -> str:
        """Run `text` as bash would, ending at the first failure, and return what it says."""
        left = self.folder / ".environ"
        whole = f"set -aeuo pipefail\n{self.put(text)}\nenv -0 > {left}\n"
        done = subprocess.run(
            ["bash", "-c", whole],
            cwd=self.folder,
            env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(self.folder)} | self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{done.args[2]}\n{done.stdout}\n{done.stderr}"
        pairs = (line.split("=", 1) for line in left.read_text().split("\0") if line)
        self.environ = {name: value for name, value in pairs if name not in ("PATH", "HOME", "_", "SHLVL", "PWD")}
        return done.stdout

    def put(self, text: str) -> str:
        """Return `text` with this machine's ports and paths."""
        for name, value in self.instead.items():
            text = text.replace(name, value)
        return text


@dataclass(frozen=True)
class Demo:
    """`gatelodge demo`, running in `folder`, where its data is in var/demo as after `make demo`."""

    port: int
    folder: Path

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def shell(self, **instead: str) -> Shell:
        """A shell in the demo's folder in which port 8000 is the demo's."""
        return Shell(
            self.folder, {"localhost:8000": f"localhost:{self.port}", ".venv/bin/gatelodge": "gatelodge"} | instead
        )


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    running = Demo(free_port(), folder)
    with serving(
        ["gatelodge", "demo", "--no-examples", "--port", str(running.port), "--data", "var/demo"],
        folder,
        running.issuer,
    ):
        yield running


class serving:
    """A server process for the length of a `with`, which begins when `url` answers."""

    def __init__(self, command: list[str], folder: Path, url: str, environ: Mapping[str, str] | None = None) -> None:
        self.command = [str(BIN / command[0]), *command[1:]]
        self.folder = folder
        self.url = url
        self.environ = {"PATH": os.environ["PATH"], **(environ or {})}

    def __enter__(self) -> "serving":
        self.log = (self.folder / "server.log").open("w+")
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, env=self.environ, stdout=self.log, stderr=subprocess.STDOUT
        )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
            except HTTPError as refusal:
                refusal.close()
                return
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.log.seek(0)
        raise AssertionError(f"{self.command} does not answer at {self.url}:\n{self.log.read()}")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.log.close()


@pytest.fixture
def person() -> Iterator["Person"]:
    with httpx2.Client(follow_redirects=True) as http:
        yield Person(http)


@dataclass(frozen=True)
class Person:
    """Alice with a browser: signs in and allows everything."""

    http: httpx2.Client

    def open(self, url: str) -> httpx2.Response:
        """Open an address and do what the pages ask, until an application answers."""
        return self._answer(self.http.get(url))

    def compare(self, url: str) -> httpx2.Response:
        """Open the page of a code that a device shows, say that it does, and do what the pages ask."""
        return self._answer(self._submit(self._submit(self.http.get(url)), decision="same"))

    def _answer(self, page: httpx2.Response) -> httpx2.Response:
        if page.url.path.endswith("/login"):
            page = self._submit(page, username="alice", password="wonderland")
        if page.url.path.endswith("/consent"):
            offered = re.findall(r'name="scope"[^>]*value="([^"]+)"', page.text)
            page = self._submit(page, scope=offered, decision="allow")
        return page

    def refused_at(self, url: str) -> str:
        """Open an address whose answer goes where nobody listens, and return what the address bar says then."""
        try:
            page = self.open(url)
        except httpx2.ConnectError as nobody:
            return str(nobody.request.url)
        raise AssertionError(f"somebody answered at {page.url}")

    def _submit(self, page: httpx2.Response, **fields: str | list[str]) -> httpx2.Response:
        action, hidden = form_of(page)
        return self.http.post(page.url.join(action), data=hidden | fields)
