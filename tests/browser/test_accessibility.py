"""Every page for everybody: what axe knows of WCAG 2.2 AA, in light and dark, and read from right to left."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.browser.accounts import Person
from tests.browser.conftest import NewVisitor
from tests.npm import installed

from gatelodge.account import PAGES as ACCOUNT
from gatelodge.authn import WAYS

pytestmark = pytest.mark.browser

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FOR_ANYBODY = ("/", "/login", "/nowhere")


@pytest.fixture(scope="session")
def axe() -> str:
    return (installed(Path(__file__).parent / "axe" / "package.json") / "node_modules/axe-core/axe.min.js").read_text()


def faults(page: Page, axe: str) -> list[str]:
    """Return what is wrong with a page, each as the rule and the element."""
    page.evaluate(axe)
    seen: dict[str, Any] = page.evaluate("rules => axe.run(document, {runOnly: rules})", WCAG)
    assert len(seen["passes"]) > 5, f"axe saw nothing at {page.url}"
    return [
        f"{page.url}: {fault['id']}: {node['html'][:160]}" for fault in seen["violations"] for node in fault["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_WCAG_2_2_AA_holds_on_every_page_in_either_direction(
    new_visitor: NewVisitor, person: Person, axe: str, scheme: str
) -> None:
    somebody = new_visitor(color_scheme=scheme, viewport={"width": 320, "height": 720})
    wrong: list[str] = []
    wide: list[str] = []

    def look(path: str = "") -> None:
        if path:
            somebody.open(path)
        wrong.extend(faults(somebody.page, axe))
        somebody.page.evaluate("document.documentElement.dir = 'rtl'")
        if somebody.width_of_content() > 320:
            wide.append(somebody.page.url)

    for path in (*FOR_ANYBODY, *(way.path for way in WAYS)):
        look(path)
    somebody.open("/demo/web/login")
    look()
    somebody.sign_in(person)
    look()
    somebody.allow()
    for page in ("", *(f"/{page.name}" for page in ACCOUNT)):
        look(f"/account{page}")
    look("/logout")
    assert wrong == []
    assert wide == []
