"""The demo with its sample applications, as `make demo` starts it, and one browser for all tests here."""

import json
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.browser.accounts import Accounts, Person
from tests.browser.chromium import Chromium
from tests.browser.running import running
from tests.browser.visitor import Visitor
from tests.ports import free_port
from tests.server_process import eventually

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
NewVisitor = Callable[[str], Visitor]
_chromium = Chromium()


@dataclass(frozen=True)
class Demo:
    """A running `gatelodge demo --examples examples`. `at` says where each example is."""

    site: str
    folder: Path
    at: Mapping[str, str]
    accounts: Accounts

    def said(self) -> str:
        """What the demo and its examples printed."""
        return (self.folder / "server.log").read_text("utf-8")

    def run(self, file: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """Run an example to its end."""
        return subprocess.run(
            [sys.executable, str(EXAMPLES / file)],
            cwd=self.folder,
            env=self.environ(**environ),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            start_new_session=True,  # so that there is no terminal to ask for a password
        )

    @contextmanager
    def start(self, file: str, **environ: str) -> Generator[subprocess.Popen[str]]:
        """Run an example for as long as the block."""
        process = subprocess.Popen(
            [sys.executable, "-u", str(EXAMPLES / file)],
            cwd=self.folder,
            env=self.environ(**environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def environ(self, **more: str) -> dict[str, str]:
        return {"ISSUER": self.site, "BROWSER": "true", "PATH": "/usr/bin:/bin", "HOME": str(self.folder), **more}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    folder, port = tmp_path_factory.mktemp("examples"), free_port()
    site = f"http://localhost:{port}"
    command = ("demo", "--port", str(port), "--data", "data", "--examples", str(EXAMPLES), "--json")
    with running(command, site, folder):
        at = _summary(folder / "server.log")["examples"]
        for name, site_of in at.items():
            eventually(lambda site_of=site_of: anybody_at(site_of), name)
        yield Demo(site, folder, at, Accounts(f"sqlite:///{folder / 'data' / 'demo.db'}"))


def anybody_at(url: str) -> bool:
    """Whether something answers there, whatever it says."""
    try:
        httpx2.get(url, timeout=5)
    except httpx2.TransportError:
        return False
    return True


def _summary(log: Path) -> dict[str, Any]:
    """Return what the demo printed first; log records follow it."""
    text = log.read_text("utf-8")
    return json.JSONDecoder().raw_decode(text, text.index("{\n"))[0]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Close the browser when tests of another folder are next: they want the event loop of this thread."""
    del item
    if nextitem is None or HERE not in nextitem.path.parents:
        _chromium.close()


@pytest.fixture
def chromium() -> Chromium:
    _chromium.start()
    return _chromium


@pytest.fixture
def new_visitor(chromium: Chromium) -> Generator[NewVisitor]:
    """Make visitors at a site; the test fails if any of their browsers complained."""
    visitors: list[Visitor] = []

    def make(site: str) -> Visitor:
        visitors.append(Visitor(site, chromium.context()))
        return visitors[-1]

    yield make
    complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    for visitor in visitors:
        visitor.context.close()
    assert complaints == []


@pytest.fixture
def person(demo: Demo, chromium: Chromium) -> Person:
    """Somebody who never signed in and allowed nothing."""
    return demo.accounts.new_person()
