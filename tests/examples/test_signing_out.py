"""Signing out of two applications at once, as somebody in front of the demo would."""

import pytest
from playwright.sync_api import expect
from tests.browser.accounts import Person
from tests.examples.conftest import Demo, NewVisitor
from tests.server_process import eventually

pytestmark = pytest.mark.browser


def test_who_signs_out_is_signed_out_of_every_application_they_used(
    demo: Demo, new_visitor: NewVisitor, person: Person
) -> None:
    visitor, shop = new_visitor(demo.site), demo.at["shop"]
    visitor.enter_demo(person)
    visitor.open(shop)
    visitor.page.click("#sign-in")
    visitor.allow()
    expect(visitor.page.locator("#name")).to_have_text(person.name)

    visitor.open("/logout")
    visitor.page.click("#submit")
    expect(visitor.page.locator("h1")).to_have_text("You are signed out")

    def is_out_of(site: str, sign: str) -> bool:
        visitor.open(site)
        return visitor.page.locator(sign).count() == 1

    eventually(lambda: is_out_of(shop, "#sign-in"), "the shop has heard of it")
    eventually(lambda: is_out_of(f"{demo.site}/demo/web", "#told-to-leave"), "the web application has heard of it")
