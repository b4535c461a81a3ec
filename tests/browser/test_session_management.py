"""A page of another site asks the frame whether somebody is still signed in, as its specification has it do."""

import pytest
from playwright.sync_api import Page
from tests.browser.accounts import Person
from tests.browser.conftest import Demo
from tests.browser.listener import CLIENT_ID, Listener
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

PAGE = (
    '<!doctype html><link rel="icon" href="data:,"><title>An application</title><iframe id="op" src="{frame}"></iframe>'
)
ASK = """([message, origin]) => new Promise((resolve) => {
  addEventListener("message", (event) => event.origin === origin && resolve(event.data), { once: true });
  document.getElementById("op").contentWindow.postMessage(message, origin);
})"""


def test_an_application_sees_that_somebody_signed_out(
    visitor: Visitor, person: Person, application: Listener, demo: Demo
) -> None:
    visitor.open(application.request(demo.site))
    visitor.sign_in(person)
    visitor.allow()
    said = application.answer().members["session_state"]

    there = f"{application.uri.rpartition('/')[0]}/page"
    rp: Page = visitor.context.new_page()
    rp.route(
        there,
        lambda route: route.fulfill(body=PAGE.format(frame=f"{demo.site}/check-session"), content_type="text/html"),
    )
    rp.goto(there)

    def asked(message: str) -> str:
        return rp.evaluate(ASK, [message, demo.site])

    assert asked(f"{CLIENT_ID} {said}") == "unchanged"
    assert asked(f"another {said}") == "changed"
    assert asked("nothing that is understood") == "error"

    visitor.open("/logout")
    visitor.page.click("button[value=sign_out]")
    visitor.page.wait_for_load_state()

    assert asked(f"{CLIENT_ID} {said}") == "changed"
