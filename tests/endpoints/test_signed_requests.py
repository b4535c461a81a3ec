"""Signed requests under attack (catalogue 2.8), through the whole server: by the browser, and pushed."""

from typing import Any, cast

import httpx2
import pytest
from tests.endpoints.test_pushed import bring
from tests.signing import JWKS, KEY, OTHER_KEY, asked, signed, unsigned
from tests.world import RP, World, answer_of, assert_page400, assert_redirected, exchange, request_for

from gatelodge.outbound import Fetched

pytestmark = pytest.mark.anyio

EVIL = "https://evil.test/cb"


async def signing(world: World, **members: object) -> None:
    """Let web1 have a key."""
    await world.change_client("web1", jwks=JWKS, **members)


async def sent(world: World, request: str, **beside: str) -> httpx2.Response:
    """Send a signed request by the browser, alone unless more stands beside it."""
    browser = world.browser()
    query = {"client_id": "web1", "request": request, **beside}
    return await browser.follow(await browser.http.get("/authorize", params=query))


async def push(world: World, request: str, **beside: str) -> httpx2.Response:
    return await world.direct("/par", "web1", request=request, **beside)


async def test_what_is_signed_is_answered(world: World):
    await signing(world)
    browser = world.browser()
    query = {"client_id": "web1", "request": signed(asked(state="signed")), "state": "beside", "scope": "openid"}
    page = await browser.follow(await browser.http.get("/authorize", params=query))
    assert "request=" not in str(page.url)
    came = answer_of(await browser.walk(page, "alice", "wonderland"))

    assert came["state"] == "signed"
    tokens = (await exchange(world, came["code"])).json()
    assert "orders:read" in tokens["scope"]


async def test_what_is_signed_is_pushed_and_answered(world: World):
    await signing(world, require_signed=True, require_pushed=True)
    answer = await push(world, signed(asked(state="signed")), state="beside")
    assert answer.status_code == 201, answer.text
    browser = world.browser()
    page = await bring(browser, answer.json()["request_uri"])

    assert answer_of(await browser.walk(page, "alice", "wonderland"))["state"] == "signed"


async def test_JAR_01_who_must_sign_does(world: World):
    await signing(world, require_signed=True)
    assert_redirected(await world.browser().authorize(), "invalid_request")
    plain = await world.direct("/par", "web1", **request_for())
    assert (plain.status_code, plain.json()["error"]) == (400, "invalid_request")
    assert (await sent(world, signed())).url.path == "/login"


@pytest.mark.parametrize(
    "request_",
    [unsigned(), signed(key=OTHER_KEY), signed(asked("web2")), signed()[:-6] + "AAAAAA", "a.b.c.d.e"],
    ids=["none", "other key", "other client", "changed", "encrypted"],
)
async def test_JAR_01_what_the_client_did_not_sign_is_nobodys_request(world: World, request_: str):
    await signing(world)
    assert_page400(await sent(world, request_))
    assert_page400(await sent(world, request_, redirect_uri=EVIL))
    assert_redirected(await sent(world, request_, redirect_uri=RP, state="a state"), "invalid_request_object")
    refused = await push(world, request_)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request_object")


async def test_JAR_01_a_client_without_keys_signs_nothing(world: World):
    assert_page400(await sent(world, signed()))


async def test_JAR_04_one_request_at_a_time(world: World):
    await signing(world)
    both = await sent(world, signed(), request_uri="urn:ietf:params:oauth:request_uri:x", redirect_uri=RP)
    assert_redirected(both, "invalid_request", state=None)
    within = await push(world, signed(asked(request_uri="https://rp.test/request")))
    beside = await push(world, signed(), request_uri="urn:ietf:params:oauth:request_uri:x")
    other_type = await sent(world, signed(), response_type="code id_token", redirect_uri=RP)
    assert [one.json()["error"] for one in (within, beside)] == ["invalid_request"] * 2
    assert_redirected(other_type, "invalid_request", state=None)


async def test_RED_19_the_redirect_uri_in_it_is_judged_like_any_other(world: World):
    await signing(world)
    assert_page400(await sent(world, signed(asked(redirect_uri=EVIL))))
    assert_page400(await sent(world, signed(asked(redirect_uri=EVIL, prompt="none")), redirect_uri=RP))
    assert_redirected(await sent(world, signed(asked(scope="openid nothing"))), "invalid_scope")
    pushed = await push(world, signed(asked(redirect_uri=EVIL)))
    assert (pushed.status_code, pushed.json()["error"]) == (400, "invalid_request")


async def test_JWT_12_a_signed_request_proves_no_client_and_no_client_asks_by_its_proof(world: World):
    await signing(world, auth_method="private_key_jwt", secrets=())
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    proof = {"client_assertion": signed(), "client_assertion_type": kind, "grant_type": "client_credentials"}
    assert (await world.token(None, **proof)).status_code == 401
    claims: dict[str, object] = {"iss": "web1", "sub": "web1", "aud": world.issuer, "exp": 1_800_000_060, "jti": "j"}
    assert_page400(await sent(world, signed(claims, header={"typ": "JWT"})))


async def test_CA_11_one_assertion_pushes_once(world: World):
    await signing(world, auth_method="private_key_jwt", secrets=())
    claims: dict[str, object] = {"iss": "web1", "sub": "web1", "aud": world.issuer, "exp": 1_800_000_060, "jti": "j"}
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    proof = {"client_assertion": signed(claims, header={"typ": "JWT"}), "client_assertion_type": kind}
    first = await world.direct("/par", None, **request_for(), **proof)
    again = await world.direct("/par", None, **request_for(), **proof)
    elsewhere = claims | {"aud": f"{world.issuer}/par", "jti": "k"}
    proof["client_assertion"] = signed(elsewhere, header={"typ": "JWT"})
    for_the_endpoint = await world.direct("/par", None, **request_for(), **proof)
    assert [one.status_code for one in (first, again, for_the_endpoint)] == [201, 401, 401]


class Publisher:
    """The way out, at whose end a client publishes its key."""

    def __init__(self) -> None:
        self.fetched = 0

    async def get(self, url: str, max_bytes: int) -> Fetched:
        self.fetched += 1
        return Fetched(200, "application/json", JWKS.encode(), {})


async def test_CA_13_names_of_keys_that_strangers_make_up_cost_one_fetch(world: World):
    await world.change_client("web1", jwks_uri="https://rp.test/jwks")
    publisher = Publisher()
    cast("Any", world.server.ops.sent.remote)._outbound = publisher

    for number in range(30):
        assert_page400(await sent(world, signed(header={"kid": f"made-up-{number}"}, key=OTHER_KEY)))
    assert publisher.fetched == 1
    assert (await sent(world, signed(key=KEY))).url.path == "/login"
