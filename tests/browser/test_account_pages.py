"""The pages of one's own account in a real browser: on a phone, in the dark, by keyboard, and without scripts."""

import pytest
from playwright.sync_api import expect
from tests.browser.accounts import Person
from tests.browser.conftest import Demo, NewVisitor
from tests.browser.visitor import Visitor

from gatelodge.account import PAGES

pytestmark = pytest.mark.browser


def test_on_a_phone_in_the_dark_every_page_fits_and_leads_back(new_visitor: NewVisitor, person: Person) -> None:
    visitor = new_visitor(viewport={"width": 320, "height": 640}, color_scheme="dark")
    visitor.enter_demo(person)
    widths: dict[str, int] = {}
    visitor.open("/account")
    widths["overview"] = visitor.width_of_content()
    for page in PAGES:
        visitor.page.click(f"#to-{page.name}")
        visitor.page.wait_for_url(f"**/account/{page.name}")
        widths[page.name] = visitor.width_of_content()
        visitor.page.click(".up")
        expect(visitor.page.locator(".self")).to_contain_text(person.name)

    assert {name: width for name, width in widths.items() if width > 320} == {}


def test_the_keyboard_alone_takes_an_application_back(visitor: Visitor, person: Person) -> None:
    visitor.enter_demo(person)
    visitor.open("/account")
    visitor.page.focus(".rail a[href$='/account/apps']")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("h1")).to_have_text("Applications")
    expect(visitor.page.locator(".row-of")).to_contain_text("Demo web shop")

    visitor.page.focus(".row-of button")
    visitor.page.keyboard.press("Enter")

    expect(visitor.page.locator("#done")).to_be_visible()
    expect(visitor.page.locator(".row-of")).to_have_count(0)


def test_without_scripts_another_browser_is_signed_out(new_visitor: NewVisitor, person: Person) -> None:
    there, here = new_visitor(), new_visitor(java_script_enabled=False)
    for visitor in (there, here):
        visitor.open("/account/sessions")
        visitor.sign_in(person)

    here.page.click("#end-others")
    expect(here.page.locator("#done")).to_be_visible()

    there.open("/account")
    expect(there.page.locator("#password")).to_be_visible()


def test_two_accounts_are_changed_between_with_one_press(visitor: Visitor, person: Person, demo: Demo) -> None:
    other = demo.accounts.new_person()
    visitor.enter_demo(person)
    visitor.open("/demo/web/login?prompt=select_account")
    visitor.page.click("#another")
    visitor.sign_in(other)
    visitor.allow()

    visitor.open("/demo/web/login?prompt=select_account")
    expect(visitor.page.locator(".who strong")).to_have_text([other.name, person.name])
    visitor.page.click(f".accounts button:has-text('{person.name}')")

    expect(visitor.page.locator("#signed-in")).to_contain_text(person.name)
