"""The consent page: who may answer it, what the answer can and cannot do."""

import re
from dataclasses import replace

import pytest
from tests.web.conftest import ORDERS, SHOP, House, Visitor, back_to_authorize, csrf_in

from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.protocol.progress import ConsentAnswer, Progress
from gatelodge.protocol.targets import permission
from gatelodge.sessions.cookies import SESSION
from gatelodge.stores import audit, clients, consents
from gatelodge.stores.consents import Consent

pytestmark = pytest.mark.anyio
EVERYTHING = ["email", "orders:read", "orders:write"]
READ_THERE = permission(ORDERS.identifier, "orders:read")


async def signed_in(house: House, **changes: str) -> tuple[Visitor, str]:
    visitor = Visitor()
    handle = await house.park(visitor, **changes)
    await house.sign_in(visitor, handle)
    return visitor, handle


async def granted(house: House) -> Consent | None:
    return await house.db.read(consents.granted, house.alice.id, "shop")


async def progress_of(house: House, visitor: Visitor, handle: str) -> Progress:
    found = await house.interactions.resume(None, handle, house.browsers.identify(visitor.request("GET", "/", "", {})))
    assert found is not None
    return found.progress


async def answer(house: House, visitor: Visitor, handle: str, decision: str, scope: list[str]) -> bool:
    reply = await visitor.fill(house.consent.show, house.consent.submit, handle, decision=decision, scope=scope)
    return back_to_authorize(reply, handle)


async def test_the_page_says_who_asks_for_what_and_where_the_browser_goes(house: House) -> None:
    visitor, handle = await signed_in(house, scope="openid email offline_access orders:read")

    page = re.sub(r"<[^>]+>|\s+", " ", (await visitor.get(house.consent.show, handle)).body.decode())

    assert "Allow Orchard Shop?" in page
    assert "Alice Liddell" in page
    assert "alice@example.test" in page
    assert "In Orders it asks to" in page
    assert "See your orders" in page
    assert "Stay connected when you are away" in page
    assert re.search(r"Your browser goes to\s+rp\.test\s+next", page)


async def test_each_optional_scope_is_a_box_and_openid_is_not(house: House) -> None:
    visitor, handle = await signed_in(house)

    page = (await visitor.get(house.consent.show, handle)).body.decode()

    assert re.findall(r'type="checkbox" name="scope" value="([^"]+)" checked', page) == EVERYTHING
    assert "Required" in page


async def test_what_is_allowed_is_kept_and_the_request_goes_on(house: House) -> None:
    visitor, handle = await signed_in(house)

    assert await answer(house, visitor, handle, "allow", EVERYTHING)

    consent = await granted(house)
    assert consent is not None
    assert consent.scopes == {"openid", *EVERYTHING}
    assert consent.resources == {ORDERS.identifier, READ_THERE, permission(ORDERS.identifier, "orders:write")}


async def test_what_is_left_out_is_not_allowed_and_what_was_asked_is_remembered_for_this_request(house: House) -> None:
    visitor, handle = await signed_in(house)

    await answer(house, visitor, handle, "allow", ["orders:read"])

    consent = await granted(house)
    assert consent is not None
    assert consent.scopes == {"openid", "orders:read"}
    assert consent.resources == {ORDERS.identifier, READ_THERE}
    expected = ConsentAnswer(
        "sub-alice",
        ("openid", *EVERYTHING),
        ("openid", "orders:read"),
        (ORDERS.identifier,),
        permissions=(READ_THERE,),
        refused=(permission(ORDERS.identifier, "orders:write"),),
    )
    assert (await progress_of(house, visitor, handle)).consent == expected


async def test_AZ_26_what_is_unticked_when_asked_again_is_not_granted_the_next_time(house: House) -> None:
    visitor, handle = await signed_in(house)
    await answer(house, visitor, handle, "allow", EVERYTHING)

    again = await house.park(visitor, prompt="consent")
    await answer(house, visitor, again, "allow", ["email", "orders:read"])

    consent = await granted(house)
    assert consent is not None
    assert consent.scopes == {"openid", "email", "orders:read"}
    assert consent.resources == {ORDERS.identifier, READ_THERE}
    page = (await visitor.get(house.consent.show, await house.park(visitor))).body.decode()
    assert re.findall(r'name="scope" value="([^"]+)"', page) == ["orders:write"]


async def test_AZ_26_what_was_not_asked_again_stays_allowed(house: House) -> None:
    visitor, handle = await signed_in(house)
    await answer(house, visitor, handle, "allow", EVERYTHING)

    again = await house.park(visitor, prompt="consent", scope="openid email")
    await answer(house, visitor, again, "allow", [])

    consent = await granted(house)
    assert consent is not None
    assert consent.scopes == {"openid", "orders:read", "orders:write"}


async def test_a_form_cannot_allow_what_was_not_asked(house: House) -> None:
    visitor, handle = await signed_in(house, scope="openid email")

    await answer(house, visitor, handle, "allow", ["email", "profile", "orders:write", "offline_access"])

    consent = await granted(house)
    assert consent is not None
    assert consent.scopes == {"openid", "email"}


@pytest.mark.parametrize("decision", ["deny", "", "ALLOW", "yes"])
async def test_anything_but_allow_is_a_no(house: House, decision: str) -> None:
    visitor, handle = await signed_in(house)

    assert await answer(house, visitor, handle, decision, EVERYTHING)

    assert await granted(house) is None
    assert (await progress_of(house, visitor, handle)).refused


async def test_yes_and_no_are_in_the_audit_trail(house: House) -> None:
    visitor, handle = await signed_in(house)
    await answer(house, visitor, handle, "allow", ["email"])
    other = await house.park(visitor, prompt="consent")
    await answer(house, visitor, other, "deny", [])

    no, yes, *_ = await house.db.read(audit.list_recent, 10)

    assert (no.event, no.client_id, no.user_id) == ("consent_denied", "shop", house.alice.id)
    assert (yes.event, yes.detail) == ("consent_given", {"scope": "openid email"})


async def test_more_of_an_api_that_was_allowed_before_is_asked_under_its_name(house: House) -> None:
    visitor, handle = await signed_in(house, scope="openid orders:read")
    await answer(house, visitor, handle, "allow", ["orders:read"])
    more = await house.park(visitor, scope="openid orders:read orders:write")

    page = (await visitor.get(house.consent.show, more)).body.decode()

    assert "In Orders it asks to" in page
    assert re.findall(r'type="checkbox" name="scope" value="([^"]+)"', page) == ["orders:write"]


async def test_what_was_allowed_before_is_named_and_not_asked_again(house: House) -> None:
    visitor, handle = await signed_in(house, scope="openid email orders:read")
    await answer(house, visitor, handle, "allow", ["email", "orders:read"])
    more = await house.park(visitor, scope="openid email orders:read orders:write")

    page = (await visitor.get(house.consent.show, more)).body.decode()

    assert re.findall(r'<li class="tag">([^<]+)</li>', page) == ["Your e-mail address", "See your orders"]


async def test_who_allowed_nothing_before_is_not_told_of_a_before(house: House) -> None:
    visitor, handle = await signed_in(house)

    assert 'class="before"' not in (await visitor.get(house.consent.show, handle)).body.decode()


async def test_an_API_of_which_everything_is_left_out_is_not_allowed(house: House) -> None:
    visitor, handle = await signed_in(house)

    await answer(house, visitor, handle, "allow", ["email"])

    consent = await granted(house)
    assert consent is not None
    assert consent.resources == frozenset()
    kept = (await progress_of(house, visitor, handle)).consent
    assert kept is not None
    assert (kept.resource, kept.left_out) == ((ORDERS.identifier,), (ORDERS.identifier,))


async def test_an_API_that_was_left_out_is_asked_about_the_next_time(house: House) -> None:
    visitor, handle = await signed_in(house)
    await answer(house, visitor, handle, "allow", ["email"])
    again = await house.park(visitor)

    page = (await visitor.get(house.consent.show, again)).body.decode()

    assert re.findall(r'type="checkbox" name="scope" value="([^"]+)"', page) == ["orders:read", "orders:write"]


async def test_an_API_that_is_asked_without_a_scope_is_allowed_with_the_page(house: House) -> None:
    visitor, handle = await signed_in(house, scope="openid email", resource=ORDERS.identifier)

    await answer(house, visitor, handle, "allow", [])

    consent = await granted(house)
    assert consent is not None
    assert consent.resources == {ORDERS.identifier}


async def test_AZ_19_looking_at_the_page_allows_nothing(house: House) -> None:
    visitor, handle = await signed_in(house)
    request = visitor.request("GET", "/consent", f"interaction={handle}&decision=allow&scope=email", {})

    await house.consent.show(request)

    assert await granted(house) is None


async def test_AZ_19_nobody_who_is_not_signed_in_allows_anything(house: House) -> None:
    visitor, handle = await signed_in(house)
    token = csrf_in(await visitor.get(house.consent.show, handle))
    del visitor.cookies[SESSION]

    with pytest.raises(HttpRefusal) as refused:
        await visitor.post(house.consent.submit, handle, {"decision": "allow"})
    late = await visitor.post(house.consent.submit, handle, {"csrf": token, "decision": "allow"})

    assert refused.value.status == 403
    assert back_to_authorize(late, handle)
    assert await granted(house) is None


async def test_AZ_19_before_signing_in_the_page_leads_to_authorize(house: House) -> None:
    visitor = Visitor()
    handle = await house.park(visitor)

    assert back_to_authorize(await visitor.get(house.consent.show, handle), handle)


async def test_AZ_19_another_browsers_request_cannot_be_allowed(house: House) -> None:
    attacker, handle = await signed_in(house)
    victim, own = await signed_in(house)
    token = csrf_in(await victim.get(house.consent.show, own))
    stolen = csrf_in(await attacker.get(house.consent.show, handle))

    for one in (token, stolen):
        with pytest.raises(HttpRefusal) as refused:
            await victim.post(house.consent.submit, handle, {"csrf": one, "decision": "allow", "scope": EVERYTHING})
        assert refused.value.status == 403
    assert await granted(house) is None


async def test_AZ_22_a_page_shown_to_one_person_is_not_answered_by_the_next(house: House) -> None:
    visitor, handle = await signed_in(house)
    token = csrf_in(await visitor.get(house.consent.show, handle))
    await house.sign_in(visitor, handle, "bob")

    late = await visitor.post(house.consent.submit, handle, {"csrf": token, "decision": "allow", "scope": EVERYTHING})

    assert back_to_authorize(late, handle)
    assert await granted(house) is None
    assert "Bob Builder" in (await visitor.get(house.consent.show, handle)).body.decode()


async def test_AZ_21_of_two_tabs_each_answers_its_own_request(house: House) -> None:
    visitor, one = await signed_in(house)
    other = await house.park(visitor, state="state-2")

    await answer(house, visitor, one, "deny", [])

    assert (await progress_of(house, visitor, one)).refused
    assert not (await progress_of(house, visitor, other)).refused


async def test_an_answer_that_comes_twice_changes_nothing_more(house: House) -> None:
    visitor, handle = await signed_in(house)
    token = csrf_in(await visitor.get(house.consent.show, handle))
    await visitor.post(house.consent.submit, handle, {"csrf": token, "decision": "allow", "scope": ["email"]})

    again = await visitor.post(house.consent.submit, handle, {"csrf": token, "decision": "deny"})

    assert back_to_authorize(again, handle)
    assert not (await progress_of(house, visitor, handle)).refused


async def test_what_a_client_may_not_ask_any_more_goes_back_for_it_to_be_told(house: House) -> None:
    visitor, handle = await signed_in(house)
    await house.db.write(clients.replace, replace(SHOP, scopes=frozenset({"openid"})), 1)

    assert back_to_authorize(await visitor.get(house.consent.show, handle), handle)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<script>alert(1)</script>", "Allow &lt;script&gt;alert(1)&lt;/script&gt;?"),
        ("{{7*7}}", "Allow {{7*7}}?"),
        ("%(client)s", "Allow %(client)s?"),
        ('" onfocus=alert(1) x="', "Allow &#34; onfocus=alert(1) x=&#34;?"),
    ],
)
async def test_WEB_07_a_clients_name_is_text_and_never_more(house: House, name: str, shown: str) -> None:
    await house.db.write(clients.replace, replace(SHOP, name=name), 1)
    visitor, handle = await signed_in(house)

    page = (await visitor.get(house.consent.show, handle)).body.decode()

    assert f"<h1>{shown}</h1>" in page


async def test_policy_and_terms_are_links_that_tell_nobody_where_they_were_followed(house: House) -> None:
    pages = {"policy_uri": "https://rp.test/privacy?a=1&b=2", "tos_uri": "https://rp.test/terms"}
    await house.db.write(clients.replace, replace(SHOP, **pages), 1)
    visitor, handle = await signed_in(house)

    page = (await visitor.get(house.consent.show, handle)).body.decode()
    for url in ("https://rp.test/privacy?a=1&amp;b=2", "https://rp.test/terms"):
        assert f'<a href="{url}" target="_blank" rel="noopener noreferrer">' in page


async def test_a_client_without_policy_and_terms_shows_no_links(house: House) -> None:
    visitor, handle = await signed_in(house)

    assert 'id="terms"' not in (await visitor.get(house.consent.show, handle)).body.decode()
