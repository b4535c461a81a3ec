"""Answers and refusals as a browser carries and shows them."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.accounts import Person
from tests.browser.conftest import NewVisitor
from tests.browser.listener import Listener
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_an_answer_by_form_posts_itself(visitor: Visitor, person: Person, application: Listener) -> None:
    visitor.open(application.request(visitor.site, response_mode="form_post"))
    visitor.sign_in(person)
    visitor.allow()

    answer = application.answer()
    assert (answer.method, set(answer.members)) == ("POST", {"code", "state", "iss"})
    assert application.exchange(visitor.site, answer)["token_type"] == "Bearer"


def test_an_answer_by_form_needs_no_script_but_a_press_of_its_button(
    new_visitor: NewVisitor, person: Person, application: Listener
) -> None:
    visitor = new_visitor(java_script_enabled=False)
    visitor.open(application.request(visitor.site, response_mode="form_post"))
    visitor.sign_in(person)
    visitor.allow()
    expect(visitor.page.locator("h1")).to_have_text("One moment")
    expect(visitor.page.locator(".lodge")).to_have_css("border-top-style", "solid")
    expect(visitor.page.locator("header p")).to_contain_text("Your browser goes to 127.0.0.1:")

    visitor.page.click("#continue")

    answer = application.answer()
    assert (answer.method, answer.members["state"]) == ("POST", application.asked.state)


def test_a_refusal_by_form_posts_itself_too(visitor: Visitor, person: Person, application: Listener) -> None:
    visitor.open(application.request(visitor.site, response_mode="form_post"))
    visitor.sign_in(person)
    visitor.page.click("#deny")

    assert application.answer().members["error"] == "access_denied"


def test_an_answer_in_the_fragment_is_not_seen_by_the_server_it_goes_to(
    visitor: Visitor, person: Person, application: Listener
) -> None:
    visitor.open(application.request(visitor.site, response_mode="fragment"))
    visitor.sign_in(person)
    visitor.allow()

    assert application.answer().members == {}
    expect(visitor.page).to_have_url(re.compile(rf"{re.escape(application.uri)}#code="))


@pytest.mark.parametrize(
    ("path", "title", "code"),
    [
        ("/authorize?client_id=nobody", "This request cannot go on", "invalid_request"),
        (
            "/authorize?client_id=demo-web&response_type=code&redirect_uri=https://evil.test/",
            "This request cannot go on",
            "invalid_request",
        ),
        ("/authorize?interaction=over", "Start again", "expired"),
        ("/login?interaction=over", "Start again", "expired"),
        ("/consent?interaction=over", "Start again", "expired"),
        ("/nothing-here", "Nothing is here", "not_found"),
        ("/demo/web/act", "This address is not a page", "invalid_request"),
    ],
)
def test_what_cannot_go_on_says_so_with_its_code_and_a_request_id(
    visitor: Visitor, path: str, title: str, code: str
) -> None:
    visitor.open(path)

    expect(visitor.page.locator("h1")).to_have_text(title)
    values = visitor.page.locator("#error dd code").all_inner_texts()
    assert values[0] == code
    assert re.fullmatch(r"[0-9a-f]{16}", values[-1])


def test_the_request_id_on_the_page_is_the_one_in_the_header(visitor: Visitor) -> None:
    reply = visitor.page.goto(f"{visitor.site}/nothing-here")

    assert reply is not None
    assert visitor.page.locator("#error dd code").last.inner_text() == reply.headers["x-request-id"]


def test_a_language_nobody_here_speaks_is_answered_in_english(visitor: Visitor, application: Listener) -> None:
    visitor.open(application.request(visitor.site, ui_locales="tlh ../../etc/passwd"))

    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    expect(visitor.page.locator("h1")).to_have_text("Sign in")
