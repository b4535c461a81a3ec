"""Many tabs, forms of other sites, the back button, a reload, a bookmark and a lunch break, in a real browser."""

from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.browser.accounts import Person
from tests.browser.conftest import Demo, NewVisitor
from tests.browser.listener import Listener, listening
from tests.browser.visitor import Visitor

from gatelodge.authn.passkeys import AFTER

pytestmark = pytest.mark.browser

POST = """([action, members]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action });
  for (const [name, value] of members)
    form.append(Object.assign(document.createElement("input"), { name, value }));
  document.body.append(form);
  form.submit();
}"""
TWICE = """() => {
  const form = document.querySelector("form");
  for (const _ of [1, 2]) HTMLFormElement.prototype.submit.call(form);
}"""


def sign_in(visitor: Visitor, tab: Page, person: Person) -> None:
    visitor.page = tab
    visitor.sign_in(person)


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (3, 0, 4, 2, 1)])
def test_TAB_01_tabs_that_open_at_once_in_a_fresh_browser_all_end_well(
    visitor: Visitor, person: Person, order: tuple[int, ...]
) -> None:
    with ExitStack() as stack:
        apps = [stack.enter_context(listening()) for _ in order]
        tabs = [visitor.context.new_page() for _ in order]
        for tab, app in zip(tabs, apps, strict=True):
            tab.evaluate("address => { setTimeout(() => location.assign(address), 50) }", app.request(visitor.site))
        for tab in tabs:
            expect(tab.locator("#password")).to_be_visible()

        for number in order:
            sign_in(visitor, tabs[number], person)
            visitor.allow()
            answer = apps[number].answer()
            assert answer.members["state"] == apps[number].asked.state
            assert apps[number].exchange(visitor.site, answer)["token_type"] == "Bearer"


def post_from_another_site(tab: Page, application: Listener, site: str, **changes: str) -> None:
    """Send the request as a form of a page of 127.0.0.1, which is another site than localhost."""
    tab.goto(application.uri.replace("/callback", "/page"))
    query = urlsplit(application.request(site, **changes)).query
    tab.evaluate(POST, [f"{site}/authorize", [list(pair) for pair in parse_qsl(query)]])


def test_TAB_02_a_form_of_another_site_leaves_the_sign_in_of_another_tab_alone(
    visitor: Visitor, person: Person
) -> None:
    with listening() as one, listening() as two:
        first, second = visitor.page, visitor.context.new_page()
        first.goto(one.request(visitor.site))

        post_from_another_site(second, two, visitor.site)
        expect(second.locator("#password")).to_be_visible()
        sign_in(visitor, first, person)
        visitor.allow()
        assert one.answer().members["state"] == one.asked.state

        sign_in(visitor, second, person)
        visitor.allow()
        assert two.answer().members["state"] == two.asked.state
        assert not [cookie for cookie in visitor.context.cookies() if "posted" in str(cookie)]


def test_TAB_02_a_form_of_another_site_finds_who_is_signed_in(visitor: Visitor, person: Person) -> None:
    with listening() as application:
        visitor.page.goto(application.request(visitor.site))
        visitor.sign_in(person)
        visitor.allow()
        application.answer()

        post_from_another_site(visitor.page, application, visitor.site)

        expect(visitor.page.locator("#password")).to_have_count(0)
        expect(visitor.page.locator(".who strong")).to_have_text(person.name)


Act = Callable[[Visitor, Person], object]
COMING_BACK: dict[str, Act] = {
    "sends the form": lambda visitor, person: visitor.sign_in(person),
    "reloads": lambda visitor, _: visitor.page.reload(),
    "opens a bookmark": lambda visitor, _: visitor.page.goto(visitor.page.url),
}


@pytest.mark.parametrize("act", COMING_BACK.values(), ids=COMING_BACK)
def test_TAB_03_after_a_lunch_break_the_same_sign_in_begins_anew(
    visitor: Visitor, person: Person, application: Listener, demo: Demo, act: Act
) -> None:
    visitor.open(application.request(visitor.site))
    demo.accounts.have_lunch()

    act(visitor, person)

    expect(visitor.page.locator("#again")).to_contain_text("You were away for a while")
    visitor.sign_in(person)
    expect(visitor.page.locator("#again")).to_have_count(0)
    visitor.allow()
    assert application.answer().members["state"] == application.asked.state


def test_TAB_03_a_consent_page_after_a_lunch_break_is_asked_again(
    visitor: Visitor, person: Person, application: Listener, demo: Demo
) -> None:
    visitor.open(application.request(visitor.site))
    visitor.sign_in(person)
    expect(visitor.page.locator("#allow")).to_be_visible()
    demo.accounts.have_lunch()

    visitor.allow()

    expect(visitor.page.locator("#again")).to_contain_text("Nothing of the page you left was used")
    visitor.allow()
    assert "code" in application.answer().members


def test_TAB_03_a_form_that_is_sent_twice_goes_on(visitor: Visitor, person: Person, application: Listener) -> None:
    visitor.open(application.request(visitor.site))
    visitor.page.fill("#username", person.username)
    visitor.page.fill("#password", person.password)
    visitor.page.evaluate(TWICE)
    visitor.page.wait_for_url(f"**{AFTER}**")
    visitor.decline_passkey()
    visitor.page.locator("#allow").dblclick()

    assert "code" in application.answer().members


def test_TAB_03_going_back_after_all_is_done_does_it_not_again(
    visitor: Visitor, person: Person, application: Listener
) -> None:
    visitor.open(application.request(visitor.site))
    visitor.sign_in(person)
    visitor.allow()
    application.answer()
    expect(visitor.page.locator("#thanks")).to_be_visible()

    visitor.page.go_back()

    expect(visitor.page.locator("#again")).to_contain_text("This was finished before")
    expect(visitor.page.locator(".who strong")).to_have_text(person.name)


def test_TAB_03_a_page_of_a_browser_that_was_closed_since_is_asked_again(visitor: Visitor, person: Person) -> None:
    visitor.enter_demo(person)
    visitor.open("/logout")
    visitor.context.clear_cookies(name="gatelodge-browser-" + _ending(visitor))

    visitor.page.click("#submit")

    expect(visitor.page.locator("#again")).to_contain_text("out of date")
    visitor.page.click("#submit")
    expect(visitor.page.locator("h1")).to_have_text("You are signed out")


def _ending(visitor: Visitor) -> str:
    names = [str(cookie).partition("gatelodge-browser-")[2][:8] for cookie in visitor.context.cookies()]
    return next(filter(None, names))


def test_TAB_03_an_old_bookmark_in_a_browser_that_knows_nothing_leads_on(
    new_visitor: NewVisitor, application: Listener
) -> None:
    before, after = new_visitor(), new_visitor()
    before.open(application.request(before.site))

    for address in (before.page.url, "/login"):
        after.open(address)
        expect(after.page.locator("h1")).to_have_text("Start again")
        after.page.click("#onward")
        expect(after.page.locator("h1")).not_to_have_text("Start again")


def test_TAB_04_a_first_day_with_three_tabs_the_back_button_a_lunch_break_and_a_reload(
    visitor: Visitor, person: Person, demo: Demo
) -> None:
    with ExitStack() as stack:
        apps = [stack.enter_context(listening()) for _ in range(3)]
        tabs = [visitor.page, visitor.context.new_page(), visitor.context.new_page()]
        for tab, app in zip(tabs, apps, strict=True):
            tab.goto(app.request(visitor.site))
        first, second, third = tabs

        sign_in(visitor, first, person)
        expect(first.locator("#allow")).to_be_visible()
        first.go_back()
        expect(first.locator("#allow")).to_have_count(0)
        first.go_forward()
        expect(first.locator("#allow")).to_be_visible()
        first.reload()
        demo.accounts.have_lunch()

        visitor.allow()
        expect(first.locator("#again")).to_contain_text("You were away for a while")
        visitor.allow()
        assert apps[0].answer().members["state"] == apps[0].asked.state

        second.reload()
        expect(second.locator("#again")).to_contain_text("You were away for a while")
        second.click("#allow")
        assert apps[1].answer().members["state"] == apps[1].asked.state

        sign_in(visitor, third, person)
        expect(third.locator(".who strong")).to_have_text(person.name)
        third.click("#allow")
        assert apps[2].answer().members["state"] == apps[2].asked.state
        expect(third.locator("#thanks")).to_be_visible()
        third.go_back()
        expect(third.locator("#again")).to_contain_text("This was finished before")
