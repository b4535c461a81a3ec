"""The authorization endpoint under attack (catalogue 2.1 and 2.2), through the whole server."""

from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from tests.world import (
    RP,
    SCOPES,
    World,
    answer_of,
    assert_page400,
    assert_redirected,
    form_of,
    request_for,
)

from gatelodge.protocol.client import Api
from gatelodge.sessions.arrivals import MOST
from gatelodge.stores import apis, endings

pytestmark = pytest.mark.anyio

EVIL = "https://evil.test/cb"


@pytest.mark.parametrize(
    "path", ["/cb/../evil", "/cb/..%2Fx", "/cb/..;/x", "/cb%252f..%252fx", "/cb/", "/cb?a=b", "/CB"]
)
async def test_RED_01_no_variant_of_a_registered_uri_is_taken(world: World, path: str):
    assert_page400(await world.browser().authorize(redirect_uri="https://rp.test" + path))


async def test_RED_07_a_registered_query_is_kept(world: World):
    uri = "https://rp.test/cb?a=b"
    done = await world.browser().answer("two-uris", redirect_uri=uri)
    assert done["a"] == "b"
    assert "code" in done


@pytest.mark.parametrize("order", [(RP, EVIL), (EVIL, RP)])
async def test_RED_17_two_redirect_uris_are_none(world: World, order: tuple[str, str]):
    query = urlencode([*request_for(redirect_uri=None).items(), *(("redirect_uri", uri) for uri in order)])
    assert_page400(await world.browser().get(f"/authorize?{query}"))


async def test_RED_17_one_in_the_query_and_one_in_the_body_are_none(world: World):
    async with world.http() as http:
        answer = await http.post(f"/authorize?redirect_uri={quote(EVIL)}", data=request_for())
    assert_page400(answer)


async def test_RED_18_without_redirect_uri_there_must_be_one_and_no_openid(world: World):
    assert_page400(await world.browser().authorize("two-uris", redirect_uri=None, scope="orders:read"))
    assert_page400(await world.browser().authorize(redirect_uri=None))
    assert "code" in await world.browser().answer(redirect_uri=None, scope="orders:read")


@pytest.mark.parametrize(
    "wrong", [{"response_type": "bogus"}, {"scope": "what"}, {"response_type": "id_token", "nonce": None}]
)
async def test_RED_19_the_redirect_uri_is_judged_before_any_error_is_sent_there(
    world: World, wrong: dict[str, str | None]
):
    assert_page400(await world.browser().authorize("web1", **({"redirect_uri": EVIL} | wrong)))


async def test_RED_20_prompt_none_sends_nothing_to_a_wrong_redirect_uri(world: World):
    assert_page400(await world.browser().authorize(redirect_uri=EVIL, prompt="none"))


async def test_RED_22_a_form_with_a_password_is_answered_with_303(world: World):
    browser = world.browser()
    page = await browser.authorize()
    answer = await browser.post_form(page, username="alice", password="wonderland")
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("response_type", "error"),
    [
        (None, "invalid_request"),
        ("what", "unsupported_response_type"),
        ("token", "unsupported_response_type"),
        ("code code", "unsupported_response_type"),
    ],
)
async def test_AZ_02_only_known_response_types_are_answered(world: World, response_type: str | None, error: str):
    response = await world.browser().authorize(response_type=response_type)
    assert_redirected(response, error)


async def test_AZ_03_tokens_never_travel_in_a_query(legacy_world: World):
    response = await legacy_world.browser().authorize("legacy1", response_type="id_token", response_mode="query")
    assert_redirected(response, "invalid_request")
    assert urlsplit(response.headers["location"]).fragment


async def test_AZ_04_state_comes_back_as_it_was(world: World):
    state = "\"'><svg onload=1>%00+%20é" * 80
    assert (await world.browser().answer(state=state))["state"] == state


async def test_AZ_05_without_state_there_is_none_in_the_answer(world: World):
    assert "state" not in await world.browser().answer(state=None)


async def test_AZ_06_every_answer_says_who_gives_it(world: World):
    assert (await world.browser().answer())["iss"] == world.issuer
    assert_redirected(await world.browser().authorize(prompt="none"), "login_required")


async def test_AZ_09_an_unknown_parameter_is_ignored(world: World):
    assert "code" in await world.browser().answer(extra="foobar")


@pytest.mark.parametrize("how", [{"prompt": "login"}, {"max_age": "0"}])
async def test_AZ_11_a_sign_in_that_was_asked_for_cannot_be_skipped(world: World, clock, how: dict[str, str]):
    browser = world.browser()
    await browser.answer()
    clock.advance(5)

    page = await browser.authorize(**how)
    assert page.url.path == "/login"
    skipped = await browser.get(str(page.url).replace("/login", "/authorize"))
    assert "/login" in skipped.headers["location"]

    clock.advance(5)
    done = answer_of(await browser.sign_in(page))
    assert "code" in done


@pytest.mark.parametrize("how", [{"prompt": "login"}, {"max_age": "0"}])
async def test_AZ_11_a_form_posted_from_elsewhere_does_not_make_an_old_session_a_new_one(
    world: World, how: dict[str, str]
):
    browser = world.browser()
    await browser.answer()
    async with world.http() as elsewhere:  # SameSite=Lax: the browser sends no cookie with it, and keeps what it gets
        parked = await elsewhere.post("/authorize", data=request_for(**how))
        browser.http.cookies.update(elsewhere.cookies)

    skipped = await browser.get(parked.headers["location"].replace("/login", "/authorize"))

    assert "/login" in skipped.headers["location"]


async def test_AZ_11_max_age_counts_from_the_sign_in(world: World, clock):
    browser = world.browser()
    await browser.answer()
    clock.advance(100)

    assert "code=" in (await browser.authorize(max_age="100")).headers["location"]
    assert (await browser.authorize(max_age="99")).url.path == "/login"


async def test_AZ_13_a_hint_signs_nobody_in(world: World):
    alice, bob = world.browser(), world.browser()
    hint = (await alice.tokens())["id_token"]
    await bob.answer(name="bob")

    assert_redirected(await bob.authorize(id_token_hint=hint, prompt="none"), "login_required")
    assert (await bob.authorize(id_token_hint=hint)).url.path == "/login"
    assert "code" in answer_of(await alice.authorize(id_token_hint=hint, prompt="none"))


async def test_AZ_15_a_form_post_is_a_request_and_json_is_not(world: World):
    async with world.http() as http:
        assert (await http.post("/authorize", data=request_for())).status_code == 303
        assert (await http.post("/authorize", json=request_for())).status_code == 415
        twice = await http.post("/authorize?state=x", data=request_for())
    assert answer_of(twice)["error"] == "invalid_request"


async def test_AZ_16_no_script_reads_the_authorization_endpoint(world: World):
    async with world.http() as http:
        for answer in (
            await http.get("/authorize", headers={"origin": "https://evil.test"}),
            await http.options(
                "/authorize", headers={"origin": "https://evil.test", "access-control-request-method": "GET"}
            ),
        ):
            assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_AZ_17_unknown_disabled_and_wrong_look_alike(world: World):
    await world.change_client("web2", enabled=False)
    pages = [
        await world.browser().authorize(client_id="who"),
        await world.browser().authorize("web2"),
        await world.browser().authorize(redirect_uri=EVIL),
    ]
    for page in pages:
        assert_page400(page)
    assert len({page.text.replace(page.headers["x-request-id"], "") for page in pages}) == 1


async def test_AZ_19_consent_of_another_browser_is_refused(world: World):
    alice, mallory = world.browser(), world.browser()
    page = await alice.sign_in(await alice.authorize())
    await mallory.answer(name="bob")
    action, hidden = form_of(page)

    assert (await mallory.get(action)).status_code == 403
    stolen = await mallory.http.post(action, data=hidden | {"decision": "allow", "scope": "openid"})
    assert stolen.status_code == 403
    assert (await alice.get(action)).status_code == 200


async def test_AZ_19_consent_before_sign_in_is_refused(world: World):
    browser = world.browser()
    page = await browser.authorize()
    action, hidden = form_of(page)
    answer = await browser.http.post(action.replace("/login", "/consent"), data=hidden | {"decision": "allow"})
    assert answer.status_code == 403


async def test_AZ_20_a_victims_sign_in_is_of_no_use_to_who_began(world: World):
    attacker, victim = world.browser(), world.browser()
    page = await attacker.authorize()
    assert (await victim.get(str(page.url))).status_code == 403

    await victim.answer()
    resumed = await attacker.get(str(page.url).replace("/login", "/authorize"))
    assert "/login" in resumed.headers["location"]


async def test_AZ_22_another_account_is_asked_for_its_own_consent(world: World):
    browser = world.browser()
    page = await browser.sign_in(await browser.authorize(), "alice")
    handle = parse_qs(urlsplit(str(page.url)).query)["interaction"][0]

    other = await browser.sign_in(await browser.get(f"/login?interaction={handle}"), "bob")
    assert other.url.path == "/consent"
    assert "Bob" in other.text


async def test_AZ_23_more_is_asked_again_and_another_client_is_asked_for_itself(world: World):
    browser = world.browser()
    await browser.answer(scope="openid")

    assert (await browser.authorize(scope="openid email offline_access")).url.path == "/consent"
    assert (await browser.authorize("web2", scope="openid")).url.path == "/consent"


async def test_AZ_23_what_was_allowed_at_one_api_is_not_allowed_at_another(world: World):
    names = [f"https://{name}.test" for name in ("files", "mail")]
    for name in names:
        await world.foundation.db.write(apis.add, Api(name, name, {"read": "Read", "write": "Write"}), 0)
    await world.change_client("web1", scopes=SCOPES | {"read", "write"})
    browser = world.browser()
    await browser.answer(scope="openid read", resource=names[0])
    await browser.answer(scope="openid write", resource=names[1])

    assert (await browser.authorize(scope="openid write", resource=names[0])).url.path == "/consent"
    for allowed in ({"scope": "openid read", "resource": names[0]}, {"scope": "openid write", "resource": names[1]}):
        assert "code" in answer_of(await browser.authorize(**allowed))


async def test_AZ_25_an_essential_acr_that_nobody_reaches_is_an_error(world: World):
    wish = '{"id_token":{"acr":{"essential":true,"values":["urn:high"]}}}'
    browser = world.browser()
    done = await browser.sign_in(await browser.authorize(claims=wish))
    assert_redirected(done, "unmet_authentication_requirements")


async def test_an_interaction_is_answered_once(world: World):
    browser = world.browser()
    page = await browser.sign_in(await browser.authorize())
    url = str(page.url)
    await browser.allow(page)

    for again in (url, url.replace("/consent", "/authorize")):
        page = await browser.follow(await browser.get(again))
        assert page.url.path == "/select-account"
        assert "This was finished before." in page.text


async def test_HTTP_09_a_request_that_waits_for_a_person_is_small(world: World):
    sent = request_for(state="s" * 300)
    padding = {f"x{number}": "é" * 40 for number in range(80)}
    async with world.http() as http:
        assert_redirected(await http.post("/authorize", data=sent | padding), "invalid_request", state="s" * 300)
        assert (await http.post("/authorize", data=sent)).headers["location"].startswith("/authorize?interaction=")


async def test_HTTP_09_no_stranger_begins_sign_ins_without_end(world: World, clock):
    url = "/authorize?" + urlencode(request_for())
    async with world.http() as stranger, world.http("198.51.100.7") as other:
        answers = [await stranger.get(url) for _ in range(MOST + 1)]
        assert {answer.status_code for answer in answers[:-1]} == {303}
        assert_page400(answers[-1], status=429)
        assert 0 < int(answers[-1].headers["retry-after"]) <= 61
        assert (await other.get(url)).status_code == 303
        clock.advance(61)
        assert (await stranger.get(url)).status_code == 303


async def test_a_disabled_person_is_signed_out_at_the_next_request(world: World):
    browser = world.browser()
    await browser.answer()
    await world.foundation.db.write(endings.disable, world.people["alice"].id, world.foundation.clock.now())

    assert_redirected(await browser.authorize(prompt="none"), "login_required")


async def test_claims_asked_for_singly_need_consent_and_come(world: World):
    browser = world.browser()
    wish = '{"userinfo":{"email":null},"id_token":{"phone_number":null}}'
    tokens = await browser.tokens(scope="openid", claims=wish)

    assert (await world.userinfo(tokens["access_token"])).json() == {"sub": "sub-alice", "email": "alice@example.org"}


async def test_form_post_brings_the_answer_in_a_form(world: World):
    browser = world.browser()
    page = await browser.sign_in(await browser.authorize(response_mode="form_post"))
    page = await browser.allow(page)

    action, hidden = form_of(page)
    assert action == RP
    assert {"code", "state", "iss"} <= set(hidden)
    assert "unsafe-inline" not in page.headers["content-security-policy"]


async def test_WEB_08_state_is_escaped_in_a_form_post(world: World):
    browser = world.browser()
    await browser.answer()
    page = await browser.authorize(response_mode="form_post", state='"><script>alert(1)</script>')
    assert "<script>alert" not in page.text


async def test_trusted_clients_are_not_asked_for(world: World):
    browser = world.browser()
    assert "code" in answer_of(await browser.sign_in(await browser.authorize("trusted1")))


@pytest.mark.parametrize(
    ("response_type", "brings"),
    [
        ("token", {"access_token", "token_type", "expires_in", "scope"}),
        ("id_token", {"id_token"}),
        ("id_token token", {"access_token", "id_token"}),
        ("code id_token", {"code", "id_token"}),
        ("code token", {"code", "access_token"}),
    ],
)
async def test_legacy_response_types_answer_in_the_fragment(legacy_world: World, response_type: str, brings: set[str]):
    done = await legacy_world.browser().answer("legacy1", response_type=response_type)
    assert brings <= set(done)
    assert "refresh_token" not in done


async def test_a_native_client_is_asked_about_every_time_since_anything_could_pose_as_it(world: World):
    """RFC 8252 8.6."""
    browser = world.browser()
    await browser.answer("nat1")

    assert (await browser.authorize("nat1")).url.path == "/consent"
    assert_redirected(await browser.authorize("nat1", prompt="none"), "consent_required")
