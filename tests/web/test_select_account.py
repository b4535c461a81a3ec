"""The page that asks which account is meant."""

import pytest
from tests.web.conftest import House, Visitor, back_to_authorize, csrf_in

from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.sessions.cookies import SESSION

pytestmark = pytest.mark.anyio


async def chosen(house: House, visitor: Visitor, handle: str) -> str | None:
    found = await house.interactions.resume(None, handle, house.browsers.identify(visitor.request("GET", "/", "", {})))
    assert found is not None
    return found.progress.chosen_sub


async def test_the_page_offers_who_is_signed_in_and_the_way_to_another(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor, prompt="select_account")
    await house.sign_in(visitor, handle)

    page = (await visitor.get(house.select_account.show, handle)).body.decode()

    assert "Continue as" in page
    assert "<strong>Alice Liddell</strong>" in page
    assert f'href="/login?interaction={handle}&amp;app=' in page


async def test_the_choice_is_kept_and_the_request_goes_on(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor, prompt="select_account")
    await house.sign_in(visitor, handle)

    reply = await visitor.fill(house.select_account.show, house.select_account.submit, handle)

    assert back_to_authorize(reply, handle)
    assert await chosen(house, visitor, handle) == "sub-alice"


async def test_a_choice_made_for_one_account_does_not_choose_the_next(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor, prompt="select_account")
    await house.sign_in(visitor, handle)
    token = csrf_in(await visitor.get(house.select_account.show, handle))
    await house.sign_in(visitor, handle, "bob")

    assert back_to_authorize(await visitor.post(house.select_account.submit, handle, {"csrf": token}), handle)
    assert await chosen(house, visitor, handle) is None


async def test_nobody_chooses_who_is_not_signed_in(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor, prompt="select_account")
    await house.sign_in(visitor, handle)
    token = csrf_in(await visitor.get(house.select_account.show, handle))
    del visitor.cookies[SESSION]

    with pytest.raises(HttpRefusal) as refused:
        await visitor.post(house.select_account.submit, handle, {})

    assert refused.value.status == 403
    assert back_to_authorize(await visitor.post(house.select_account.submit, handle, {"csrf": token}), handle)
    assert await chosen(house, visitor, handle) is None
    assert back_to_authorize(await visitor.get(house.select_account.show, handle), handle)
