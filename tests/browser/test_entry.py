"""Coming in and coming back in a browser: an account of one's own, its mail in the demo, and a forgotten password."""

import pytest
from playwright.sync_api import Page, expect
from tests.browser.accounts import Person
from tests.browser.conftest import NewVisitor
from tests.browser.test_accessibility import axe as axe
from tests.browser.test_accessibility import faults

pytestmark = pytest.mark.browser
ADDRESS = "grace.hopper.of.the.long.addresses@example.com"
FIRST, NEW = "seven quiet boats at noon", "four old bicycles in the rain"


def follow(page: Page, where: str) -> None:
    """Open the newest letter's link that leads there."""
    page.click("#outbox")
    page.locator(f"a[href*='/{where}/']").first.click()


def test_somebody_makes_an_account_forgets_its_password_and_comes_back(new_visitor: NewVisitor, axe: str) -> None:
    visitor = new_visitor(viewport={"width": 320, "height": 720}, color_scheme="dark")
    page, wrong = visitor.page, list[str]()

    def look() -> None:
        wrong.extend(faults(page, axe))
        assert visitor.width_of_content() <= 320, page.url

    visitor.open("/account")
    page.click("#register")
    page.fill("#email", ADDRESS)
    page.click("#submit")
    expect(page.locator("#code")).to_be_visible()
    look()
    follow(page, "register")
    look()
    page.fill("#name", "Grace Hopper")
    page.fill("#password", FIRST)
    page.click("#submit")
    page.click("#sign-in")
    visitor.sign_in(Person(ADDRESS, FIRST, "Grace Hopper", ADDRESS))
    visitor.open("/account/email")
    look()

    visitor = new_visitor(viewport={"width": 320, "height": 720}, color_scheme="dark")
    page = visitor.page
    visitor.open("/account")
    page.click("#recover")
    page.fill("#email", ADDRESS)
    page.click("#submit")
    look()
    follow(page, "recover")
    look()
    page.fill("#password", NEW)
    page.click("#submit")
    page.click("#sign-in")
    visitor.sign_in(Person(ADDRESS, NEW, "Grace Hopper", ADDRESS))
    expect(page.locator("#to-second_step")).to_be_visible()
    assert wrong == []
