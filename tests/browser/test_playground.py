"""The playground in a real browser: chosen, run, broken, decoded, with and without scripts, on a phone, by keyboard."""

import time
from base64 import b32decode
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.accounts import Person
from tests.browser.conftest import Demo, NewVisitor
from tests.browser.upstreams import CAROL, second_gatelodge
from tests.browser.visitor import Visitor

from gatelodge.protocol.totp import code_at, step_of

pytestmark = pytest.mark.browser
FLOWS = ["code", "public", "machine", "bound", "refresh", "step_up", "logout", "implicit", "hybrid", "password"]


def run(visitor: Visitor, flow: str, person: Person) -> None:
    """Walk through a flow to its end."""
    visitor.open(f"/playground/{flow}")
    run_on(visitor, person)


def run_on(visitor: Visitor, person: Person) -> None:
    """Walk on through a flow that is open, to its end; what takes its time in the background is looked for again."""
    for _ in range(20):
        said = visitor.page.inner_text("#next")
        if said == "Start over":
            return
        press(visitor, person)
        if visitor.page.inner_text("#next") == said:
            visitor.page.wait_for_timeout(500)
    pytest.fail(f"{visitor.page.url} does not end: {visitor.text()}")


def press(visitor: Visitor, person: Person) -> None:
    """Press the button for what is next, and do what the server asks."""
    page = visitor.page
    if page.locator("#password").count():
        page.fill("#username", person.username)
        page.fill("#password", person.password)
    page.click("#next")
    if page.url.startswith(f"{visitor.site}/login"):
        visitor.sign_in(person)
    if page.url.startswith(f"{visitor.site}/login/set-up"):
        set_up_app(page)
    if page.url.startswith(f"{visitor.site}/consent"):
        visitor.allow()
    expect(page.locator("#messages")).to_be_visible()


def set_up_app(page: Page) -> None:
    """Set up an authenticator app in the sign-in, and keep the recovery codes that come with it."""
    seed = b32decode((page.text_content("#seed") or "").replace(" ", ""))
    page.fill("#code", code_at(seed, step_of(int(time.time()))))
    page.click("#submit")
    page.wait_for_selector("#codes")
    with page.expect_navigation():
        page.click("#submit")


def attempt(page: Page, act: str) -> None:
    """Press one of the buttons that break it."""
    page.click("#break summary")
    page.click(f"button[value={act}]")


@pytest.mark.parametrize("flow", FLOWS)
def test_every_flow_runs_and_draws_itself(visitor: Visitor, person: Person, flow: str) -> None:
    run(visitor, flow, person)

    expect(visitor.page.locator(".sequence.large .ghost")).to_have_count(0)
    expect(visitor.page.locator(".sequence.large a.refused")).to_have_count(0)
    expect(visitor.page.locator("#tokens")).to_have_count(0 if flow == "logout" else 1)


def test_a_sign_in_with_another_provider_runs_and_draws_itself(
    demo: Demo, new_visitor: NewVisitor, tmp_path: Path
) -> None:
    visitor = new_visitor(viewport={"width": 320, "height": 640})
    with second_gatelodge(demo, tmp_path / "second"):
        visitor.open("/playground/other_provider")
        visitor.page.click("#next")
        visitor.page.click("a[href*='/login/with/second?']")
        visitor.sign_in(CAROL)
        visitor.allow()
        visitor.page.wait_for_url(f"{visitor.site}/**")
        visitor.decline_passkey()
        visitor.allow()
        run_on(visitor, CAROL)

    expect(visitor.page.locator(".sequence.small .ghost")).to_have_count(0)
    expect(visitor.page.locator("main")).to_contain_text("an ID token: iss, sub")
    assert visitor.width_of_content() <= 320


def test_the_answers_choose_the_flow_at_once(visitor: Visitor) -> None:
    visitor.open("/playground")
    expect(visitor.page.locator("#answer h2")).to_have_text("Authorization code with PKCE")
    visitor.page.check("input[name=person][value=no]")

    expect(visitor.page.locator("#answer h2")).to_have_text("Client credentials")
    visitor.page.click("#go")
    expect(visitor.page.locator("h1")).to_have_text("Client credentials")


def test_a_message_opens_where_it_is_selected(visitor: Visitor, person: Person) -> None:
    visitor.open("/playground/code")
    press(visitor, person)
    expect(visitor.page.locator("#m3")).not_to_have_attribute("open", "")
    visitor.page.click(".sequence.large a[data-message=m3]")

    expect(visitor.page.locator("#m3 pre")).to_contain_text("code_challenge_method=S256")
    expect(visitor.page.locator("#m3 summary")).to_be_focused()


def test_secrets_show_when_asked(visitor: Visitor, person: Person) -> None:
    run(visitor, "code", person)
    masked = visitor.page.locator("pre.whole").first
    expect(masked).to_have_text("eyJhbG…")
    visitor.page.click("#show")
    visitor.page.wait_for_selector("#hide")

    assert len(visitor.page.locator("pre.whole").first.inner_text()) > 400
    visitor.page.click("#hide")
    expect(visitor.page.locator("pre.whole").first).to_have_text("eyJhbG…")


@pytest.mark.parametrize(
    ("act", "who"),
    [("state_missing", "application"), ("state_changed", "application"), ("redirect_changed", "server")],
)
def test_what_is_broken_before_the_sign_in_is_refused(visitor: Visitor, act: str, who: str) -> None:
    visitor.open("/playground/code")
    attempt(visitor.page, act)

    expect(visitor.page.locator("#refused")).to_contain_text(f"The {who} refused it")
    expect(visitor.page.locator(".sequence.large a.refused")).to_have_count(1)


def test_a_wider_scope_comes_back_as_an_error(visitor: Visitor) -> None:
    visitor.open("/playground/code")
    attempt(visitor.page, "scope_wider")

    expect(visitor.page.locator("#refused")).to_contain_text("orders:write")


def test_a_foreign_answer_in_the_fragment_is_refused_too(visitor: Visitor) -> None:
    visitor.open("/playground/implicit")
    attempt(visitor.page, "state_changed")

    expect(visitor.page.locator("#refused")).to_contain_text("client.state")


@pytest.mark.parametrize(
    ("flow", "act", "section"),
    [
        ("implicit", "id_token_forged", "OIDC Core 3.2.2.11 client.signature"),
        ("implicit", "token_swapped", "OIDC Core 3.2.2.9 client.at_hash"),
        ("hybrid", "id_token_forged", "OIDC Core 3.2.2.11 client.signature"),
        ("hybrid", "code_swapped", "OIDC Core 3.3.2.10 client.c_hash"),
    ],
)
def test_an_answer_that_is_changed_in_the_browser_is_refused(
    visitor: Visitor, person: Person, flow: str, act: str, section: str
) -> None:
    visitor.open(f"/playground/{flow}")
    attempt(visitor.page, act)
    visitor.sign_in(person)
    visitor.allow()

    expect(visitor.page.locator("#refused")).to_contain_text("The application refused it")
    expect(visitor.page.locator("#refused")).to_contain_text(section)
    expect(visitor.page.locator(".sequence.large a.refused")).to_have_count(1)
    expect(visitor.page.locator("#tokens")).to_have_count(0)


def test_a_refusal_leads_to_the_inspector(visitor: Visitor, person: Person) -> None:
    run(visitor, "code", person)
    attempt(visitor.page, "code_replayed")
    visitor.page.click("#refused a")

    expect(visitor.page.locator("#refusal")).to_contain_text("a code is used once")


def test_a_code_that_waits_to_expire_is_counted_down(visitor: Visitor, person: Person) -> None:
    visitor.open("/playground/code")
    press(visitor, person)
    attempt(visitor.page, "code_expired")

    expect(visitor.page.locator("#countdown")).to_contain_text("seconds")
    expect(visitor.page.locator("#next")).to_be_disabled()


def test_without_scripts_everything_works(new_visitor: NewVisitor, person: Person) -> None:
    visitor = new_visitor(java_script_enabled=False)
    page = visitor.page
    visitor.open("/playground")
    page.check("input[name=secret][value=no]")
    page.click("#ask")
    page.click("#go")
    expect(page.locator("h1")).to_have_text("Authorization code with PKCE, public client")
    run(visitor, "code", person)
    page.click(".sequence.large a[data-message=m7]")
    expect(page.locator("#m7 pre").first).to_contain_text("POST /token")
    attempt(page, "refresh_replayed")
    expect(page.locator("#refused")).to_contain_text("refresh.once")


def test_without_scripts_the_fragment_is_copied_by_hand(new_visitor: NewVisitor, person: Person) -> None:
    visitor = new_visitor(java_script_enabled=False)
    page = visitor.page
    visitor.open("/playground/implicit")
    page.click("#next")
    visitor.sign_in(person)
    visitor.allow()
    page.fill("#fragment", page.url)
    page.click("#answer button")

    expect(page.locator("#tokens")).to_be_visible()


def test_the_keyboard_is_enough(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/playground/machine")
    page.locator("#next").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tokens")).to_be_visible()
    page.locator(".sequence.large a").first.focus()
    assert page.evaluate("getComputedStyle(document.activeElement.querySelector('.hit')).stroke") != "none"
    page.keyboard.press("Enter")

    expect(page.locator("#m1 pre").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("flow", ["code", "machine", "implicit"])
def test_on_a_phone_nothing_is_scrolled_sideways(
    new_visitor: NewVisitor, person: Person, flow: str, scheme: str
) -> None:
    visitor = new_visitor(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    widths: dict[str, int] = {}
    visitor.open("/playground")
    widths["questions"] = visitor.width_of_content()
    visitor.open(f"/playground/{flow}")
    widths["before"] = visitor.width_of_content()
    run(visitor, flow, person)
    visitor.page.click("#show")
    visitor.page.wait_for_selector("#hide")
    visitor.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    widths["everything open"] = visitor.width_of_content()
    expect(visitor.page.locator(".sequence.small")).to_be_visible()

    assert {name: width for name, width in widths.items() if width > 320} == {}


def test_buttons_can_be_hit_with_a_thumb(new_visitor: NewVisitor, person: Person) -> None:
    visitor = new_visitor(viewport={"width": 320, "height": 640})
    run(visitor, "code", person)
    visitor.page.click("#break summary")
    for control in visitor.page.locator("main button:visible:not(.copy), main summary:visible").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 44, control.inner_text()


def test_code_that_is_opened_stays_where_it_was(visitor: Visitor) -> None:
    visitor.open("/playground/public")
    summary = visitor.page.locator(".snippet:has(#code-public-python) summary")
    summary.scroll_into_view_if_needed()
    before = summary.bounding_box()
    summary.click()

    expect(visitor.page.locator("#code-public-python")).to_be_visible()
    assert before is not None
    assert summary.bounding_box() == before


def test_names_fit_their_boxes_on_a_phone(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(viewport={"width": 360, "height": 640})
    visitor.open("/playground/code")
    wide = visitor.page.eval_on_selector_all(
        ".sequence.small .name",
        "all => all.filter(one => one.getBBox().width > one.previousElementSibling.getBBox().width)"
        ".map(one => one.textContent)",
    )

    assert wide == []
