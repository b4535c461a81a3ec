"""What every answer carries: safe headers, safe cookies, and readers of other origins only where they must be."""

import re
from dataclasses import replace
from urllib.parse import urlencode

import httpx2
import pytest
from tests.world import World, config_for, open_world, request_for

from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy

pytestmark = pytest.mark.anyio

PAGES = (
    "/",
    "/authorize?client_id=web1",
    "/login?request=x",
    "/consent?request=x",
    "/select-account?request=x",
    "/logout",
)
MACHINES = ("/token", "/userinfo", "/introspect", "/revoke")
PUBLIC = ("/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
FOR_SCRIPTS = ("/token", "/userinfo", "/revoke", *PUBLIC)
NOT_FOR_SCRIPTS = (*PAGES, "/introspect", "/nothing")
ORIGINS = ("https://spa.test", "https://evil.test")


async def get(world: World, path: str, **headers: str) -> httpx2.Response:
    async with world.http() as http:
        return await http.get(path, headers=headers)


async def answers(world: World) -> dict[str, httpx2.Response]:
    """One page of each kind, as a person meets them."""
    browser = world.browser()
    login = await browser.authorize()
    wrong = await browser.submit(login, username="alice", password="wrong")
    consent = await browser.sign_in(await browser.authorize())
    sent = await browser.post_form(consent, scope=["openid"], decision="allow")
    code = await browser.get(sent.headers["location"])
    signed_out = await browser.get("/logout")
    form_post = await browser.authorize(response_mode="form_post", prompt="none", scope="openid")
    home, lost = await browser.get("/"), await browser.get("/nothing")
    error = await browser.get("/authorize?client_id=nobody")
    named = {"login": login, "wrong": wrong, "consent": consent, "answer": code, "logout": signed_out}
    return named | {"form_post": form_post, "home": home, "lost": lost, "error": error}


async def test_WEB_13_every_page_keeps_to_itself(world: World):
    for name, page in (await answers(world)).items():
        headers = page.headers
        assert headers["referrer-policy"] == "no-referrer", name
        assert headers["cache-control"] == "no-store", name
        assert headers["x-content-type-options"] == "nosniff", name
        assert headers["cross-origin-opener-policy"] == "same-origin", name
        assert headers["strict-transport-security"] == "max-age=63072000", name
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy, name
        assert "base-uri 'none'" in policy, name
        assert "unsafe" not in policy, name
        assert "*" not in policy, name
        assert "server" not in headers, name
        assert not any(value.count(",") for value in headers.get_list("content-security-policy")), name


async def test_WEB_13_no_page_loads_anything_from_elsewhere(world: World):
    for name, page in (await answers(world)).items():
        for attribute in (' src="', " src='", 'rel="stylesheet" href="', 'rel="icon" href="'):
            for rest in page.text.split(attribute)[1:]:
                assert rest.startswith("/"), f"{name}: {rest[:80]}"
                assert not rest.startswith("//"), f"{name}: {rest[:80]}"
        assert "<script>" not in page.text, name
        assert " style=" not in page.text, name


@pytest.mark.parametrize("path", [*MACHINES, "/nothing"])
async def test_WEB_13_refusals_are_kept_by_nobody(world: World, path: str):
    async with world.http() as http:
        answer = await http.post(path, data={"a": "b"})
    assert answer.status_code >= 400
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["strict-transport-security"] == "max-age=63072000"


@pytest.mark.parametrize(
    ("issuer", "hsts", "subdomains", "said"),
    [
        ("https://id.test", 300, True, "max-age=300; includeSubDomains"),
        ("https://id.test", 0, False, "max-age=0"),
        ("http://localhost:8000", 300, True, None),
    ],
)
async def test_how_long_a_browser_insists_on_https_and_for_which_hosts_is_the_operators_to_say(
    sqlite_policy: DatabasePolicy, clock: Clock, issuer: str, hsts: int, subdomains: bool, said: str | None
):
    config = config_for(sqlite_policy.url, issuer)
    config = replace(config, server=replace(config.server, hsts=hsts, hsts_subdomains=subdomains))
    async with open_world(config, clock) as world:
        for path in ("/", "/jwks", "/nothing", "/token"):
            assert (await get(world, path)).headers.get("strict-transport-security") == said, path


@pytest.mark.parametrize("path", PUBLIC)
async def test_what_is_public_may_be_kept_for_a_while(world: World, path: str):
    answer = await get(world, path)
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["content-type"] == "application/json"


async def test_tokens_are_kept_by_nobody(world: World):
    answer = await world.token("daemon1", grant_type="client_credentials", scope="orders:read")
    assert answer.status_code == 200
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")


async def test_WEB_05_every_cookie_is_bound_to_this_host_and_out_of_reach(world: World):
    browser = world.browser()
    set_cookies: list[str] = []
    browser.http.event_hooks["response"].append(_collector(set_cookies))
    await browser.tokens()
    names = {re.sub("-[0-9a-f]{8}=.*|=.*", "", cookie) for cookie in set_cookies}
    assert names == {"__Host-gatelodge-browser", "__Host-gatelodge-session", "__Host-gatelodge-known"}
    for cookie in set_cookies:
        value, *attributes = cookie.split("; ")
        assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(attributes), cookie
        assert not any(attribute.lower().startswith("domain") for attribute in attributes), cookie
        assert 22 <= len(value.partition("=")[2]) < 4_096, cookie  # 22 characters of base64 are 128 bits


def _collector(into: list[str]):
    async def collect(response: httpx2.Response) -> None:
        into.extend(response.headers.get_list("set-cookie"))

    return collect


async def test_WEB_05_machines_are_given_no_cookie(world: World):
    answer = await world.token("daemon1", grant_type="client_credentials", scope="orders:read")
    assert "set-cookie" not in answer.headers
    for path in PUBLIC:
        assert "set-cookie" not in (await get(world, path)).headers


def assert_unreadable(answer: httpx2.Response) -> None:
    assert not [name for name in answer.headers if name.startswith("access-control-")], answer.url


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("path", FOR_SCRIPTS)
async def test_WEB_14_scripts_of_any_origin_read_what_spas_need_and_never_with_credentials(
    world: World, path: str, origin: str
):
    async with world.http() as http:
        preflight = await http.options(path, headers={"origin": origin, "access-control-request-method": "POST"})
        answer = await get(world, path, origin=origin)
    assert preflight.status_code == 204
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    for response in preflight, answer:
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
    assert "www-authenticate" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("path", FOR_SCRIPTS)
async def test_WEB_14_no_cache_gives_a_script_the_copy_of_somebody_who_is_none(world: World, path: str):
    answer = await get(world, path)
    assert "no-store" in answer.headers["cache-control"] or answer.headers["vary"] == "origin"


@pytest.mark.parametrize("path", [*FOR_SCRIPTS, *NOT_FOR_SCRIPTS])
async def test_WEB_14_an_opaque_origin_reads_nothing(world: World, path: str):
    async with world.http() as http:
        assert_unreadable(await http.options(path, headers={"origin": "null", "access-control-request-method": "POST"}))
        assert_unreadable(await http.get(path, headers={"origin": "null"}))


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("path", NOT_FOR_SCRIPTS)
async def test_WEB_14_pages_and_introspection_are_read_by_no_script(world: World, path: str, origin: str):
    async with world.http() as http:
        assert_unreadable(await http.options(path, headers={"origin": origin, "access-control-request-method": "POST"}))
        assert_unreadable(await http.get(path, headers={"origin": origin}))
        assert_unreadable(await http.post(path, data={"a": "b"}, headers={"origin": origin}))


async def test_WEB_14_refusals_can_be_read_where_answers_can(world: World):
    async with world.http() as http:
        wrong = await http.post("/token", json={}, headers={"origin": "https://spa.test"})
        gone = await http.post("/token", data={"a": "b" * 70_000}, headers={"origin": "https://spa.test"})
    for answer in wrong, gone:
        assert answer.status_code in (413, 415)
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_AZ_16_an_authorization_request_of_a_script_is_answered_to_nobody(world: World):
    answer = await get(world, "/authorize?" + urlencode(request_for()), origin="https://evil.test")
    assert_unreadable(answer)
