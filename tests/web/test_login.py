"""The sign-in page over real passwords, sessions and counters."""

import pytest
from tests.web.conftest import House, Visitor, back_to_authorize, csrf_in

from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.protocol.errors import OAuthError
from gatelodge.sessions.cookies import BROWSER, SESSION
from gatelodge.stores import audit

pytestmark = pytest.mark.anyio


async def test_the_page_says_where_the_person_goes_on_to(house: House) -> None:
    visitor = Visitor()

    page = await visitor.get(house.login.show, await house.park(visitor))

    assert page.status == 200
    assert "to continue to <strong>Orchard Shop</strong>" in page.body.decode()


async def test_the_right_password_signs_in_and_leads_back_to_authorize(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor)

    reply = await house.sign_in(visitor, handle)

    assert back_to_authorize(reply, handle)
    person = await house.browsers.signed_in(visitor.request("GET", "/", "", {}))
    assert person is not None
    assert person.sub == "sub-alice"


async def test_RED_22_the_answer_to_a_password_is_303_so_no_browser_sends_it_on(house: House) -> None:
    visitor = Visitor()

    assert (await house.sign_in(visitor, await house.park(visitor))).status == 303


async def test_WEB_04_every_sign_in_makes_a_new_session_value_and_ends_the_old_one(house: House) -> None:
    visitor = Visitor({SESSION: "planted"})
    handle = await house.park(visitor)
    await house.sign_in(visitor, handle)
    old = Visitor(dict(visitor.cookies))

    await house.sign_in(visitor, handle)

    assert len({"planted", old.cookies[SESSION], visitor.cookies[SESSION]}) == 3
    assert await house.browsers.signed_in(old.request("GET", "/", "", {})) is None


async def test_a_wrong_password_is_told_on_the_same_page_with_the_name_kept(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor)

    page = await visitor.fill(house.login.show, house.login.submit, handle, username="alice", password="wrong")

    assert page.status == 400
    assert 'role="alert"' in page.body.decode()
    assert 'value="alice"' in page.body.decode()
    assert SESSION not in visitor.cookies


async def test_unknown_people_and_wrong_passwords_get_the_same_page(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor)

    async def refused(username: str) -> tuple[int, str]:
        page = await visitor.fill(house.login.show, house.login.submit, handle, username=username, password="wrong")
        return page.status, page.body.decode().replace(username, "NAME")

    assert await refused("alice") == await refused("nobody-at-all")


@pytest.mark.parametrize(
    "fields", [{}, {"username": "alice"}, {"password": "wonderland"}, {"username": "\u202e", "password": "x"}]
)
async def test_an_incomplete_form_is_a_wrong_one(house: House, fields: dict[str, str]) -> None:
    visitor = Visitor()

    page = await visitor.fill(house.login.show, house.login.submit, await house.park(visitor), **fields)

    assert page.status == 400


async def test_too_many_tries_are_told_to_wait(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor)
    for _ in range(3):
        await visitor.fill(house.login.show, house.login.submit, handle, username="alice", password="wrong")

    page = await house.sign_in(visitor, handle)

    assert page.status == 429
    assert int(dict(page.headers)["retry-after"]) > 0
    assert "Wait 15 minutes" in page.body.decode()


async def test_HTTP_08_a_full_password_queue_is_told_to_wait_and_nothing_is_lost(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor)

    with house.passwords.slot(), house.passwords.slot():
        page = await house.sign_in(visitor, handle)

    assert page.status == 503
    assert "retry-after" in dict(page.headers)
    assert back_to_authorize(await house.sign_in(visitor, handle), handle)


async def test_a_login_hint_is_filled_in_and_shown_as_text(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor, login_hint='"><script>alert(1)</script>')

    page = (await visitor.get(house.login.show, handle)).body.decode()

    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in page


async def test_WEB_02_a_form_from_elsewhere_signs_nobody_in(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor)

    with pytest.raises(HttpRefusal) as refused:
        await visitor.post(house.login.submit, handle, {"username": "alice", "password": "wonderland"})

    assert refused.value.status == 403
    assert SESSION not in visitor.cookies


async def test_WEB_02_a_token_of_another_request_does_not_fit(house: House) -> None:
    visitor = Visitor()
    one, other = await house.park(visitor), await house.park(visitor)
    token = csrf_in(await visitor.get(house.login.show, one))

    page = await visitor.post(house.login.submit, other, {"csrf": token, "username": "alice", "password": "wonderland"})

    assert 'id="again"' in page.body.decode()
    assert 'value="alice"' not in page.body.decode()
    assert SESSION not in visitor.cookies


async def test_AZ_20_a_request_begun_in_one_browser_cannot_be_worked_on_in_another(house: House) -> None:
    attacker, victim = Visitor(), Visitor()
    handle = await house.park(attacker)
    await house.park(victim)

    with pytest.raises(HttpRefusal) as refused:
        await victim.get(house.login.show, handle)

    assert refused.value.status == 403
    assert refused.value.code == "expired"


@pytest.mark.parametrize("handle", ["", "x", "A" * 40, "..%2f", "A" * 5000])
async def test_AZ_19_a_handle_that_never_was_is_refused_like_one_that_is_over(house: House, handle: str) -> None:
    visitor = Visitor()
    await house.park(visitor)

    with pytest.raises(HttpRefusal) as refused:
        await visitor.get(house.login.show, handle)

    assert (refused.value.status, refused.value.code) == (403, "expired")


async def test_TAB_03_a_form_that_comes_late_signs_nobody_in_and_leads_to_where_it_begins_anew(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor)
    token = csrf_in(await visitor.get(house.login.show, handle))
    house.clock.at += 1800
    right: dict[str, str | list[str]] = {"csrf": token, "username": "alice", "password": "wonderland"}

    for reply in (await visitor.get(house.login.show, handle), await visitor.post(house.login.submit, handle, right)):
        assert back_to_authorize(reply, handle)
    assert SESSION not in visitor.cookies


async def test_TAB_03_what_is_forgotten_has_expired(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor)
    house.clock.at += 1800 + 86_400

    with pytest.raises(HttpRefusal) as refused:
        await visitor.get(house.login.show, handle)

    assert (refused.value.status, refused.value.code, refused.value.onward) == (403, "expired", None)


async def test_a_browser_without_cookies_is_told_to_start_again(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor)
    visitor.lose(BROWSER)

    with pytest.raises(HttpRefusal):
        await visitor.get(house.login.show, handle)


async def test_a_repeated_field_is_refused(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor)
    token = csrf_in(await visitor.get(house.login.show, handle))

    with pytest.raises(OAuthError):
        await visitor.post(house.login.submit, handle, {"csrf": token, "username": ["alice", "bob"], "password": "x"})


async def test_signing_in_is_in_the_audit_trail_without_what_was_typed(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor)
    await visitor.fill(house.login.show, house.login.submit, handle, username="alice", password="a-wrong-secret")
    await house.sign_in(visitor, handle)

    entries = await house.db.read(audit.list_recent, 10)

    assert [entry.event for entry in entries] == ["signed_in", "sign_in_failed"]
    assert "a-wrong-secret" not in repr(entries)
