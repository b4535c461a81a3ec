"""The second step in a browser: set up by the key on the page, codes saved as a file, and one of them used."""

import time
from base64 import b32decode

import pytest
from playwright.sync_api import expect
from tests.browser.accounts import Person
from tests.browser.conftest import NewVisitor
from tests.browser.test_accessibility import axe as axe
from tests.browser.test_accessibility import faults

from gatelodge.protocol.totp import code_at, step_of

pytestmark = pytest.mark.browser


def test_a_second_step_is_set_up_and_a_recovery_code_stands_for_it(
    new_visitor: NewVisitor, person: Person, axe: str
) -> None:
    visitor = new_visitor(viewport={"width": 320, "height": 720}, accept_downloads=True)
    page, wrong = visitor.page, list[str]()

    def look() -> None:
        wrong.extend(faults(page, axe))
        assert visitor.width_of_content() <= 320, page.url

    visitor.open("/account/second_step")
    visitor.sign_in(person)
    page.click("#begin")
    expect(page.locator("svg.qr")).to_be_visible()
    look()
    page.click("summary")
    seed = b32decode(page.locator("#seed").inner_text().replace(" ", ""))
    page.fill("#code", code_at(seed, step_of(int(time.time()))))
    page.click("#add")
    expect(page.locator("#codes li")).to_have_count(10)
    look()
    with page.expect_download() as saving:
        page.click("#save")
    codes = saving.value.path().read_text().split("\n\n")[1].split()
    assert len(set(codes)) == 10
    page.click("#kept")
    expect(page.locator("#remove")).to_be_visible()
    look()

    other = new_visitor(viewport={"width": 320, "height": 720})
    other.open("/account")
    other.sign_in(person)
    expect(other.page.locator("#code")).to_be_focused()
    wrong.extend(faults(other.page, axe))
    other.page.click("text=Use a recovery code")
    wrong.extend(faults(other.page, axe))
    other.page.fill("#code", codes[4])
    other.page.click("#submit")
    other.decline_passkey()
    expect(other.page.locator("#to-second_step")).to_be_visible()
    assert wrong == []
