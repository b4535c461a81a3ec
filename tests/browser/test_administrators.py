"""An administrator in a real browser, at a server that is no demo: in by the sign-in page, and out at once."""

import os
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.accounts import Accounts, Person
from tests.browser.conftest import NewVisitor
from tests.browser.running import COMMAND, running
from tests.browser.visitor import Visitor
from tests.ports import free_port

pytestmark = pytest.mark.browser
REFUSED = "/authorize?client_id=nobody&response_type=code"
LIST = "#traces"


@dataclass(frozen=True)
class Lodge:
    """A running `gatelodge serve` with the inspector on, and its operator's command line."""

    site: str
    folder: Path
    settings: dict[str, str]
    accounts: Accounts

    def command(self, *words: str) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("GATELODGE_")}
        subprocess.run(
            [COMMAND, *words], cwd=self.folder, env={**ours, **self.settings}, check=True, capture_output=True
        )

    def new_administrator(self) -> Person:
        person = self.accounts.new_person()
        self.command("users", "grant-admin", person.username)
        return person


@pytest.fixture(scope="module")
def lodge(tmp_path_factory: pytest.TempPathFactory) -> Generator[Lodge]:
    folder, port = tmp_path_factory.mktemp("administrators"), free_port()
    site, database = f"http://localhost:{port}", f"sqlite:///{folder / 'gatelodge.db'}"
    settings = {
        "GATELODGE_ISSUER": site,
        "GATELODGE_DATABASE": database,
        "GATELODGE_SECRET_KEY": "s" * 43,
        "GATELODGE_SERVER_INSPECTOR": "true",
    }
    with running(("serve", "--port", str(port)), site, folder, settings):
        yield Lodge(site, folder, settings, Accounts(database))


@pytest.fixture
def visitor(new_visitor: NewVisitor, lodge: Lodge) -> Visitor:
    return new_visitor(lodge.site)


def request_id_of(visitor: Visitor) -> str:
    """Make a request that is refused, and return its id."""
    answer = visitor.page.goto(visitor.site + REFUSED)
    assert answer is not None
    return answer.headers["x-request-id"]


def sign_in(visitor: Visitor, person: Person) -> None:
    visitor.open("/inspector")
    visitor.sign_in(person)


def test_signing_in_leads_to_the_trace_that_was_wanted(visitor: Visitor, lodge: Lodge) -> None:
    path = f"/inspector/{request_id_of(visitor)}"
    visitor.open(path)
    visitor.sign_in(lodge.new_administrator())

    expect(visitor.page.locator("#refusal")).to_be_visible()
    assert visitor.page.url == lodge.site + path


def test_the_home_page_leads_an_administrator_there(visitor: Visitor, lodge: Lodge) -> None:
    sign_in(visitor, lodge.new_administrator())
    expect(visitor.page.locator(LIST)).to_be_visible()
    visitor.open("/")
    visitor.page.click("#inspector")

    expect(visitor.page.locator(LIST)).to_be_visible()


def test_the_list_follows_and_goes_when_the_role_does(visitor: Visitor, lodge: Lodge) -> None:
    person = lodge.new_administrator()
    sign_in(visitor, person)
    tab = visitor.context.new_page()
    answer = tab.goto(visitor.site + REFUSED)
    assert answer is not None
    link = visitor.page.locator(f'a[href="/inspector/{answer.headers["x-request-id"]}"]')
    expect(link).to_be_visible()

    lodge.command("users", "revoke-admin", person.username)

    expect(visitor.page.locator("#another")).to_be_visible()
    expect(link).to_have_count(0)


def test_the_list_goes_when_the_person_signs_out_in_another_tab(visitor: Visitor, lodge: Lodge) -> None:
    sign_in(visitor, lodge.new_administrator())
    expect(visitor.page.locator(LIST)).to_be_visible()
    tab = visitor.context.new_page()
    tab.goto(visitor.site + "/logout")
    tab.click("#submit")

    expect(visitor.page.locator("#password")).to_be_visible()
    expect(visitor.page.locator(LIST)).to_have_count(0)


def test_without_scripts_it_is_the_same(new_visitor: NewVisitor, lodge: Lodge) -> None:
    visitor = new_visitor(lodge.site, java_script_enabled=False)
    sign_in(visitor, lodge.new_administrator())
    expect(visitor.page.locator(LIST)).to_be_visible()


def test_the_wrong_account_is_told_and_another_taken(visitor: Visitor, lodge: Lodge) -> None:
    sign_in(visitor, lodge.accounts.new_person())
    visitor.page.click("#another")
    visitor.sign_in(lodge.new_administrator())

    expect(visitor.page.locator(LIST)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_scrolled_sideways(new_visitor: NewVisitor, lodge: Lodge, scheme: str) -> None:
    visitor = new_visitor(lodge.site, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    widths: list[int] = []
    visitor.open("/inspector")
    widths.append(visitor.width_of_content())
    visitor.sign_in(lodge.accounts.new_person())
    visitor.page.wait_for_selector("#another")
    widths.append(visitor.width_of_content())
    visitor.page.click("#another")
    visitor.sign_in(lodge.new_administrator())
    visitor.page.wait_for_selector(LIST)
    widths.append(visitor.width_of_content())
    visitor.open("/")
    widths.append(visitor.width_of_content())

    assert max(widths) <= 360
