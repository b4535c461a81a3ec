"""The account for programs: whose token opens it, what it does, and that a change wants a recent sign-in."""

from base64 import b32decode
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from tests.account.test_frame import signed_in
from tests.authn.factors import code_of, give_app
from tests.conftest import FakeClock
from tests.world import SCOPES, World, audited

from gatelodge.account import PAGES
from gatelodge.ops import apis
from gatelodge.ops.refusals import OperationRefused
from gatelodge.protocol.client import Api

OPEN = "openid account offline_access"


async def token_of(world: World, name: str = "alice", scope: str = OPEN, client_id: str = "web1") -> str:
    """Return an access token of a program that this person lets into their account."""
    await world.change_client(client_id, scopes=SCOPES | {"account"})
    return (await world.browser().tokens(client_id, name, scope=scope))["access_token"]


async def call(
    world: World, token: str | None, path: str, body: Mapping[str, object] | None = None, **headers: str
) -> httpx2.Response:
    """Get what a page tells, or with a `body` have something done."""
    sent = headers | ({"authorization": f"Bearer {token}"} if token else {})
    async with world.http() as http:
        if body is None:
            return await http.get(f"/account/api/{path}", headers=sent)
        return await http.post(f"/account/api/{path}", headers=sent, json=body)


async def test_it_tells_what_every_page_tells(world: World) -> None:
    token = await token_of(world)
    told: dict[str, Any] = {}
    for page in PAGES:
        answer = await call(world, token, page.name)
        assert answer.status_code == (200 if page.in_api else 404)
        assert answer.headers["cache-control"] == "no-store"
        told[page.name] = answer.json()

    assert told["profile"]["email"] == "alice@example.org"
    assert [one["current"] for one in told["sessions"]["sessions"]] == [True]
    assert told["apps"]["apps"][0] | {"since": 0, "used_at": 0} == {
        "client": "web1",
        "scope": "account offline_access openid",
        "offline": True,
        "since": 0,
        "used_at": 0,
    }
    assert {one["event"] for one in told["history"]["events"]} == {"signed_in", "consent_given"}


async def test_it_does_what_a_form_of_the_page_would(world: World) -> None:
    token, other = await token_of(world), await signed_in(world)

    saved = await call(world, token, "profile/save", {"nickname": "Al", "address": {"locality": "Oxford"}})
    assert (saved.status_code, saved.json()) == (200, {"done": "saved", "signed_out": False})
    assert await audited(world, saved) == [("profile_changed", None, world.people["alice"].id)]
    assert (await call(world, token, "profile")).json()["address"]["locality"] == "Oxford"

    ended = await call(world, token, "sessions/end_others", {})
    assert ended.json() == {"done": "ended_others", "signed_out": False}
    assert (await other.get("/account")).status_code == 303

    withdrawn = await call(world, token, "apps/withdraw", {"client": "web1"})
    assert withdrawn.json()["done"] == "withdrawn"
    assert (await call(world, token, "apps")).status_code == 401


async def test_ACC_15_a_change_wants_a_recent_sign_in_and_says_so(world: World, clock: FakeClock) -> None:
    token = await token_of(world)
    clock.advance(world.foundation.config.sessions.change_lifetime)

    assert (await call(world, token, "profile")).status_code == 200
    for page in (page for page in PAGES if page.in_api):
        for act in page.acts:
            refused = await call(world, token, f"{page.name}/{act}", {"nickname": "Al"})
            assert (refused.status_code, refused.json()["error"]) == (401, "insufficient_user_authentication")
            assert 'error="insufficient_user_authentication"' in refused.headers["www-authenticate"]
            assert 'max_age="300"' in refused.headers["www-authenticate"]
    assert "nickname" not in (await call(world, token, "profile")).json()


async def test_ACC_15_a_token_of_a_weaker_sign_in_than_the_account_has_changes_nothing(world: World) -> None:
    token = await token_of(world)
    await give_app(world.foundation, world.people["alice"].id)

    refused = await call(world, token, "data/delete", {})

    assert (refused.status_code, refused.json()["error"]) == (401, "insufficient_user_authentication")
    assert "second factor" in refused.json()["error_description"]
    assert 'acr_values="2"' in refused.headers["www-authenticate"]


async def test_the_second_step_is_set_up_used_and_taken_away(world: World, clock: FakeClock) -> None:
    token, alice = await token_of(world), world.people["alice"].id
    assert (await call(world, token, "second_step")).json() == {
        "authenticator_app": False,
        "closed": False,
        "recovery_codes": 0,
        "trusted_browsers": [],
    }
    begun = (await call(world, token, "second_step/begin", {})).json()
    assert begun["address"].startswith("otpauth://totp/")
    seed = b32decode(begun["text"].replace(" ", ""))

    wrong = await call(world, token, "second_step/add", {"seed": begun["seed"], "code": "000000"})
    assert (wrong.status_code, wrong.json()["problem"]) == (400, "wrong")
    code = code_of(world.foundation, seed)
    added = await call(world, token, "second_step/add", {"seed": begun["seed"], "code": code})
    assert (added.json()["done"], len(added.json()["codes"])) == ("added", 10)
    assert await audited(world, added) == [("recovery_codes_made", None, alice), ("factor_added", None, alice)]

    clock.advance(30)
    stale = await call(world, token, "second_step/codes", {})
    assert stale.json()["error"] == "insufficient_user_authentication", "it knows nothing of the app yet"
    browser = world.browser()
    half = await browser.sign_in(await browser.authorize(scope=OPEN))
    await browser.submit(half, code=code_of(world.foundation, seed), trust="yes")
    token = (await browser.tokens("web1", "alice", scope=OPEN))["access_token"]
    made = await call(world, token, "second_step/codes", {})
    assert set(made.json()["codes"]).isdisjoint(added.json()["codes"])
    told = (await call(world, token, "second_step")).json()
    assert (told["authenticator_app"], told["recovery_codes"]) == (True, 10)
    (trusted,) = told["trusted_browsers"]
    assert (await call(world, token, "second_step/distrust", {"browser": "another"})).status_code == 404
    assert (await call(world, token, "second_step/distrust", {"browser": trusted["id"]})).json()["done"] == "distrusted"
    removed = await call(world, token, "second_step/remove", {})
    assert await audited(world, removed) == [("factor_removed", None, alice), ("factor_removed", None, alice)]
    assert (await call(world, token, "second_step/remove", {})).status_code == 404


async def test_no_seed_of_another_person_is_set_up(world: World) -> None:
    theirs = await token_of(world, "bob", client_id="post1")
    begun = (await call(world, theirs, "second_step/begin", {})).json()
    seed = b32decode(begun["text"].replace(" ", ""))
    given = {"seed": begun["seed"], "code": code_of(world.foundation, seed)}

    refused = await call(world, await token_of(world), "second_step/add", given)

    assert (refused.status_code, refused.json()["problem"]) == (400, "late")


@pytest.mark.parametrize(
    ("scope", "status", "error"),
    [
        ("openid profile email", 403, "insufficient_scope"),
        ("openid account orders:read", 401, "invalid_token"),
    ],
)
async def test_a_token_without_the_scope_or_for_an_api_opens_nothing(
    world: World, scope: str, status: int, error: str
) -> None:
    token = await token_of(world, scope=scope)
    for path, body in (("profile", None), ("profile/save", {"nickname": "Al"})):
        refused = await call(world, token, path, body)
        assert (refused.status_code, refused.json()["error"]) == (status, error)
        assert refused.headers["www-authenticate"].startswith("Bearer ")


async def test_no_token_a_dead_one_and_a_machine_open_nothing(world: World) -> None:
    token = await token_of(world)
    machine = (await world.token("daemon1", grant_type="client_credentials", scope="orders:read")).json()[
        "access_token"
    ]
    await world.direct("/revoke", "web1", token=token)
    for wrong in (None, "made-up", token, machine):
        refused = await call(world, wrong, "profile")
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


async def test_a_cookie_opens_nothing_and_no_other_origin_reads_an_answer(world: World) -> None:
    browser = await signed_in(world)
    assert (await browser.get("/account/api/profile")).status_code == 401
    token = await token_of(world)
    for origin in ("https://spa.test", "null"):
        answer = await call(world, token, "profile", origin=origin)
        assert "access-control-allow-origin" not in answer.headers
    async with world.http() as http:
        ask = {"origin": "https://spa.test", "access-control-request-method": "POST"}
        assert (await http.options("/account/api/profile/save", headers=ask)).status_code == 405


async def test_ADM_01_what_is_another_persons_is_not_there_and_stays(world: World) -> None:
    theirs = await token_of(world, "bob", client_id="post1")
    token = await token_of(world)
    [sid] = [one["sid"] for one in (await call(world, theirs, "sessions")).json()["sessions"]]
    lines = [one["line"] for one in (await call(world, theirs, "history")).json()["events"]]

    for path, body in (
        ("sessions/end", {"sid": sid}),
        ("apps/withdraw", {"client": "post1"}),
        ("history/disown", {"line": lines[-1]}),
        ("history/disown", {"line": "made-up"}),
        ("sessions/made_up", {}),
        ("made_up/end", {}),
        ("api/end", {}),
    ):
        refused = await call(world, token, path, body)
        assert (refused.status_code, refused.json()["error"]) == (404, "not_found"), path
    assert (await call(world, theirs, "sessions")).json()["sessions"][0]["sid"] == sid


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'"x"',
        b"{",
        b'{"a":1}',
        b'{"a":["x"]}',
        b'{"a":{"b":{"c":"x"}}}',
        b'{"a":"x","a":"y"}',
        b'{"a":"\\u0000"}',
    ],
)
async def test_a_body_that_no_form_could_say_is_refused(world: World, body: bytes) -> None:
    token = await token_of(world)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    async with world.http() as http:
        refused = await http.post("/account/api/profile/save", headers=headers, content=body)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
        as_form = await http.post(
            "/account/api/profile/save", headers=headers | {"content-type": "text/plain"}, content=body
        )
        assert as_form.status_code == 415


async def test_what_a_page_would_refuse_is_refused_in_one_shape(world: World) -> None:
    token = await token_of(world)
    refused = await call(world, token, "profile/save", {"website": "javascript:alert(1)"})
    assert (refused.status_code, refused.json()["error"], refused.json()["problem"]) == (
        400,
        "invalid_request",
        "website",
    )
    wrong = await call(
        world,
        token,
        "password/change",
        {"password": "guess", "new_password": "no-wonderland-yet", "again": "no-wonderland-yet"},
    )
    assert wrong.json()["problem"] == "wrong"


def test_no_api_may_call_its_scope_account() -> None:
    with pytest.raises(OperationRefused):
        apis.check(Api("https://api.test/accounts", "Accounts", {"account": "See your balance"}))
