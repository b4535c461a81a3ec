"""Passkeys in a real browser, with its own virtual authenticator: made, suggested, used, mixed up and gone."""

from contextlib import suppress

import pytest
from playwright.sync_api import TimeoutError, expect
from tests.browser.accounts import Person
from tests.browser.conftest import Demo, NewVisitor
from tests.browser.passkeys import VirtualAuthenticator, authenticator_of
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def add_one(visitor: Visitor, person: Person) -> VirtualAuthenticator:
    """Sign in with a password and take the passkey that is offered."""
    key = authenticator_of(visitor)
    visitor.open("/account/passkeys")
    visitor.sign_in(person)
    visitor.page.click("#add-passkey button")
    visitor.page.wait_for_url("**/account/passkeys")
    return key


def leave(visitor: Visitor) -> None:
    """Be a browser that nobody is signed in to."""
    visitor.context.clear_cookies()


def test_a_passkey_is_offered_after_a_password_and_then_suggested_in_the_field_of_the_name(
    visitor: Visitor, person: Person
) -> None:
    key = add_one(visitor, person)
    (kept,) = key.credentials
    assert (kept["rpId"], kept["userName"]) == ("localhost", person.username)
    expect(visitor.page.locator(".row-of h2")).to_contain_text("On this device only")

    leave(visitor)
    visitor.open("/demo/web/login")  # the authenticator says yes to what the browser suggests
    visitor.allow()

    expect(visitor.page.locator("#signed-in")).to_contain_text(person.name)
    visitor.open("/account/passkeys")
    expect(visitor.page.locator(".row-of")).to_contain_text("used just now")


def test_the_button_uses_a_passkey_too_and_who_has_none_is_told(visitor: Visitor, person: Person) -> None:
    key = add_one(visitor, person)
    leave(visitor)
    visitor.open("/login/passkey?page=account")  # here is no field in which one could be suggested
    visitor.page.click("#use-passkey button")
    visitor.page.wait_for_url("**/account")

    leave(visitor)
    key.forget(key.credentials[0]["credentialId"])
    visitor.open("/login/passkey?page=account")
    visitor.page.click("#use-passkey button")
    expect(visitor.page.locator("#use-passkey [data-failed]")).to_be_visible()


def test_not_now_is_remembered_in_that_browser(visitor: Visitor, person: Person) -> None:
    authenticator_of(visitor)
    visitor.open("/account")
    visitor.sign_in(person)
    visitor.page.click("#later")
    visitor.page.wait_for_url("**/account")

    visitor.open("/login?page=account")
    visitor.sign_in(person)

    visitor.page.wait_for_url("**/account")


def test_of_two_accounts_each_has_a_passkey_of_their_own(visitor: Visitor, person: Person, demo: Demo) -> None:
    other = demo.accounts.new_person()
    key = add_one(visitor, person)
    key.say_yes(at_once=False)  # nobody is suggested to the other one
    leave(visitor)
    visitor.open("/account/passkeys")
    visitor.sign_in(other)
    key.say_yes(at_once=True)
    visitor.page.click("#add-passkey button")
    visitor.page.wait_for_url("**/account/passkeys")

    assert sorted(one["userName"] for one in key.credentials) == sorted([person.username, other.username])
    expect(visitor.page.locator(".row-of")).to_have_count(1)


def test_a_passkey_that_was_removed_is_forgotten_by_its_device(visitor: Visitor, person: Person) -> None:
    key = add_one(visitor, person)

    visitor.page.click(".row-of button[value=remove]")
    expect(visitor.page.locator("#done")).to_contain_text("signs nobody in any more")

    visitor.page.wait_for_function("true")
    for _ in range(50):
        if not key.credentials:
            break
        visitor.page.wait_for_timeout(100)
    assert key.credentials == []


def test_a_passkey_that_is_unknown_here_is_told_and_forgotten(visitor: Visitor, person: Person, demo: Demo) -> None:
    key = add_one(visitor, person)
    kept = key.credentials[0]
    visitor.page.click(".row-of button[value=remove]")
    expect(visitor.page.locator("#done")).to_be_visible()
    leave(visitor)
    key.put(
        {
            name: kept[name]
            for name in ("credentialId", "isResidentCredential", "rpId", "privateKey", "userHandle", "signCount")
        }
    )

    visitor.open("/account")

    expect(visitor.page.locator("#problem")).to_contain_text("not known here any more")
    for _ in range(50):
        if not key.credentials:
            break
        visitor.page.wait_for_timeout(100)
    assert key.credentials == []


def test_a_page_that_was_open_for_long_still_takes_a_passkey(visitor: Visitor, person: Person) -> None:
    key = add_one(visitor, person)
    leave(visitor)
    key.say_yes(at_once=False)
    visitor.page.clock.install()
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url) if "challenge" in request.url else None)
    visitor.open("/account")
    expect(visitor.page.locator("#use-passkey button")).to_be_visible()
    for renewed in (2, 3, 4):  # it asks again every nine minutes
        visitor.page.clock.run_for(10 * 60 * 1000)
        for _ in range(300):
            if len(asked) >= renewed:
                break
            visitor.page.wait_for_timeout(100)
        assert len(asked) >= renewed

    key.say_yes(at_once=True)  # what waits beside the field may be answered by it before anybody presses
    with suppress(TimeoutError):
        visitor.page.locator("#use-passkey button").click(timeout=3_000)
    visitor.page.wait_for_url("**/account")


def test_at_an_address_where_there_are_no_passkeys_the_page_says_where_there_are(
    new_visitor: NewVisitor, demo: Demo
) -> None:
    visitor = new_visitor(demo.site.replace("localhost", "127.0.0.1"))
    visitor.open("/account")
    expect(visitor.page.locator("[data-elsewhere]")).to_contain_text("localhost")
    expect(visitor.page.locator("#use-passkey")).to_be_hidden()
