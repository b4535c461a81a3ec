"""The same walk for everybody: without scripts, without a mouse, on a small screen, in the dark."""

import pytest
from playwright.sync_api import Page, expect
from tests.browser.accounts import Person
from tests.browser.conftest import NewVisitor
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_everything_works_without_scripts(new_visitor: NewVisitor, person: Person) -> None:
    visitor = new_visitor(java_script_enabled=False)
    visitor.open("/demo/web")
    visitor.page.click("#start")
    visitor.sign_in(Person(person.username, "wrong", "", ""))
    expect(visitor.page.locator("#problem")).to_be_visible()
    visitor.sign_in(person)
    visitor.allow()
    expect(visitor.page.locator("#signed-in")).to_contain_text(person.name)
    visitor.page.click("button[value=refresh]")
    expect(visitor.page.locator("#latest .answered")).to_have_text("Answer 200")
    visitor.open("/demo/web/login?prompt=select_account")
    visitor.page.click("#continue")
    expect(visitor.page.locator("#came-back")).to_be_visible()
    visitor.open("/logout")
    visitor.page.click("#submit")

    expect(visitor.page.locator("h1")).to_have_text("You are signed out")


def test_without_scripts_a_single_page_application_says_what_it_lacks(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(java_script_enabled=False)

    visitor.open("/demo/spa")

    expect(visitor.page.locator(".notice.warn")).to_contain_text("Allow scripts for this page to try it.")


def test_everything_works_with_the_keyboard_alone(visitor: Visitor, person: Person) -> None:
    page = visitor.page
    visitor.open("/demo/web")
    tab_to(page, "start")
    page.keyboard.press("Enter")
    page.wait_for_selector("#username:focus")
    page.keyboard.type(person.username)
    page.keyboard.press("Tab")
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    page.wait_for_selector("#later")
    tab_to(page, "later")
    page.keyboard.press("Enter")
    page.wait_for_selector("#allow")
    tab_to(page, "", "email")
    page.keyboard.press("Space")
    tab_to(page, "allow")
    page.keyboard.press("Enter")

    expect(page.locator("#signed-in")).to_contain_text(person.name)
    assert '"scope": "openid profile offline_access orders:read"' in visitor.text()


def tab_to(page: Page, identifier: str, value: str = "") -> None:
    """Press Tab until an element has the focus; whoever cannot be reached in twenty steps cannot be reached."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("[document.activeElement.id, document.activeElement.value ?? '']")[bool(value)] == (
            value or identifier
        ):
            return
    pytest.fail(f"Tab does not lead to {value or identifier}")


def test_on_a_small_screen_nothing_is_scrolled_sideways(new_visitor: NewVisitor, person: Person) -> None:
    visitor = new_visitor(viewport={"width": 320, "height": 568}, color_scheme="dark")
    widths: dict[str, int] = {}

    def look(name: str) -> None:
        widths[name] = visitor.width_of_content()

    visitor.open("/")
    look("home")
    visitor.open("/nothing-here")
    look("error")
    visitor.open("/demo/web/login")
    look("sign in")
    visitor.sign_in(Person("x" * 200, "wrong", "", ""))
    expect(visitor.page.locator("#problem")).to_be_visible()
    look("wrong password")
    visitor.sign_in(person)
    visitor.page.wait_for_selector("#allow")
    look("consent")
    visitor.allow()
    visitor.page.wait_for_selector("#signed-in")
    look("demo")
    visitor.open("/demo/web/login?prompt=select_account")
    look("select account")
    visitor.open("/demo/legacy")
    look("legacy")
    visitor.open("/logout")
    look("sign out")
    visitor.page.click("#submit")
    expect(visitor.page.locator("h1")).to_have_text("You are signed out")
    look("signed out")

    assert {name: width for name, width in widths.items() if width > 320} == {}
    assert len(widths) == 10


def test_what_the_policy_forbids_is_noticed_by_these_tests(visitor: Visitor) -> None:
    visitor.open("/demo/web")

    with visitor.page.expect_console_message():
        visitor.page.evaluate(
            "document.head.append(Object.assign(document.createElement('style'), {innerText: 'a{}'}))"
        )

    assert [complaint for complaint in visitor.complaints if "Content Security Policy" in complaint]
    visitor.complaints.clear()
