"""The web shop, clicked through."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect
from tests.browser.accounts import Person
from tests.browser.visitor import Visitor
from tests.examples.conftest import Demo, NewVisitor
from tests.ports import free_port
from tests.server_process import answers, eventually

from gatelodge.demo import data as demo_data

pytestmark = pytest.mark.browser
SAMPLES = ["a looking glass", "a pocket watch"]


@pytest.fixture
def visitor(demo: Demo, new_visitor: NewVisitor) -> Visitor:
    return new_visitor(demo.at["shop"])


def enter(visitor: Visitor, person: Person, *without: str) -> None:
    """Sign in at the shop, and allow what it asks except some of it."""
    visitor.open("/")
    visitor.page.click("#sign-in")
    visitor.sign_in(person)
    for scope in without:
        visitor.page.uncheck(f'input[value="{scope}"]')
    visitor.allow()


def test_somebody_signs_in_and_sees_their_orders(visitor: Visitor, person: Person) -> None:
    enter(visitor, person)

    expect(visitor.page).to_have_url(visitor.site + "/")
    expect(visitor.page.locator("#name")).to_have_text(person.name)
    expect(visitor.page.locator("#orders li")).to_have_text(SAMPLES[::-1])


def test_an_order_is_placed_for_whoever_is_signed_in(visitor: Visitor, person: Person) -> None:
    enter(visitor, person)

    visitor.page.click("text=Order a mock turtle soup")

    expect(visitor.page.locator("#orders li")).to_have_text(["a mock turtle soup", *reversed(SAMPLES)])


def test_what_was_not_allowed_is_not_done(visitor: Visitor, person: Person) -> None:
    enter(visitor, person, "orders:write")
    expect(visitor.page.locator("#orders li")).to_have_text(SAMPLES[::-1])

    answer = visitor.context.request.post(f"{visitor.site}/buy/0", headers={"origin": visitor.site})

    assert answer.status == 403
    assert "You did not allow the shop to do that" in answer.text()


def test_whoever_removes_the_shop_from_their_account_sees_its_token_die(
    demo: Demo, visitor: Visitor, person: Person
) -> None:
    enter(visitor, person)
    expect(visitor.page.locator("#orders li")).to_have_text(SAMPLES[::-1])
    shop = visitor.context.new_page()
    shop.goto(visitor.site)

    visitor.open(f"{demo.site}/account/apps")
    visitor.page.click("text=Remove Looking-Glass Shop")
    shop.click("text=Order a mock turtle soup")

    expect(shop.locator("#problem")).to_contain_text("or took it back")
    shop.goto(visitor.site)
    expect(shop.locator("#problem")).to_be_visible()


def test_another_sites_form_orders_nothing(visitor: Visitor, person: Person) -> None:
    enter(visitor, person)
    expect(visitor.page.locator("#name")).to_be_visible()

    answer = visitor.context.request.post(f"{visitor.site}/buy/0", headers={"origin": "http://localhost:1"})

    assert answer.status == 403
    visitor.open("/")
    expect(visitor.page.locator("#orders li")).to_have_text(SAMPLES[::-1])


def test_no_token_reaches_the_browser_or_lies_open_on_the_disk(demo: Demo, visitor: Visitor, person: Person) -> None:
    enter(visitor, person)
    expect(visitor.page.locator("#name")).to_be_visible()

    cookies = {cookie.get("name", ""): cookie.get("value", "") for cookie in visitor.context.cookies()}
    assert {name for name in cookies if "shop" in name} == {"shop-session", "shop-signin"}
    assert not any(value.startswith(("eyJ", "glr_")) for value in cookies.values())
    assert visitor.page.evaluate("localStorage.length + sessionStorage.length") == 0
    kept = b"".join(file.read_bytes() for file in (demo.folder / "data").glob("shop.db*"))
    assert kept
    assert not any(secret in kept for secret in (b"glr_", b"eyJ", person.email.encode()))


def test_access_is_renewed_in_the_background_before_it_ends(
    demo: Demo, visitor: Visitor, new_visitor: NewVisitor, person: Person
) -> None:
    witness = new_visitor(visitor.site)  # looks at the count, and has a token of the usual lifetime
    enter(witness, demo.accounts.new_person())
    expect(witness.page.locator("#name")).to_be_visible()
    before = renewals(witness)
    orders = demo_data.api(demo.site)
    demo.accounts.change_api(replace(orders, lifetime=4))
    try:
        enter(visitor, person)
        expect(visitor.page.locator("#name")).to_be_visible()

        eventually(lambda: renewals(witness) > before, "it is renewed while its person asks for nothing")

        visitor.open("/")
        expect(visitor.page.locator("#orders li")).to_have_text(SAMPLES[::-1])
    finally:
        demo.accounts.change_api(orders)


def renewals(visitor: Visitor) -> int:
    """How many tokens the shop has renewed."""
    visitor.open("/")
    return int(visitor.page.inner_text("#renewals"))


def test_whoever_allows_no_orders_is_told_why_there_are_none(visitor: Visitor, person: Person) -> None:
    enter(visitor, person, "orders:read", "orders:write")

    expect(visitor.page.locator("#problem")).to_contain_text("You did not allow the shop to do that")


def test_signing_out_ends_it_here_and_at_the_server(visitor: Visitor, person: Person) -> None:
    enter(visitor, person)

    visitor.page.click("#sign-out")

    expect(visitor.page).to_have_url(visitor.site + "/")
    visitor.page.click("#sign-in")
    expect(visitor.page.locator("#password")).to_be_visible()


def test_an_answer_nobody_asked_for_is_refused_and_says_why(visitor: Visitor) -> None:
    visitor.open("/callback?code=c&state=forged")

    expect(visitor.page.locator("main")).to_contain_text("this sign-in was not begun here")
    expect(visitor.page.locator("main")).to_have_css("max-width", "576px")  # its policy lets its style in
    visitor.open("/")
    expect(visitor.page.locator("#sign-in")).to_be_visible()


def test_a_shop_that_has_another_key_reads_nothing_and_still_works(
    demo: Demo, visitor: Visitor, person: Person
) -> None:
    enter(visitor, person)
    expect(visitor.page.locator("#name")).to_be_visible()
    port = free_port()
    site = f"http://localhost:{port}"

    store = str(demo.folder / "data" / "shop.db")  # the same, and cookies know no ports
    with demo.start("shop/app.py", PORT=str(port), SHOP_STORE=store, SHOP_KEY="k" * 40):
        eventually(lambda: answers(site), "the shop alone")
        visitor.open(site)
        expect(visitor.page.locator("#sign-in")).to_be_visible()
