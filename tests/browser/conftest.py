"""One demo server and one browser for all tests here; every test has a profile and people of its own."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.browser.accounts import Accounts, Person
from tests.browser.chromium import Chromium
from tests.browser.listener import Listener, listening
from tests.browser.running import running
from tests.browser.visitor import Visitor
from tests.ports import free_port

HERE = Path(__file__).parent
NewVisitor = Callable[..., Visitor]
_chromium = Chromium()


@dataclass(frozen=True)
class Demo:
    """A running `gatelodge demo`; its database and key are in `data`."""

    site: str
    accounts: Accounts
    data: Path


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Close the browser when tests of another folder are next: they want the event loop of this thread."""
    del item
    if nextitem is None or HERE not in nextitem.path.parents:
        _chromium.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    site = f"http://localhost:{port}"
    with running(("demo", "--no-examples", "--port", str(port), "--data", "data"), site, folder):
        yield Demo(site, Accounts(f"sqlite:///{folder / 'data' / 'demo.db'}"), folder / "data")


@pytest.fixture
def chromium() -> Chromium:
    _chromium.start()
    return _chromium


@pytest.fixture
def new_visitor(chromium: Chromium, request: pytest.FixtureRequest) -> Generator[NewVisitor]:
    """Make visitors at a site, the demo's if none is named; the test fails if any of their browsers complained."""
    visitors: list[Visitor] = []

    def make(site: str | None = None, **options: Any) -> Visitor:
        context = chromium.context(**options)
        visitors.append(Visitor(site or request.getfixturevalue("demo").site, context))
        return visitors[-1]

    yield make
    complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    for visitor in visitors:
        visitor.context.close()
    assert complaints == []


@pytest.fixture
def visitor(new_visitor: NewVisitor) -> Visitor:
    return new_visitor()


@pytest.fixture
def person(demo: Demo, chromium: Chromium) -> Person:
    """Somebody who never signed in and allowed nothing."""
    return demo.accounts.new_person()


@pytest.fixture
def application() -> Generator[Listener]:
    """A native application that waits for its answer."""
    with listening() as listener:
        yield listener
