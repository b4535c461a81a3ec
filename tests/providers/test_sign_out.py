"""Whoever signs out at a provider is signed out here: of what it vouched for, once, and only if it says so itself."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.conftest import FakeClock
from tests.federated import Federated
from tests.upstream import CLIENT
from tests.world import Browser

from gatelodge.stores import audit

pytestmark = pytest.mark.anyio

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def said(federated: Federated, **changes: Any) -> dict[str, Any]:
    """The claims of a good logout token; `None` takes one out."""
    now = federated.stub.clock.now()
    whole = {
        "iss": federated.stub.issuer,
        "aud": CLIENT,
        "iat": now,
        "exp": now + 120,
        "jti": "logout-1",
        "sub": "u-1",
        "events": {EVENT: {}},
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


async def tell(federated: Federated, token: str, name: str = "corp") -> httpx2.Response:
    async with federated.world.http("198.51.100.7") as http:
        return await http.post(f"/callback/{name}/logout", data={"logout_token": token})


async def signed_in(federated: Federated, sid: str | None = None) -> Browser:
    browser = federated.world.browser()
    page = await federated.sign_in(browser, email="new@corp.test", email_verified=True, sid=sid)
    assert page.url.path == "/consent"
    return browser


async def is_signed_in(browser: Browser) -> bool:
    return (await browser.authorize()).url.path == "/consent"


async def test_who_signs_out_there_is_signed_out_here(federated: Federated):
    await federated.add(new_accounts=True)
    here, elsewhere = await signed_in(federated, "s-1"), await signed_in(federated, "s-2")
    by_password = federated.world.browser()
    await by_password.sign_in(await by_password.authorize(), "alice")

    answer = await tell(federated, federated.stub.signed(said(federated, sid="s-1"), "logout+jwt"))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert [await is_signed_in(one) for one in (here, elsewhere, by_password)] == [False, True, True]

    answer = await tell(federated, federated.stub.signed(said(federated, jti="logout-2"), "logout+jwt"))
    assert answer.status_code == 200
    assert [await is_signed_in(one) for one in (elsewhere, by_password)] == [False, True]
    entries = await federated.world.foundation.db.read(audit.list_recent, 50)
    assert [one.detail["count"] for one in entries if one.event == "upstream_signed_out"] == [1, 1]


async def test_a_logout_token_counts_once(federated: Federated):
    await federated.add(new_accounts=True)
    await signed_in(federated)
    token = federated.stub.signed(said(federated), "logout+jwt")
    assert (await tell(federated, token)).status_code == 200

    back = await signed_in(federated)
    assert (await tell(federated, token)).status_code == 200  # it was delivered, as far as the provider can know

    assert await is_signed_in(back)


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://other.test"},
    "for another client": {"aud": "another"},
    "an ID token": {"events": None, "nonce": "n"},
    "with a nonce": {"nonce": "n"},
    "over": {"exp": 1},
    "without a jti": {"jti": None},
    "about nobody": {"sub": None, "sid": "s-1"},
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_logout_token_that_lies_signs_nobody_out(federated: Federated, lie: str):
    await federated.add(new_accounts=True)
    browser = await signed_in(federated, "s-1")

    answer = await tell(federated, federated.stub.signed(said(federated, **LIES[lie]), "logout+jwt"))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert await is_signed_in(browser)


async def test_what_nobody_signed_and_what_is_for_nobody_is_refused(federated: Federated):
    await federated.add(new_accounts=True)
    browser = await signed_in(federated)
    stranger: Callable[..., str] = type(federated.stub)(federated.stub.issuer, FakeClock()).signed

    for token in ("", "x.y.z", stranger(said(federated), "logout+jwt")):
        assert (await tell(federated, token)).status_code == 400
    good = federated.stub.signed(said(federated), "logout+jwt")
    assert (await tell(federated, good, "nobody")).status_code == 400
    assert await is_signed_in(browser)


async def test_a_person_who_never_came_is_nobody(federated: Federated):
    await federated.add()
    assert (await tell(federated, federated.stub.signed(said(federated), "logout+jwt"))).status_code == 200
