"""The page that asks before somebody is signed out."""

import pytest
from msgspec.structs import replace
from tests.web.conftest import House, Visitor, csrf_in

from gatelodge.endpoints.end_session import Farewell
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.protocol.params import Params
from gatelodge.sessions.cookies import BROWSER

pytestmark = pytest.mark.anyio


def asked(house: House, visitor: Visitor, query: str = "") -> str:
    """Show the page and return its token."""
    params = Params.parse(query.encode())
    page = visitor.take(house.logout.ask(visitor.request("GET", "/logout", query, {}), params, house.alice, "Shop"))
    return csrf_in(page)


async def test_the_page_says_who_is_signed_out_on_whose_behalf(house: House) -> None:
    visitor = Visitor()
    params = Params.parse(b"state=s&post_logout_redirect_uri=https%3A%2F%2Frp.test%2Fbye&other=x")

    page = house.logout.ask(visitor.request("GET", "/logout", "", {}), params, house.alice, "Shop").body.decode()

    assert "Alice Liddell" in page
    assert "<strong>Shop</strong> asks to sign you out here." in page
    assert 'name="post_logout_redirect_uri" value="https://rp.test/bye"' in page
    assert 'name="state" value="s"' in page
    assert "other" not in page.partition("<form")[2].partition("</form>")[0]


async def test_a_browser_that_lost_its_name_gets_one_with_the_page(house: House) -> None:
    visitor = Visitor()

    asked(house, visitor)

    assert [name for name in visitor.cookies if name.startswith(BROWSER)]


@pytest.mark.parametrize(("decision", "confirmed"), [("sign_out", True), ("stay", False), ("", False)])
async def test_only_yes_signs_out(house: House, decision: str, confirmed: bool) -> None:
    visitor = Visitor()
    token = asked(house, visitor)
    request = visitor.request("POST", "/logout", "", {"csrf": token, "decision": decision})

    assert house.logout.is_answer(request)
    assert house.logout.confirmed(request, "sub-alice") is confirmed


async def test_WEB_11_a_form_from_elsewhere_signs_nobody_out(house: House) -> None:
    visitor = Visitor()
    asked(house, visitor)
    guess = visitor.request("POST", "/logout", "", {"csrf": "guess", "decision": "sign_out"})
    guess = replace(guess, headers={"sec-fetch-site": "same-site"})

    with pytest.raises(HttpRefusal) as refused:
        house.logout.confirmed(guess, "sub-alice")

    assert refused.value.status == 403


async def test_a_page_shown_to_one_person_does_not_sign_out_the_next(house: House) -> None:
    visitor = Visitor()
    token = asked(house, visitor)

    late = visitor.request("POST", "/logout", "", {"csrf": token, "decision": "sign_out"})

    assert house.logout.confirmed(late, "sub-bob") is None


async def test_a_clients_own_request_is_no_answer_to_our_page(house: House) -> None:
    assert not house.logout.is_answer(Visitor().request("POST", "/logout", "", {"client_id": "shop", "state": "s"}))


async def test_the_last_pages_say_what_happened(house: House) -> None:
    assert "You are signed out" in house.logout.done(Farewell(), ()).body.decode()
    assert "You are still signed in" in house.logout.stayed(()).body.decode()
