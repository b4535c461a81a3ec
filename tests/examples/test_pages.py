"""The applications that are a page and a script, clicked through: the single-page app, and the old one."""

import pytest
from playwright.sync_api import expect
from tests.browser.accounts import Person
from tests.browser.visitor import Visitor
from tests.examples.conftest import Demo, NewVisitor

pytestmark = pytest.mark.browser
SAMPLES = ["a looking glass", "a pocket watch"]


@pytest.fixture
def spa(demo: Demo, new_visitor: NewVisitor) -> Visitor:
    return new_visitor(demo.at["spa"])


@pytest.fixture
def old(demo: Demo, new_visitor: NewVisitor) -> Visitor:
    return new_visitor(demo.at["legacy_implicit"])


def enter(visitor: Visitor, person: Person, *without: str) -> None:
    visitor.open("/")
    visitor.page.click("#sign-in")
    visitor.sign_in(person)
    for scope in without:
        visitor.page.uncheck(f'input[value="{scope}"]')
    visitor.allow()


def test_somebody_signs_in_at_the_single_page_app_and_orders(spa: Visitor, person: Person) -> None:
    enter(spa, person)
    expect(spa.page.locator("#name")).to_have_text(person.name)
    expect(spa.page.locator("#orders li")).to_have_text(SAMPLES)

    spa.page.fill("#item", "<b>a hatter's hat</b>")
    spa.page.press("#item", "Enter")

    expect(spa.page.locator("#orders li")).to_have_text([*SAMPLES, "<b>a hatter's hat</b>"])
    expect(spa.page.locator("#problem")).to_be_hidden()


def test_neither_code_nor_token_is_left_anywhere_in_the_browser(spa: Visitor, person: Person) -> None:
    enter(spa, person)
    expect(spa.page.locator("#signed-in")).to_be_visible()

    assert spa.page.url == spa.site + "/"
    assert spa.page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert spa.page.evaluate("document.cookie") == ""
    spa.page.reload()
    expect(spa.page.locator("#signed-in")).to_be_hidden()


def test_whoever_comes_back_types_no_password(spa: Visitor, person: Person) -> None:
    enter(spa, person)
    expect(spa.page.locator("#signed-in")).to_be_visible()
    spa.page.reload()

    spa.page.click("#sign-in")

    expect(spa.page.locator("#name")).to_have_text(person.name)


def test_what_was_not_allowed_to_the_single_page_app_is_not_done(spa: Visitor, person: Person) -> None:
    enter(spa, person, "orders:write")

    spa.page.fill("#item", "a hatter's hat")
    spa.page.press("#item", "Enter")

    expect(spa.page.locator("#problem")).to_have_text("You did not allow this.")
    expect(spa.page.locator("#orders li")).to_have_text(SAMPLES)


def test_whoever_allows_no_orders_is_told_and_not_asked_for_ever(spa: Visitor, person: Person) -> None:
    enter(spa, person, "orders:read", "orders:write")

    expect(spa.page.locator("#problem")).to_have_text("You did not allow this.")
    expect(spa.page).to_have_url(spa.site + "/")


def test_a_no_is_said(spa: Visitor, person: Person) -> None:
    spa.open("/")
    spa.page.click("#sign-in")
    spa.sign_in(person)
    spa.page.click("#deny")

    expect(spa.page.locator("#problem")).to_have_text("The answer was no: access_denied.")


@pytest.mark.parametrize("answer", ["/?code=c&state=forged", "/#access_token=t&state=forged"])
def test_an_answer_that_was_not_asked_for_is_not_used(spa: Visitor, old: Visitor, answer: str) -> None:
    visitor = old if "#" in answer else spa

    visitor.open(answer)

    expect(visitor.page.locator("#problem")).to_contain_text("belongs to no request of this tab")
    assert visitor.page.url == visitor.site + "/"


def test_signing_out_of_the_single_page_app_ends_it_at_the_server(spa: Visitor, person: Person) -> None:
    enter(spa, person)

    spa.page.click("#sign-out")

    expect(spa.page).to_have_url(spa.site + "/")
    spa.page.click("#sign-in")
    expect(spa.page.locator("#password")).to_be_visible()


def test_the_old_page_works_between_its_warning_and_the_way_out(old: Visitor, person: Person) -> None:
    enter(old, person)

    expect(old.page.locator("#orders li")).to_have_text(SAMPLES)
    expect(old.page.locator("#warning")).to_contain_text("OAuth 2.1 removed this flow")
    expect(old.page.locator("#way-out")).to_contain_text("response_type=code")
    assert old.page.url == old.site + "/"


@pytest.mark.parametrize("name", ["shop", "spa", "legacy_implicit"])
def test_it_fits_on_a_telephone(demo: Demo, new_visitor: NewVisitor, name: str) -> None:
    visitor = new_visitor(demo.at[name])
    visitor.page.set_viewport_size({"width": 320, "height": 640})
    visitor.open("/")

    assert visitor.width_of_content() <= 320


def test_a_television_shows_a_code_that_is_typed_on_a_phone(
    demo: Demo, new_visitor: NewVisitor, person: Person
) -> None:
    television, phone = new_visitor(demo.at["television"]), new_visitor(demo.site)
    phone.page.set_viewport_size({"width": 320, "height": 640})
    television.open("/")
    television.page.click("#sign-in")
    expect(television.page.locator("#picture svg")).to_be_visible()
    code = television.page.inner_text("#code")

    phone.open("/device")
    phone.page.fill("#user_code", code.lower())
    phone.page.click("#submit")
    expect(phone.page.locator("#code")).to_have_text(code)
    assert phone.width_of_content() <= 320
    phone.page.click("#same")
    phone.sign_in(person)
    phone.allow()
    expect(phone.page.locator("h1")).to_have_text("Look at your device")

    expect(television.page.locator("#name")).to_have_text(person.name)
    expect(television.page.locator("#orders li")).to_have_text(SAMPLES)
    television.page.click("#off")
    expect(television.page.locator("#sign-in")).to_be_visible()


def test_a_television_says_that_it_was_refused_and_can_be_cancelled(demo: Demo, new_visitor: NewVisitor) -> None:
    television, phone = new_visitor(demo.at["television"]), new_visitor(demo.site)
    television.open("/")
    television.page.click("#sign-in")
    phone.open(f"/device?user_code={television.page.inner_text('#code')}")
    phone.page.click("#submit")
    phone.page.click("#refuse")
    expect(phone.page.locator("h1")).to_have_text("The device was refused")
    expect(television.page.locator("#problem")).to_contain_text("access_denied")

    television.page.click("#sign-in")
    expect(television.page.locator("#code")).to_be_visible()
    television.page.click("#off")
    expect(television.page.locator("#sign-in")).to_be_visible()
