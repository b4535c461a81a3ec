"""The other applications: a single-page one, and one that runs on the person's own machine."""

import pytest
from playwright.sync_api import expect
from tests.browser.accounts import Person
from tests.browser.listener import Listener, listening
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def enter(visitor: Visitor, person: Person) -> None:
    """Sign in at the single-page application."""
    visitor.open("/demo/spa")
    visitor.page.click("#start")
    visitor.sign_in(person)
    visitor.allow()
    visitor.page.wait_for_selector("#signed-in:not([hidden])")


def test_a_second_application_asks_for_its_own_consent_but_for_no_password(visitor: Visitor, person: Person) -> None:
    visitor.enter_demo(person)

    visitor.open("/demo/spa")
    visitor.page.click("#start")

    expect(visitor.page.locator("h1")).to_have_text("Allow Demo single-page app?")
    assert visitor.page.locator(".before").count() == 0
    visitor.allow()
    expect(visitor.page.locator("#signed-in")).to_be_visible()


def test_a_single_page_application_gets_refreshes_and_revokes_its_tokens(visitor: Visitor, person: Person) -> None:
    enter(visitor, person)
    titles = visitor.page.locator("#steps h2")
    expect(titles).to_have_text(["What came back", "Code exchange: 200", "ID token"])

    visitor.page.click("#userinfo")
    expect(titles.last).to_have_text("UserInfo: 200")
    with visitor.page.expect_response("**/token") as response:
        visitor.page.click("#refresh")
    expect(titles.nth(4)).to_have_text("Refresh: 200")
    assert response.value.json()["refresh_token"].startswith("glr_")
    visitor.page.click("#revoke")
    expect(titles.last).to_have_text("Revocation: 200")
    visitor.page.click("#userinfo")
    expect(titles.last).to_have_text("UserInfo: 401")


def test_every_refresh_gives_another_refresh_token(visitor: Visitor, person: Person) -> None:
    enter(visitor, person)
    tokens: list[str] = []

    for _ in range(3):
        with visitor.page.expect_response("**/token") as response:
            visitor.page.click("#refresh")
        tokens.append(response.value.json()["refresh_token"])
        expect(visitor.page.locator("#steps h2", has_text="Refresh: 200")).to_have_count(len(tokens))

    assert len(set(tokens)) == 3


def test_a_single_page_application_leaves_neither_code_nor_token_in_the_address(
    visitor: Visitor, person: Person
) -> None:
    enter(visitor, person)

    assert visitor.page.url == f"{visitor.site}/demo/spa/callback"


def test_the_answer_of_another_tab_is_refused_by_a_single_page_application(visitor: Visitor) -> None:
    visitor.open("/demo/spa/callback?code=c&state=forged")

    expect(visitor.page.locator("#problem")).to_contain_text("belongs to no request of this page")


def test_a_single_page_application_signs_out(visitor: Visitor, person: Person) -> None:
    enter(visitor, person)

    visitor.page.click("#sign-out")

    expect(visitor.page).to_have_url(f"{visitor.site}/demo/spa")
    visitor.page.click("#start")
    expect(visitor.page.locator("#password")).to_be_visible()


def test_a_native_application_gets_its_code_on_any_loopback_port(
    visitor: Visitor, person: Person, application: Listener
) -> None:
    visitor.open(application.request(visitor.site))
    visitor.sign_in(person)
    expect(visitor.page.locator("header p")).to_contain_text("A program on this device asks to use your account.")
    expect(visitor.page.locator(".onward")).to_contain_text("Your browser goes to 127.0.0.1:")
    visitor.allow()

    answer = application.answer()
    assert (answer.method, set(answer.members)) == ("GET", {"code", "state", "iss"})
    assert (answer.members["state"], answer.members["iss"]) == (application.asked.state, visitor.site)
    assert application.exchange(visitor.site, answer)["scope"] == "openid email"
    with listening() as elsewhere:  # whoever takes a port may pose as the application, so the person is asked each time
        visitor.open(elsewhere.request(visitor.site))
        visitor.allow()
        assert elsewhere.exchange(visitor.site, elsewhere.answer())["token_type"] == "Bearer"


def test_who_is_asked_for_more_is_told_what_was_allowed_before(visitor: Visitor, person: Person) -> None:
    visitor.open("/demo/web/login")
    visitor.sign_in(person)
    visitor.page.uncheck("input[value=profile]")
    visitor.page.uncheck("input[value=offline_access]")
    visitor.allow()
    visitor.page.wait_for_selector("#signed-in")

    visitor.open("/demo/web/login")

    expect(visitor.page.locator(".before li")).to_have_text(["Your e-mail address", "See your orders"])
    expect(visitor.page.locator("label.scope")).to_have_count(2)
    visitor.page.uncheck("input[value=profile]")
    visitor.allow()
    expect(visitor.page.locator("pre").nth(1)).to_contain_text('"scope": "openid email offline_access orders:read"')


@pytest.mark.parametrize("flow", ["id_token token", "code id_token"])
def test_what_came_before_still_runs_in_the_demo(visitor: Visitor, person: Person, flow: str) -> None:
    visitor.open("/demo/legacy")
    visitor.page.get_by_role("link", name=flow, exact=True).click()
    visitor.sign_in(person)
    visitor.allow()

    expect(visitor.page.locator("#state")).to_have_text("state and iss match")
    expect(visitor.page.locator("#nonce")).to_have_text("nonce matches")
    assert "#" not in visitor.page.url


def test_an_answer_of_another_server_is_not_taken(visitor: Visitor, person: Person) -> None:
    visitor.open("/demo/legacy")
    visitor.page.get_by_role("link", name="id_token token", exact=True).click()
    visitor.sign_in(person)
    visitor.allow()
    expect(visitor.page.locator("#state")).to_have_text("state and iss match")
    shown = visitor.page.locator("#answer").get_attribute("data-state")

    visitor.open("/demo/legacy")
    visitor.open(f"/demo/legacy/callback#access_token=x&state={shown}&iss=https://evil.test")

    expect(visitor.page.locator("#state")).to_have_text("iss does not match: another server sent this")
    assert "#" not in visitor.page.url
