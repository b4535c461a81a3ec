"""Introspection, revocation, UserInfo, and tokens machines hold (catalogue 2.10)."""

from collections.abc import Mapping
from dataclasses import replace

import httpx2
import jwt
import msgspec
import pytest
from structlog.testing import capture_logs
from tests.world import API, OPAQUE_API, SCOPES, World, assert_error, assert_page400, exchange, refresh, secret_of

from gatelodge.authn.hashing import Place
from gatelodge.ops import clients as client_verbs
from gatelodge.ops import users as ops
from gatelodge.protocol import access_token
from gatelodge.stores import clients, users
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio


async def test_a_machine_gets_what_it_is_registered_for_and_no_more(world: World):
    answer = (await world.token("daemon1", grant_type="client_credentials", scope="orders:read")).json()

    assert answer["scope"] == "orders:read"
    assert "refresh_token" not in answer
    assert_error(await world.token("daemon1", grant_type="client_credentials", scope="orders:write"), "invalid_scope")
    assert_error(await world.token("daemon1", grant_type="client_credentials"), "invalid_scope")
    assert_error(await world.token("web1", grant_type="client_credentials"), "unauthorized_client")


async def test_a_resource_stands_for_its_scopes(world: World):
    answer = (await world.token("daemon1", grant_type="client_credentials", resource=API)).json()
    assert answer["scope"] == "orders:read"
    assert (await world.introspect(answer["access_token"], "rs1"))["aud"] == API
    assert_error(
        await world.token("daemon1", grant_type="client_credentials", resource="https://no.test"), "invalid_target"
    )


async def test_client_credentials_with_a_jwt_costs_no_statement(world: World):
    await world.token("daemon1", grant_type="client_credentials", scope="orders:read")
    db = world.foundation.db
    before = (db.statements, db.transactions)

    answer = await world.token("daemon1", grant_type="client_credentials", scope="orders:read")

    assert answer.status_code == 200
    assert (db.statements, db.transactions) == before


async def test_an_opaque_token_is_known_to_its_client_and_its_api_alone(world: World):
    token = (await world.token("daemon1", grant_type="client_credentials", scope="things:read")).json()["access_token"]

    assert token.startswith("gla_")
    assert (await world.introspect(token, "daemon1"))["active"] is True
    assert (await world.introspect(token, "rs1"))["aud"] == OPAQUE_API
    assert await world.introspect(token, "web1") == {"active": False}


async def test_an_api_is_told_the_name_of_a_person_only_with_the_scope_that_tells_it(world: World):
    nameless = await world.browser().tokens(scope="openid orders:read")
    named = await world.browser().tokens(scope="openid profile orders:read")

    assert "username" not in await world.introspect(nameless["access_token"], "rs1")
    assert "username" not in await world.introspect(nameless["access_token"])
    assert (await world.introspect(named["access_token"], "rs1"))["username"] == "alice"


async def test_IR_02_whatever_does_not_work_is_inactive_and_nothing_more(world: World, clock):
    tokens = await world.browser().tokens()
    expired = (await world.token("daemon1", grant_type="client_credentials", scope="things:read")).json()[
        "access_token"
    ]
    clock.advance(601)
    for token in ("what", "a.b.c", "glr_x", "gla_x", expired, tokens["access_token"], tokens["id_token"]):
        assert await world.introspect(token, "daemon1") == {"active": False}


async def test_IR_03_a_wrong_hint_and_a_wrong_way_to_ask(world: World):
    tokens = await world.browser().tokens()
    answer = await world.direct("/introspect", "web1", token=tokens["access_token"], token_type_hint="refresh_token")
    assert answer.json()["active"] is True
    async with world.http() as http:
        assert (await http.get("/introspect?token=x")).status_code == 405
        assert_error(await http.post("/introspect?token=x"), "invalid_request")
        assert_error(await http.post("/introspect", data={"token": "x"}), "invalid_client", 401)
        assert_error(await http.post("/introspect", data={"token": "x", "client_id": "spa1"}), "invalid_client", 401)


async def test_RV_01_revoking_anothers_token_does_nothing_and_the_log_tells(world: World):
    tokens = await world.browser().tokens()
    machine = (await world.token("daemon1", grant_type="client_credentials", scope="things:read")).json()
    theirs = (tokens["access_token"], tokens["refresh_token"], machine["access_token"])
    with capture_logs() as lines:
        for token in (*theirs, "what", "gla_what", "glr_what"):
            assert (await world.direct("/revoke", "web2", token=token)).status_code == 200

    told = [(line["event"], line["client_id"], line["what"]) for line in lines]
    assert told == [("revocation_ignored", "web2", what) for what in ("access_token", "family", "access_token")]
    assert (await world.introspect(tokens["access_token"]))["active"] is True
    assert (await world.introspect(machine["access_token"], "daemon1"))["active"] is True
    assert (await refresh(world, tokens["refresh_token"])).status_code == 200


async def test_revoking_ones_own_twice_is_told_once(world: World):
    tokens = await world.browser().tokens()
    machine = (await world.token("daemon1", grant_type="client_credentials", scope="things:read")).json()
    with capture_logs() as lines:
        for _ in range(2):
            for client_id, token in (
                ("web1", tokens["access_token"]),
                ("web1", tokens["refresh_token"]),
                ("daemon1", machine["access_token"]),
            ):
                await world.direct("/revoke", client_id, token=token)

    assert [line["event"] for line in lines] == ["token_revoked"] * 3


async def test_revoking_an_access_token_ends_it_alone(world: World):
    tokens = await world.browser().tokens()
    await world.direct("/revoke", "web1", token=tokens["access_token"])

    assert await world.introspect(tokens["access_token"]) == {"active": False}
    assert (await world.userinfo(tokens["access_token"])).status_code == 401
    assert (await refresh(world, tokens["refresh_token"])).status_code == 200


async def test_revoking_a_refresh_token_ends_everything(world: World):
    tokens = await world.browser().tokens()
    await world.direct("/revoke", "web1", token=tokens["refresh_token"])
    await world.assert_dead(tokens)


async def test_revoking_a_machines_tokens(world: World):
    for scope in ("orders:read", "things:read"):
        token = (await world.token("daemon1", grant_type="client_credentials", scope=scope)).json()["access_token"]
        await world.direct("/revoke", "daemon1", token=token)
        assert await world.introspect(token, "daemon1") == {"active": False}


async def test_a_public_client_revokes_its_own(world: World):
    tokens = await world.browser().tokens("spa1")
    async with world.http() as http:
        answer = await http.post("/revoke", data={"token": tokens["refresh_token"], "client_id": "spa1"})
    assert answer.status_code == 200
    assert (await world.userinfo(tokens["access_token"])).status_code == 401


async def test_UI_01_how_a_token_may_be_presented(world: World):
    tokens = await world.browser().tokens()
    token = tokens["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    async with world.http() as http:
        assert (await http.get("/userinfo", params={"access_token": token})).status_code == 400
        assert (await http.post("/userinfo", data={"access_token": token}, headers=bearer)).status_code == 400
        assert (await http.post("/userinfo", data={"access_token": token})).status_code == 200
        assert (await http.get("/userinfo", headers={"authorization": f"bearer {token}"})).status_code == 200
        nothing = await http.get("/userinfo")
    assert nothing.status_code == 401
    assert nothing.headers["www-authenticate"] == 'Bearer realm="gatelodge"'


async def test_UI_01_which_tokens_open_userinfo(world: World):
    machine = (await world.token("daemon1", grant_type="client_credentials", scope="orders:read")).json()
    plain = await world.browser().tokens(scope="orders:read")
    for token in (machine["access_token"], plain["access_token"]):
        refused = await world.userinfo(token)
        assert refused.status_code == 403
        assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
        assert 'scope="openid"' in refused.headers["www-authenticate"]
    refused = await world.userinfo("what")
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]


async def test_UI_05_a_token_opens_userinfo_only_if_it_is_for_it(world: World):
    tokens = await world.browser().tokens()
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert claims["aud"] == [API, world.issuer]
    assert await works(world, tokens["access_token"])

    for audience in (API, [API], [API, world.issuer + "/"]):
        refused = await world.userinfo(signed(world, claims | {"aud": audience}))
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]


async def test_UI_05_a_token_without_openid_is_for_the_api_alone(world: World):
    tokens = await world.browser().tokens()
    narrow = (await refresh(world, tokens["refresh_token"], scope="orders:read profile")).json()

    assert jwt.decode(narrow["access_token"], options={"verify_signature": False})["aud"] == API
    assert (await world.userinfo(narrow["access_token"])).status_code == 403
    both = (await refresh(world, narrow["refresh_token"], resource=API)).json()
    assert (await world.userinfo(both["access_token"])).status_code == 200


async def test_UI_05_an_opaque_token_has_both_audiences_too(world: World):
    await world.change_client("web1", scopes=SCOPES | {"things:read"})
    tokens = await world.browser().tokens(scope="openid email things:read")

    assert (await world.userinfo(tokens["access_token"])).json()["email"] == "alice@example.org"
    assert (await world.introspect(tokens["access_token"], "rs1"))["aud"] == [OPAQUE_API, world.issuer]
    assert await world.introspect(tokens["access_token"], "web2") == {"active": False}


async def test_JWT_12_an_id_token_opens_nothing(world: World):
    tokens = await world.browser().tokens()
    assert (await world.userinfo(tokens["id_token"])).status_code == 401


async def works(world: World, token: str) -> bool:
    """Whether a token works, at UserInfo and at introspection alike."""
    opened, told = (await world.userinfo(token)).status_code == 200, (await world.introspect(token))["active"]
    assert opened is told
    return opened


def signed(world: World, claims: Mapping[str, object]) -> str:
    """These claims as an access token that this server signed."""
    foundation = world.foundation
    return foundation.keys.ring.signer("ES256", foundation.clock.now()).sign(dict(claims), access_token.TYPE)


async def test_ID_02_a_token_from_before_a_change_of_issuer_is_refused(world: World):
    tokens = await world.browser().tokens()
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})

    assert await works(world, signed(world, claims))
    assert not await works(world, signed(world, claims | {"iss": "https://old.test"}))
    assert not await works(world, signed(world, claims | {"iss": world.issuer + "/"}))


@pytest.mark.parametrize("seen", ["before", "then"])
async def test_ID_02_a_token_works_in_its_last_second_and_no_longer(world: World, clock, seen: str):
    tokens = await world.browser().tokens()
    if seen == "before":
        assert await works(world, tokens["access_token"])
    clock.advance(599)
    if seen == "before":
        assert await works(world, tokens["access_token"])
    clock.advance(1)
    assert not await works(world, tokens["access_token"])


async def test_ID_02_a_token_is_first_seen_in_its_last_second(world: World, clock):
    tokens = await world.browser().tokens()
    clock.advance(599)
    assert await works(world, tokens["access_token"])


async def test_userinfo_tells_what_the_scopes_stand_for(world: World):
    tokens = await world.browser().tokens(scope="openid email phone address")
    assert (await world.userinfo(tokens["access_token"])).json() == {
        "sub": "sub-alice",
        "email": "alice@example.org",
        "email_verified": True,
        "phone_number": "+44 1865 1",
        "address": {"formatted": "Christ Church\nOxford"},
    }


async def test_updated_at_says_when_what_is_told_of_a_person_last_changed(world: World, clock):
    changed_at, db, alice = clock.now(), world.foundation.db, world.people["alice"]
    tokens = await world.browser().tokens(claims='{"id_token": {"updated_at": null}}')
    clock.advance(60)
    for change in (ops.disable, ops.enable, ops.grant_admin):
        await db.write(change, "alice", Origin(), clock.now())
    tokens = await world.browser().tokens(claims='{"id_token": {"updated_at": null}}')

    told = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert told["updated_at"] == changed_at == (await world.userinfo(tokens["access_token"])).json()["updated_at"]
    await db.write(users.update, msgspec.structs.replace(alice, name="Alice"), clock.now())
    assert (await world.userinfo(tokens["access_token"])).json()["updated_at"] == clock.now()
    plain = await world.browser().tokens(scope="openid email")
    assert "updated_at" not in (await world.userinfo(plain["access_token"])).json()


async def test_a_disabled_client_makes_its_tokens_inactive(world: World):
    tokens = await world.browser().tokens("spa1")
    await world.change_client("spa1", enabled=False)

    assert (await world.userinfo(tokens["access_token"])).status_code == 401
    assert await world.introspect(tokens["access_token"], "rs1") == {"active": False}


async def test_CA_17_a_guesser_is_slowed_and_a_good_client_is_not(world: World):
    async with world.http("198.51.100.7") as http:
        answers = [
            (
                await http.post("/token", data={"grant_type": "client_credentials"}, auth=("daemon1", "wrong"))
            ).status_code
            for _ in range(100)
        ]
        limited = await http.post("/token", data={"grant_type": "client_credentials"}, auth=("daemon1", "wrong"))
        right = await http.post("/token", data={"grant_type": "client_credentials"}, auth=("rs1", secret_of("rs1")))
    assert answers[0] == 401
    assert answers[-1] == 429
    assert int(limited.headers["retry-after"]) > 0
    assert right.status_code == 200
    assert (await world.token("daemon1", grant_type="client_credentials", scope="orders:read")).status_code == 200


async def test_CA_03_nothing_is_asked_of_the_database_for_a_client_that_cannot_prove_itself(world: World):
    await world.token("daemon1", grant_type="client_credentials", scope="orders:read")
    db, costs = world.foundation.db, list[tuple[int, int]]()
    async with world.http() as http:
        for client_id in ("daemon1", "made-up", "web-0123456789abcdef"):
            basic = httpx2.BasicAuth(client_id, "wrong").auth_flow(httpx2.Request("POST", world.issuer))
            header = {"authorization": next(basic).headers["authorization"]}
            post, public = {"client_id": client_id, "client_secret": "wrong"}, {"client_id": client_id}
            for headers, form in ((header, {}), ({}, post), ({}, public)):
                for path in ("/token", "/introspect", "/revoke"):
                    before = (db.statements, db.transactions)
                    sent = {"grant_type": "x", "token": "x"} | form
                    assert_error(await http.post(path, data=sent, headers=headers), "invalid_client", 401)
                    costs.append((db.statements - before[0], db.transactions - before[1]))
    assert set(costs) == {(0, 0)}


async def test_AZ_17_an_unknown_client_costs_what_a_wrong_redirect_uri_does(world: World):
    browser, db = world.browser(), world.foundation.db
    await browser.authorize()
    costs: list[tuple[int, int]] = []
    for changes in ({"redirect_uri": "https://rp.test/wrong"}, {"client_id": "made-up"}, {"client_id": "web-0123"}):
        before = (db.statements, db.transactions)
        assert_page400(await browser.authorize(**changes))
        costs.append((db.statements - before[0], db.transactions - before[1]))
    assert set(costs) == {(0, 0)}


PASSWORD = {"grant_type": "password", "username": "alice", "password": "wonderland", "scope": "openid"}


async def test_CODE_11_the_password_grant_is_off_unless_switched_on(world: World):
    assert_error(await world.token("legacy1", **PASSWORD), "unsupported_grant_type")


async def test_the_password_grant_is_for_clients_that_are_allowed_it(legacy_world: World):
    assert_error(await legacy_world.token("web1", **PASSWORD), "unauthorized_client")
    assert (await legacy_world.token("legacy1", **PASSWORD)).status_code == 200
    assert_error(await legacy_world.token("legacy1", **(PASSWORD | {"password": "wrong"})), "invalid_grant")
    assert_error(await legacy_world.token("legacy1", **(PASSWORD | {"username": "nobody"})), "invalid_grant")


async def test_ACC_07_a_password_replaced_while_it_is_checked_is_wrong(
    legacy_world: World, monkeypatch: pytest.MonkeyPatch
):
    pool = legacy_world.server.authn.passwords
    hashes = iter([await pool.hash("another"), await pool.hash("and another")])

    async def verify_slowly(*_: object) -> bool:
        await legacy_world.foundation.db.write(ops.set_password, "alice", next(hashes), Origin(), 0)
        return True

    browser = legacy_world.browser()
    page = await browser.authorize()
    monkeypatch.setattr(Place, "verify", verify_slowly)

    assert_error(await legacy_world.token("legacy1", **PASSWORD), "invalid_grant")
    again = await browser.sign_in(page)
    assert (again.status_code, again.url.path) == (400, "/login")


async def test_a_token_for_a_password_says_how_the_person_was_proven(legacy_world: World):
    tokens = (await legacy_world.token("legacy1", **PASSWORD)).json()
    for token in (tokens["access_token"], tokens["id_token"]):
        assert jwt.decode(token, options={"verify_signature": False})["amr"] == ["pwd"]


async def test_a_refreshed_token_for_a_password_is_for_the_same_api(legacy_world: World):
    first = (await legacy_world.token("legacy1", **(PASSWORD | {"scope": "orders:read"}))).json()
    second = (await refresh(legacy_world, first["refresh_token"], "legacy1")).json()
    for tokens in (first, second):
        claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
        assert (claims["aud"], claims["scope"]) == (API, "orders:read")


async def test_an_id_that_is_given_again_brings_no_old_tokens_back(world: World):
    tokens = await world.browser().tokens()
    opaque = (await world.token("daemon1", grant_type="client_credentials", scope="things:read")).json()["access_token"]
    db, now = world.foundation.db, world.foundation.clock.now()
    for client_id in ("web1", "daemon1"):
        again = await db.read(clients.find, client_id)
        assert again is not None
        await db.write(client_verbs.remove, client_id, Origin(), now)
        await db.write(clients.add, again, now)
    await world.foundation.registry.poll()

    await world.assert_dead(tokens)
    assert await world.introspect(opaque, "daemon1") == {"active": False}


async def register_anew(world: World, client_id: str) -> None:
    """Remove a client and give its id again, in another process."""
    db, now = world.foundation.db, world.foundation.clock.now()
    before = await db.read(clients.find, client_id)
    assert before is not None
    await db.write(client_verbs.remove, client_id, Origin(), now)
    await db.write(clients.add, replace(before, created_at=0), now)


async def test_an_exchange_that_still_knew_a_removed_client_leaves_nothing_to_who_gets_its_id(world: World):
    code = await world.browser().code("trusted1")
    await register_anew(world, "trusted1")
    late = (await exchange(world, code, "trusted1")).json()  # nobody told this process yet
    await world.foundation.registry.poll()

    await world.assert_dead(late, "trusted1")
    await world.assert_dead(late | {"refresh_token": ""}, "rs1")


async def test_a_code_of_a_removed_client_is_nothing_to_who_gets_its_id(world: World):
    code = await world.browser().code("trusted1")
    await register_anew(world, "trusted1")
    await world.foundation.registry.poll()

    assert_error(await exchange(world, code, "trusted1"), "invalid_grant")


@pytest.mark.parametrize("scope", ["orders:read", "things:read"])
async def test_a_machines_token_is_not_that_of_who_gets_its_id(world: World, clock, scope: str):
    token = (await world.token("daemon1", grant_type="client_credentials", scope=scope)).json()["access_token"]
    clock.advance(1)
    await register_anew(world, "daemon1")
    await world.foundation.registry.poll()

    assert await world.introspect(token, "daemon1") == {"active": False}
    assert await world.introspect(token, "rs1") == {"active": False}
    again = (await world.token("daemon1", grant_type="client_credentials", scope=scope)).json()["access_token"]
    told = await world.introspect(again, "rs1")
    assert (told["active"], "client_generation" in told) == (True, False)


async def test_a_throttled_password_grant_is_told_to_wait(legacy_world: World):
    wrong = PASSWORD | {"password": "wrong"}
    answers = [await legacy_world.token("legacy1", **wrong) for _ in range(12)]

    assert answers[0].status_code == 400
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
