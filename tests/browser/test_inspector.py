"""The inspector in a real browser: it follows along, keeps the focus, and fits a phone."""

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import NewVisitor
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
REFUSED = "/authorize?client_id=demo-web&response_type=code&redirect_uri=http://localhost/other"


def ids(page: Page) -> list[str]:
    """The requests in the list, newest first."""
    return page.evaluate("[...document.querySelectorAll('#traces a')].map((one) => one.getAttribute('href'))")


def wait_for_another(page: Page, known: list[str]) -> None:
    """Wait until the list has a request that was not in it."""
    links = "[...document.querySelectorAll('#traces a')]"
    page.wait_for_function(f"(known) => {links}.some((one) => !known.includes(one.getAttribute('href')))", arg=known)


def refuse(visitor: Visitor) -> None:
    """Make a request that is refused, in a tab of its own."""
    tab = visitor.context.new_page()
    tab.goto(visitor.site + REFUSED)
    tab.close()


def test_a_request_appears_without_the_page_being_loaded_again(visitor: Visitor) -> None:
    visitor.open("/inspector?outcome=refused")
    visitor.page.evaluate("window.stillTheSame = true")
    before = ids(visitor.page)
    refuse(visitor)
    wait_for_another(visitor.page, before)

    now = ids(visitor.page)
    assert now[len(now) - len(before) :] == before
    assert visitor.page.evaluate("window.stillTheSame") is True


def test_what_has_the_focus_keeps_it_when_the_list_grows(visitor: Visitor) -> None:
    refuse(visitor)
    visitor.open("/inspector?outcome=refused")
    visitor.page.locator("#traces a").first.focus()  # as soon as the refusal is there
    before = str(visitor.page.evaluate("document.activeElement.getAttribute('href')"))
    known = ids(visitor.page)
    refuse(visitor)
    wait_for_another(visitor.page, known)

    assert visitor.page.evaluate("document.activeElement.getAttribute('href')") == before


def test_paused_nothing_moves(visitor: Visitor) -> None:
    visitor.open("/inspector?outcome=refused")
    visitor.page.click("#live")
    visitor.page.wait_for_selector("text=Follow live")
    before = ids(visitor.page)
    refuse(visitor)
    visitor.page.wait_for_timeout(2_500)

    assert ids(visitor.page) == before


def test_from_the_error_page_to_the_check_that_refused(visitor: Visitor) -> None:
    visitor.open(REFUSED)
    visitor.page.click("#why")
    visitor.page.wait_for_selector("#explanation")

    assert "http://localhost/other is not registered for demo-web" in visitor.text()
    assert visitor.page.locator(".checks .refused").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_scrolled_sideways(new_visitor: NewVisitor, scheme: str) -> None:
    visitor = new_visitor(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    refuse(visitor)
    visitor.open("/inspector")
    widths = [visitor.width_of_content()]
    visitor.page.locator("#traces a").first.click()
    visitor.page.wait_for_selector("#checks")
    widths.append(visitor.width_of_content())

    assert max(widths) <= 320


def test_without_scripts_the_list_is_all_there(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(java_script_enabled=False)
    refuse(visitor)
    visitor.open("/inspector?live=off")
    visitor.page.select_option("#outcome", "refused")
    visitor.page.click("text=Show")

    assert ids(visitor.page)
    assert visitor.page.locator(".outcome:not(.refused)").count() == 0
