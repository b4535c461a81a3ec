"""Signing in through real other providers: there on their own pages, back here, and out of both at once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser import upstreams
from tests.browser.accounts import Person
from tests.browser.conftest import Demo, NewVisitor
from tests.browser.visitor import Visitor
from tests.server_process import eventually

pytestmark = [pytest.mark.browser, pytest.mark.interop]

DORA = Person("dora", "a password of dora's own", "Dora", "dora@example.org")


def come(visitor: Visitor, name: str, there: Callable[[], None]) -> None:
    """Press the button of a provider on our sign-in page, and prove oneself `there`."""
    visitor.open("/account")
    visitor.page.click(f"a[href*='/login/with/{name}?']")
    there()
    visitor.page.wait_for_url(f"{visitor.site}/**")
    visitor.decline_passkey()


def is_signed_in(visitor: Visitor) -> bool:
    visitor.open("/account")
    return visitor.page.locator("#to-links").count() == 1


def test_people_come_from_a_second_gatelodge_and_leave_with_it(
    demo: Demo, new_visitor: NewVisitor, tmp_path: Path
) -> None:
    visitor = new_visitor()
    with upstreams.second_gatelodge(demo, tmp_path / "second", DORA) as issuer:

        def prove() -> None:
            visitor.sign_in(DORA)
            visitor.allow()

        come(visitor, "second", prove)
        expect(visitor.page.locator("#to-links")).to_be_visible()
        expect(visitor.page.locator(".self")).to_contain_text(DORA.email)
        visitor.open("/demo/web/login")
        visitor.allow()
        expect(visitor.page.locator("#signed-in")).to_contain_text(DORA.name)

        visitor.open(f"{issuer}/logout")
        visitor.page.click("#submit")
        expect(visitor.page.locator("h1")).to_have_text("You are signed out")

        eventually(lambda: not is_signed_in(visitor), "who signed out there is signed out here")
        visitor.open("/demo/web")
        eventually(lambda: visitor.page.reload() and visitor.page.locator("#told-to-leave").count() == 1, "and there")


def test_people_come_from_npm_oidc_provider_connect_what_they_have_and_leave_with_it(
    demo: Demo, new_visitor: NewVisitor, person: Person, tmp_path: Path
) -> None:
    visitor, owner = new_visitor(), new_visitor()
    with upstreams.npm_oidc_provider(demo, tmp_path) as issuer:

        def prove(at: Visitor, login: str) -> None:
            at.page.fill("input[name=login]", login)
            at.page.fill("input[name=password]", "anything")
            at.page.click("button[type=submit]")
            at.page.wait_for_url("**/interaction/**")
            at.page.click("button[type=submit]")

        come(visitor, "npm", lambda: prove(visitor, "grace"))
        expect(visitor.page.locator(".self")).to_contain_text("grace@example.org")

        owner.open("/account/links")
        owner.sign_in(person)
        owner.page.click("form:has(input[value=npm]) button")
        prove(owner, person.username)
        owner.page.wait_for_url(f"{owner.site}/account/links**")
        expect(owner.page.locator("main")).to_contain_text(f"{person.username}@example.org")

        visitor.open(f"{issuer}/session/end")
        visitor.page.click("button[name=logout]")
        eventually(lambda: not is_signed_in(visitor), "who signed out there is signed out here")
        assert is_signed_in(owner), "nobody else is"
    for one in (visitor, owner):  # the provider's page wants a font from elsewhere
        one.complaints[:] = [said for said in one.complaints if one.site in said]
