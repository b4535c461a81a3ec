"""The authorization code grant, end to end, and the attacks on the code (catalogue 2.3 and 2.4)."""

import asyncio

import jwt
import pytest
from structlog.testing import capture_logs
from tests.world import (
    API,
    OPAQUE_API,
    RP,
    SCOPES,
    VERIFIER,
    World,
    assert_error,
    assert_redirected,
    audited,
    exchange,
    refresh,
    request_for,
)

from gatelodge.mail.letters import Letters
from gatelodge.ops import consents
from gatelodge.ops import users as ops
from gatelodge.ops.setup import mint_of
from gatelodge.protocol.targets import Api
from gatelodge.stores import apis
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio


async def test_a_person_signs_in_and_the_client_gets_tokens(world: World):
    tokens = await world.browser().tokens()

    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "openid profile email offline_access orders:read"
    assert {"access_token", "refresh_token", "id_token", "expires_in"} <= set(tokens)


async def test_an_independent_library_verifies_both_tokens(world: World):
    tokens = await world.browser().tokens()
    async with world.http() as http:
        keys = jwt.PyJWKSet.from_dict((await http.get("/jwks")).json())

    now = world.foundation.clock.now()
    for token, audience, alg in ((tokens["access_token"], API, "ES256"), (tokens["id_token"], "web1", "RS256")):
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(
            token,
            key,
            [alg],
            audience=audience,
            issuer=world.issuer,
            options={"verify_exp": False, "verify_iat": False},
        )
        assert claims["sub"] == "sub-alice"
        assert claims["exp"] == now + 600


async def test_a_second_request_is_answered_without_asking_again(world: World):
    browser = world.browser()
    await browser.tokens()

    again = await browser.authorize()

    assert "code=" in again.headers["location"]


async def test_a_scope_that_was_left_out_is_not_granted(world: World):
    browser = world.browser()
    page = await browser.sign_in(await browser.authorize())

    code = (await browser.allow(page, "email", "orders:read")).headers["location"].split("code=")[1].split("&")[0]
    tokens = (await exchange(world, code)).json()

    assert tokens["scope"] == "openid profile offline_access"


async def test_the_person_refuses(world: World):
    browser = world.browser()
    page = await browser.sign_in(await browser.authorize())

    assert_redirected(await browser.deny(page), "access_denied")


async def test_PK_02_a_verifier_without_a_challenge_is_refused(world: World):
    code = await world.browser().code("exempt1", code_challenge=None, code_challenge_method=None)

    assert_error(await exchange(world, code, "exempt1"), "invalid_grant")


@pytest.mark.parametrize("verifier", [None, "", "w" * 50])
async def test_PK_03_without_the_right_verifier_a_code_is_worth_nothing_and_spent(world: World, verifier: str | None):
    code = await world.browser().code()

    assert_error(await exchange(world, code, code_verifier=verifier), "invalid_grant")
    assert_error(await exchange(world, code), "invalid_grant")


async def test_PK_10_a_stolen_code_with_the_thiefs_own_verifier_is_refused(world: World):
    code = await world.browser().code()

    assert_error(await exchange(world, code, code_verifier="thief" * 10), "invalid_grant")


@pytest.mark.parametrize("later", [0, 1, 30, 600])
async def test_CODE_01_a_code_works_once_and_a_replay_ends_its_tokens(world: World, clock, later: int):
    code = await world.browser().code()
    tokens = (await exchange(world, code)).json()
    clock.advance(later)

    assert_error(await exchange(world, code), "invalid_grant")
    await world.assert_dead(tokens)


async def test_a_code_is_exchanged_for_an_api_that_was_granted(world: World):
    assert (await exchange(world, await world.browser().code(), resource=API)).status_code == 200
    assert_error(await exchange(world, await world.browser().code(), resource=OPAQUE_API), "invalid_target")


async def test_the_id_token_has_the_nonce_of_the_request_and_the_trail_whom_and_what_for(world: World):
    code, person = await world.browser().code(nonce="n-0S6"), world.people["alice"].id
    with capture_logs() as lines:
        answer = await exchange(world, code)
    assert jwt.decode(answer.json()["id_token"], options={"verify_signature": False})["nonce"] == "n-0S6"
    assert await audited(world, answer) == [("token_issued", "web1", person)]
    (told,) = (line for line in lines if line["event"] == "token_issued")
    whom = {"client_id": "web1", "user_id": person, "grant": "authorization_code", "scope": answer.json()["scope"]}
    assert told.items() >= whom.items()


NINE_DAYS = 9 * 86_400
FOUND = {  # whoever finds a spent code in a log, and what they lack: when, which client, and what it sends
    "any client": (0, "web2", {"redirect_uri": RP}),
    "any client, with the verifier": (NINE_DAYS, "web2", {"redirect_uri": RP, "code_verifier": VERIFIER}),
    "a public client": (0, "spa1", {"redirect_uri": RP}),
    "its own id and any verifier": (0, "web1", {"code_verifier": "w" * 50}),
    "its own id and no verifier": (0, "web1", {"code_verifier": None}),
    "another redirect URI": (0, "web1", {"redirect_uri": "https://rp.test/other"}),
    "all there is, much later": (NINE_DAYS, "web1", {}),
    "all there is, a little too late": (601, "web1", {}),
}


@pytest.mark.parametrize("who", FOUND)
async def test_CODE_14_a_spent_code_is_no_switch_for_what_it_was_exchanged_for(world: World, clock, who: str):
    later, client_id, form = FOUND[who]
    code = await world.browser().code()
    tokens = (await exchange(world, code)).json()
    clock.advance(later)

    assert_error(await exchange(world, code, client_id, **form), "invalid_grant")
    assert (await refresh(world, tokens["refresh_token"])).status_code == 200


async def test_CODE_14_a_public_client_shows_with_its_verifier_that_the_code_was_its_own(world: World):
    code = await world.browser().code("spa1")
    tokens = (await exchange(world, code, "spa1")).json()

    assert_error(await exchange(world, code, "spa1", code_verifier="w" * 50), "invalid_grant")
    assert (await world.userinfo(tokens["access_token"])).status_code == 200
    assert_error(await exchange(world, code, "spa1"), "invalid_grant")
    assert (await world.userinfo(tokens["access_token"])).status_code == 401


async def test_the_audit_trail_has_a_replayed_code_and_nothing_of_one_that_was_found(world: World):
    code = await world.browser().code()
    await exchange(world, code)

    found = await exchange(world, code, code_verifier="w" * 50)
    replayed = await exchange(world, code)

    assert await audited(world, found) == []
    assert await audited(world, replayed) == [("code_replayed", "web1", world.people["alice"].id)]


async def test_CODE_02_of_fifty_exchanges_at_once_one_wins_and_its_tokens_end(world: World):
    code = await world.browser().code()

    answers = await asyncio.gather(*(exchange(world, code) for _ in range(50)))

    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    await world.assert_dead(won[0].json())


async def test_CODE_03_another_client_cannot_redeem_a_code(world: World):
    code = await world.browser().code()

    assert_error(await exchange(world, code, "web2", redirect_uri="https://rp.test/cb"), "invalid_grant")


async def test_CODE_03_an_edited_code_is_refused(world: World):
    code = await world.browser().code()
    mint = mint_of(world.foundation.instance, world.foundation.vault)
    value = mint.take_apart(code)
    assert value is not None
    for edited in (
        mint.compose(value.row_id + 1, value.secret),
        mint.compose(value.row_id, b"x" * 22),
        code[:-1] + ("B" if code.endswith("A") else "A"),
        code + "A",
    ):
        assert_error(await exchange(world, edited), "invalid_grant")


async def test_CODE_05_a_code_is_good_for_a_minute(world: World, clock):
    code = await world.browser().code()
    clock.advance(62)

    assert_error(await exchange(world, code), "invalid_grant")


async def test_CODE_08_no_value_is_taken_in_anothers_slot_nor_spent_there(world: World):
    browser = world.browser()
    tokens = await browser.tokens()
    code = await browser.code()
    interaction = str((await world.browser().authorize()).url).split("interaction=")[1]
    session = browser.http.cookies["__Host-gatelodge-session"]

    for value in (tokens["refresh_token"], tokens["access_token"], interaction, session):
        assert_error(await exchange(world, value), "invalid_grant")
    for value in (code, tokens["access_token"], interaction, session):
        answer = await world.token("web1", grant_type="refresh_token", refresh_token=value)
        assert_error(answer, "invalid_grant")

    assert (await exchange(world, code)).status_code == 200
    refreshed = await world.token("web1", grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed.status_code == 200


async def test_CODE_09_parameters_travel_in_the_body_of_a_post(world: World):
    async with world.http() as http:
        assert (await http.get("/token", params={"grant_type": "authorization_code"})).status_code == 405
        answer = await http.post("/token?code=x", data={"grant_type": "authorization_code"})
    assert_error(answer, "invalid_request")


async def test_CODE_10_codes_show_no_structure(world: World):
    browser = world.browser()
    codes = [await browser.code() for _ in range(50)]

    assert len({code[:4] for code in codes}) > 45
    assert len({code[-4:] for code in codes}) > 45
    assert all(len(code) == 40 for code in codes)


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [(None, "invalid_request"), ("bogus", "unsupported_grant_type"), ("password", "unsupported_grant_type")],
)
async def test_CODE_11_an_unknown_grant_is_refused(world: World, grant_type: str | None, error: str):
    form = {} if grant_type is None else {"grant_type": grant_type}
    assert_error(await world.token("web1", **form, username="alice", password="wonderland"), error)


async def test_the_redirect_uri_must_be_the_one_of_the_request(world: World):
    code = await world.browser().code()

    assert_error(await exchange(world, code, redirect_uri="https://rp.test/cb2"), "invalid_grant")


async def test_a_disabled_account_gets_no_tokens_for_a_code_it_got_before(world: World):
    from gatelodge.stores import endings

    code = await world.browser().code()
    await world.foundation.db.write(endings.disable, world.people["alice"].id, world.foundation.clock.now())

    assert_error(await exchange(world, code), "invalid_grant")


async def test_a_new_password_ends_the_codes_that_wait_for_their_exchange(world: World):
    browser = world.browser()
    code = await browser.code()
    await world.foundation.db.write(
        ops.set_password, "alice", "hash", Letters(None), Origin(), world.foundation.clock.now()
    )

    assert_error(await exchange(world, code), "invalid_grant")


@pytest.mark.parametrize("left", [None, "openid profile"], ids=["nothing", "less"])
async def test_CODE_13_a_code_is_worth_no_more_than_the_person_still_allows(world: World, left: str | None):
    browser = world.browser()
    code = await browser.code()
    await world.foundation.db.write(consents.withdraw, "alice", "web1", Origin(), world.foundation.clock.now())
    if left is not None:
        await browser.code(scope=left)

    assert_error(await exchange(world, code), "invalid_grant")


async def test_CODE_13_a_scope_that_is_allowed_at_another_api_only_is_taken_back(world: World):
    names = [f"https://{name}.test" for name in ("files", "mail")]
    for name in names:
        await world.foundation.db.write(apis.add, Api(name, name, {"read": "Read", "write": "Write"}), 0)
    await world.change_client("web1", scopes=SCOPES | {"read", "write"})
    browser = world.browser()
    code = await browser.code(scope="openid read write", resource=names[0])
    await world.foundation.db.write(consents.withdraw, "alice", "web1", Origin(), world.foundation.clock.now())
    less = await browser.code(scope="openid read", resource=names[0])
    await browser.code(scope="openid write", resource=names[1])

    assert_error(await exchange(world, code), "invalid_grant")
    assert (await exchange(world, less)).status_code == 200


async def test_CODE_13_an_operators_own_client_needs_no_consent(world: World):
    assert (await exchange(world, await world.browser().code("trusted1"), "trusted1")).status_code == 200


async def test_signing_out_takes_what_the_application_was_just_given_and_signing_in_once_more_does_not(world: World):
    """An application that hears of the end before it exchanges the code would sign the person in afterwards."""
    browser = world.browser()
    code = await browser.code()
    await browser.sign_in(await browser.authorize(prompt="login"))
    assert (await exchange(world, code)).status_code == 200
    code = await browser.code()
    await browser.submit(await browser.get("/logout"), decision="sign_out")

    assert_error(await exchange(world, code), "invalid_grant")


async def test_a_disabled_client_gets_no_tokens_for_a_code_it_got_before(world: World):
    code = await world.browser().code()
    await world.change_client("web1", enabled=False)

    assert_error(await exchange(world, code), "invalid_client", 401)


async def test_a_public_client_exchanges_without_a_secret(world: World):
    tokens = await world.browser().tokens("spa1")

    assert tokens["refresh_token"].startswith("glr_")


async def test_RED_09_a_native_client_is_answered_on_any_port_and_exchanges_with_that_port(world: World):
    redirect_uri = "http://127.0.0.1:51004/cb"
    code = await world.browser().code("nat1", redirect_uri=redirect_uri)

    assert_error(await exchange(world, code, "nat1"), "invalid_grant")
    code = await world.browser().code("nat1", redirect_uri=redirect_uri)
    assert (await exchange(world, code, "nat1", redirect_uri=redirect_uri)).status_code == 200


async def test_code_exchange_is_one_transaction(world: World):
    code = await world.browser().code()
    before = world.foundation.db.transactions

    assert (await exchange(world, code)).status_code == 200
    assert world.foundation.db.transactions == before + 1


async def test_two_tabs_complete_each_for_themselves(world: World):
    """AZ-21."""
    browser = world.browser()
    first = await browser.http.get("/authorize", params=request_for(state="first"))
    second = await browser.http.get("/authorize", params=request_for(state="second"))
    done = await browser.sign_in(await browser.follow(first))
    done = await browser.allow(done)

    assert "state=first" in done.headers["location"]
    other = await browser.follow(second)
    assert other.url.path == "/login"  # somebody else may sign in there
    assert "state=second" in (await browser.sign_in(other)).headers["location"]


TOLD = ("name", "email", "given_name", "preferred_username")


def told(tokens: dict[str, str]) -> set[str]:
    """What an ID token says of the person, of what it could."""
    return set[str](TOLD) & jwt.decode(tokens["id_token"], options={"verify_signature": False}).keys()


async def test_an_id_token_says_the_claims_its_operator_chose_as_far_as_scopes_allow(world: World):
    await world.change_client("web1", id_token_claims=frozenset({"name", "email"}))

    assert told(await world.browser().tokens(scope="openid profile email")) == {"name", "email"}
    assert told(await world.browser().tokens(scope="openid profile")) == {"name"}
    assert told(await world.browser().tokens(scope="openid")) == set()
    assert told(await world.browser().tokens("two-uris", scope="openid profile email")) == set()


async def test_a_refreshed_id_token_says_the_same_until_the_operator_takes_the_scope_away(world: World):
    await world.change_client("web1", id_token_claims=frozenset({"name", "email"}))
    tokens = await world.browser().tokens(scope="openid profile email offline_access")

    tokens = (await refresh(world, tokens["refresh_token"])).json()
    assert told(tokens) == {"name", "email"}
    await world.change_client("web1", scopes=SCOPES - {"email"})
    assert told((await refresh(world, tokens["refresh_token"])).json()) == {"name"}
