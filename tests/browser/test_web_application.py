"""A person signs in to the demo's web application, in a real browser and with everything running."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.accounts import Person
from tests.browser.conftest import NewVisitor
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
ALICE = Person("alice", "wonderland", "Alice Liddell", "alice@example.com")


def press(visitor: Visitor, action: str) -> None:
    visitor.page.click(f"button[value={action}]")


def ask(visitor: Visitor, action: str, status: int) -> None:
    """Have the application ask the server something, and see the page that says what was answered."""
    with visitor.page.expect_navigation():
        press(visitor, action)
    expect(visitor.page.locator("#latest .answered")).to_have_text(f"Answer {status}")


def test_a_person_signs_in_allows_and_the_application_knows_her(visitor: Visitor) -> None:
    visitor.open("/demo/web")
    visitor.page.click("#start")
    visitor.sign_in(ALICE)
    expect(visitor.page.locator("h1")).to_have_text("Allow Demo web shop?")
    visitor.allow()

    expect(visitor.page.locator("#signed-in")).to_have_text("Signed in as Alice Liddell.")
    came = visitor.page.locator("#came-back")
    expect(came.locator("dt")).to_have_text(["code", "state", "iss"])
    expect(came.locator(".tag")).to_have_text(["checked", "checked"])
    expect(visitor.page.locator(".answered")).to_have_text(["Answer 200", "Answer 200"])
    expect(visitor.page.locator("#claims")).to_contain_text('"aud": "demo-web"')


def test_the_page_says_whose_account_it_is_what_is_asked_and_where_the_browser_goes(
    visitor: Visitor, person: Person
) -> None:
    visitor.open("/demo/web/login")
    visitor.sign_in(person)

    expect(visitor.page.locator(".who strong")).to_have_text(person.name)
    expect(visitor.page.locator(".onward")).to_have_text(f"Your browser goes to {visitor.site[7:]} next.")
    words = [re.sub(r"\s+", " ", text) for text in visitor.page.locator(".scope .words").all_inner_texts()]
    assert words == [
        "Who you are here An identifier, so it knows you when you come back",
        "Your profile Name, picture, language and the like",
        f"Your e-mail address {person.email}",
        "See your orders orders:read",
        "Stay connected when you are away It keeps what you allow here until you take it back",
    ]


def test_the_application_calls_userinfo_and_refreshes_until_the_tokens_are_revoked(
    visitor: Visitor, person: Person
) -> None:
    visitor.enter_demo(person)

    ask(visitor, "userinfo", 200)
    ask(visitor, "refresh", 200)
    ask(visitor, "revoke", 200)
    ask(visitor, "userinfo", 401)
    ask(visitor, "refresh", 400)


def test_denying_ends_in_access_denied_and_the_application_gets_nothing(visitor: Visitor, person: Person) -> None:
    visitor.open("/demo/web/login")
    visitor.sign_in(person)
    visitor.page.click("#deny")

    expect(visitor.page.locator("[role=alert]")).to_have_text("The answer was no. The application got nothing.")
    expect(visitor.page.locator("#came-back dd").first).to_have_text("access_denied")
    expect(visitor.page.locator("#start")).to_be_visible()


def test_a_wrong_password_says_so_and_keeps_the_name(visitor: Visitor, person: Person) -> None:
    visitor.open("/demo/web/login")
    visitor.page.fill("#username", person.username)
    visitor.page.fill("#password", "not the password")
    visitor.page.click("#submit")

    expect(visitor.page.locator("#problem")).to_have_text(
        "This username and password do not match. Check both and try again."
    )
    expect(visitor.page.locator("#username")).to_have_value(person.username)
    expect(visitor.page.locator("#password")).to_have_value("")
    expect(visitor.page.locator("#password")).to_be_focused()
    visitor.sign_in(person)
    expect(visitor.page.locator("#allow")).to_be_visible()


def test_nobody_is_told_whether_a_name_exists(visitor: Visitor) -> None:
    visitor.open("/demo/web/login")
    visitor.sign_in(Person("nobody-of-this-name", "whatever", "", ""))

    expect(visitor.page.locator("#problem")).to_have_text(
        "This username and password do not match. Check both and try again."
    )


def test_what_a_person_leaves_out_the_application_does_not_get(visitor: Visitor, person: Person) -> None:
    visitor.open("/demo/web/login")
    visitor.sign_in(person)
    visitor.page.uncheck("input[value=email]")
    visitor.page.uncheck("input[value=offline_access]")
    visitor.allow()

    expect(visitor.page.locator("#signed-in")).to_be_visible()
    assert '"scope": "openid profile orders:read"' in visitor.text()
    assert person.email not in visitor.text()
    assert visitor.page.locator("button[value=refresh]").count() == 0


def test_who_allowed_once_comes_back_without_being_asked(visitor: Visitor, person: Person) -> None:
    visitor.enter_demo(person)

    visitor.open("/demo/web/login")

    expect(visitor.page.locator("#came-back")).to_be_visible()


def test_signing_out_brings_the_person_back_and_the_next_sign_in_asks_for_the_password(
    visitor: Visitor, person: Person
) -> None:
    visitor.enter_demo(person)
    press(visitor, "sign_out")
    expect(visitor.page).to_have_url(f"{visitor.site}/demo/web")

    visitor.page.click("#start")

    expect(visitor.page.locator("#password")).to_be_visible()


def test_WEB_18_after_signing_out_Back_shows_the_sign_in_page(visitor: Visitor, person: Person) -> None:
    visitor.enter_demo(person)
    visitor.open("/demo/web/login?prompt=consent")
    expect(visitor.page.locator("#allow")).to_be_visible()
    visitor.open("/logout")
    visitor.page.click("#submit")
    expect(visitor.page.locator("h1")).to_have_text("You are signed out")

    visitor.page.evaluate("history.go(-2)")

    expect(visitor.page.locator("#password")).to_be_visible()
    assert person.name not in visitor.text()


def test_WEB_18_the_cookie_of_a_session_that_was_ended_is_worth_nothing(
    new_visitor: NewVisitor, person: Person
) -> None:
    visitor = new_visitor()
    visitor.enter_demo(person)
    thief = new_visitor(storage_state=visitor.context.storage_state())
    press(visitor, "sign_out")
    expect(visitor.page.locator("#start")).to_be_visible()

    thief.open("/demo/web/login")

    expect(thief.page.locator("#password")).to_be_visible()


def test_reloading_the_answer_uses_the_code_no_second_time_and_says_why(visitor: Visitor, person: Person) -> None:
    visitor.enter_demo(person)

    visitor.page.reload()

    expect(visitor.page.locator("[role=alert]")).to_contain_text("A reloaded page looks like this")
    expect(visitor.page.locator("#signed-in")).to_be_visible()
