"""Passkeys made in a real browser: within a sign-in that demands one, and with a new account."""

import pytest
from playwright.sync_api import expect
from tests.browser.accounts import Person
from tests.browser.conftest import NewVisitor
from tests.browser.listener import Listener
from tests.browser.passkeys import authenticator_of
from tests.browser.test_accessibility import axe as axe
from tests.browser.test_accessibility import faults
from tests.browser.test_entry import follow

from gatelodge.protocol.base64url import decoded

pytestmark = pytest.mark.browser

PHR = '{"id_token":{"acr":{"essential":true,"value":"phr"}}}'
ADDRESS = "hedy.lamarr@example.com"
NARROW = {"width": 320, "height": 720}


def test_an_application_that_insists_on_a_passkey_gets_one_made_in_the_sign_in(
    new_visitor: NewVisitor, person: Person, application: Listener, axe: str
) -> None:
    visitor = new_visitor(viewport=NARROW)
    key, page = authenticator_of(visitor), visitor.page
    visitor.open(application.request(visitor.site, claims=PHR))
    page.click("text=Sign in with a password")
    visitor.sign_in(person)
    expect(page.locator("#add-passkey button")).to_be_visible()
    assert faults(page, axe) == []
    assert visitor.width_of_content() <= 320

    page.click("#add-passkey button")
    visitor.allow()

    told = application.exchange(visitor.site, application.answer())["id_token"]
    assert b'"acr":"phr"' in decoded(told.split(".")[1].encode())
    assert [one["userName"] for one in key.credentials] == [person.username]
    visitor.context.clear_cookies()
    visitor.open(application.request(visitor.site, claims=PHR))  # the next time it is all there is to it
    page.click("#use-passkey button")
    visitor.allow()
    assert "code" in application.answer().members


def test_an_account_is_made_with_a_passkey_and_nothing_to_remember(new_visitor: NewVisitor, axe: str) -> None:
    visitor = new_visitor(viewport=NARROW, color_scheme="dark")
    key, page = authenticator_of(visitor), visitor.page
    visitor.open("/register")
    page.fill("#email", ADDRESS)
    page.click("#submit")
    follow(page, "register")
    expect(page.locator("#with-passkey button")).to_be_visible()
    assert faults(page, axe) == []
    assert visitor.width_of_content() <= 320

    page.fill("#name", "Hedy Lamarr")
    page.click("#with-passkey button")
    page.click("#sign-in")
    page.wait_for_url("**/account")  # the browser suggests it, and its authenticator says yes

    assert [one["userName"] for one in key.credentials] == [ADDRESS]
    visitor.open("/account/passkeys")
    page.click(".row-of button[value=remove]")
    expect(page.locator("#problem")).to_contain_text("only way to sign in")
