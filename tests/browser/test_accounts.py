"""Who is meant: choosing an account, proving oneself again, and several tabs at once."""

import pytest
from playwright.sync_api import expect
from tests.browser.accounts import Person
from tests.browser.conftest import Demo, NewVisitor
from tests.browser.listener import listening
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_choosing_the_account_goes_on_with_the_one_that_is_there(visitor: Visitor, person: Person) -> None:
    visitor.enter_demo(person)

    visitor.open("/demo/web/login?prompt=select_account")
    expect(visitor.page.locator(".who strong")).to_have_text(person.name)
    visitor.page.click("#continue")

    expect(visitor.page.locator("#signed-in")).to_contain_text(person.name)


def test_choosing_the_account_leads_to_another(visitor: Visitor, person: Person, demo: Demo) -> None:
    other = demo.accounts.new_person()
    visitor.enter_demo(person)

    visitor.open("/demo/web/login?prompt=select_account")
    visitor.page.click("#another")
    visitor.sign_in(other)
    visitor.allow()

    expect(visitor.page.locator("#signed-in")).to_contain_text(other.name)


def test_the_consent_page_leads_to_another_account_too(visitor: Visitor, person: Person, demo: Demo) -> None:
    other = demo.accounts.new_person()
    visitor.open("/demo/web/login")
    visitor.sign_in(person)

    visitor.page.click("text=Use another account")
    visitor.sign_in(other)

    expect(visitor.page.locator(".who strong")).to_have_text(other.name)


def test_prompt_login_asks_for_the_password_of_somebody_who_is_signed_in(visitor: Visitor, person: Person) -> None:
    visitor.enter_demo(person)

    visitor.open("/demo/web/login?prompt=login")
    visitor.sign_in(person)

    expect(visitor.page.locator("#came-back")).to_be_visible()
    expect(visitor.page.locator("#signed-in")).to_contain_text(person.name)


def test_prompt_none_answers_at_once_whether_somebody_is_there(visitor: Visitor, person: Person) -> None:
    visitor.open("/demo/web/login?prompt=none")
    expect(visitor.page.locator("#came-back dd").first).to_have_text("login_required")
    visitor.enter_demo(person)

    visitor.open("/demo/web/login?prompt=none")

    expect(visitor.page.locator("#came-back dt").first).to_have_text("code")


def test_AZ_21_of_two_tabs_each_gets_its_own_answer(visitor: Visitor, person: Person) -> None:
    with listening() as one, listening() as two:
        first, second = visitor.page, visitor.context.new_page()
        first.goto(one.request(visitor.site, scope="openid email"))
        visitor.sign_in(person)
        second.goto(two.request(visitor.site, scope="openid profile"))

        first.click("#allow")
        expect(first.locator("#thanks")).to_be_visible()

        assert one.answer().members["state"] == one.asked.state
        expect(second.locator("#allow")).to_be_visible()
        second.click("#deny")
        refused = two.answer()
        assert (refused.members["error"], refused.members["state"]) == ("access_denied", two.asked.state)


def test_AZ_21_two_tabs_sign_in_one_after_the_other(visitor: Visitor, person: Person) -> None:
    with listening() as one, listening() as two:
        first, second = visitor.page, visitor.context.new_page()
        first.goto(one.request(visitor.site))
        second.goto(two.request(visitor.site))
        visitor.sign_in(person)
        visitor.allow()
        assert one.answer().members["state"] == one.asked.state

        visitor.page = second
        visitor.sign_in(person)
        visitor.allow()

        assert two.answer().members["state"] == two.asked.state


def test_AZ_20_the_address_of_somebody_elses_sign_in_page_is_worth_nothing(new_visitor: NewVisitor) -> None:
    attacker, victim = new_visitor(), new_visitor()
    attacker.open("/demo/web/login")

    victim.open(attacker.page.url)

    expect(victim.page.locator("h1")).to_have_text("Start again")
    expect(victim.page.locator("#error")).to_contain_text("expired")
    assert victim.page.locator("#password").count() == 0
