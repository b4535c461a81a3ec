"""On https only cookies that the browser vouches for are ours (COOK-01)."""

import httpx2
import pytest
from tests.world import World, assert_redirected, form_of, request_for

pytestmark = pytest.mark.anyio


async def asked(world: World, cookies: list[tuple[str, str]]) -> httpx2.Response:
    header = "; ".join(f"{name}={value}" for name, value in cookies)
    async with world.http() as http:
        return await http.get("/authorize", params=request_for(prompt="none"), headers={"cookie": header})


async def test_COOK_01_a_cookie_without_the_prefix_is_not_read(world: World):
    alice, bob = world.browser(), world.browser()
    await alice.answer()
    await bob.answer(name="bob", scope="openid")
    prefixed = [(cookie.name, cookie.value or "") for cookie in alice.http.cookies.jar]
    bare = [(name.removeprefix("__Host-"), value) for name, value in prefixed]
    others = [(cookie.name.removeprefix("__Host-"), cookie.value or "") for cookie in bob.http.cookies.jar]

    assert_redirected(await asked(world, bare), "login_required")
    assert_redirected(await asked(world, [(f"__Secure-{name}", value) for name, value in bare]), "login_required")
    for cookies in (prefixed, [*others, *prefixed], [*prefixed, *others]):
        assert "code=" in (await asked(world, cookies)).headers["location"]


async def test_COOK_01_a_form_is_not_bound_to_a_name_that_anybody_below_this_host_can_plant(world: World):
    browser = world.browser()
    action, hidden = form_of(await browser.authorize())
    planted = [(cookie.name.removeprefix("__Host-"), cookie.value or "") for cookie in browser.http.cookies.jar]
    header = {"cookie": "; ".join(f"{name}={value}" for name, value in planted)}

    async with world.http() as http:
        sent = await http.post(action, data=hidden | {"username": "alice", "password": "wonderland"}, headers=header)

    assert (sent.status_code, "set-cookie" in sent.headers) == (403, False)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
async def test_a_native_client_that_registered_a_loopback_address_is_answered_on_any_port(world: World, host: str):
    await world.change_client("nat1", redirect_uris=(f"http://{host}/callback",))
    for sent in (f"http://{host}:51004/callback", f"http://{host}:65535/callback"):
        assert (await world.browser().answer("nat1", redirect_uri=sent))["state"] == "a state"
    for other in (
        f"http://{host}:51004/other",
        f"https://{host}:51004/callback",
        f"http://{host}.evil.test:80/callback",
    ):
        assert (await world.browser().authorize("nat1", redirect_uri=other)).status_code == 400
