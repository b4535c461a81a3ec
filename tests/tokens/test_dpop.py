"""DPoP at this server: what is bound, to whom, and what a thief gets of it (catalogue 2.9, RFC 9449)."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import jwt
import pytest
from tests.conftest import FakeClock
from tests.dpop import Key, ath_of, jkt_of, key_for, proof
from tests.world import OPAQUE_API, SCOPES, VERIFIER, World, assert_error, assert_redirected, request_for, secret_of

from gatelodge.database.tx import Tx
from gatelodge.protocol.dpop import MAX_DRIFT, DpopNonces
from gatelodge.server import build
from gatelodge.stores import sweep
from gatelodge.tokens.dpop import DpopProofs

pytestmark = pytest.mark.anyio

SPA = "https://spa.test/cb"
MACHINE = {"grant_type": "client_credentials", "scope": "orders:read"}
THIEF = key_for("ES256", "of a thief")


async def send(
    world: World, form: Mapping[str, str], *proofs: str, client_id: str | None = "daemon1"
) -> httpx2.Response:
    """Post to the token endpoint, with each of these in a DPoP header of its own."""
    auth = (client_id, secret_of(client_id)) if client_id else None
    async with world.http() as http:
        headers = [("DPoP", one) for one in proofs]
        return await http.post("/token", data=dict(form), headers=headers, auth=auth)  # pyright: ignore[reportArgumentType]


def made(world: World, path: str = "/token", method: str = "POST", **changes: Any) -> str:
    now: int = changes.pop("now", world.foundation.clock.now())
    return proof(world.issuer + path, method, now=now, **changes)


def _without(world: World, name: str) -> str:
    changes: dict[str, Any] = {name: None}
    return made(world, **changes)


async def call(world: World, token: str, *proofs: str, scheme: str = "DPoP") -> httpx2.Response:
    async with world.http() as http:
        headers = [("Authorization", f"{scheme} {token}"), *(("DPoP", one) for one in proofs)]
        return await http.get("/userinfo", headers=headers)


def beside(world: World, token: str, **changes: Any) -> str:
    """A good proof for UserInfo."""
    return made(world, "/userinfo", "GET", **{"ath": ath_of(token)} | changes)


def claims_of(tokens: Mapping[str, str]) -> dict[str, Any]:
    return jwt.decode(tokens["access_token"], options={"verify_signature": False})


async def spa_tokens(world: World, key: Key | None = None, **asked: str) -> dict[str, str]:
    """Sign alice in to the public client, and exchange the code with a proof."""
    code = await world.browser().code("spa1", **asked)
    answer = await redeem(world, code, made(world, key=key or key_for()))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def redeem(world: World, code: str, *proofs: str) -> httpx2.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": SPA, "code_verifier": VERIFIER}
    return await send(world, {**form, "client_id": "spa1"}, *proofs, client_id=None)


async def renew(world: World, token: str, *proofs: str) -> httpx2.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "spa1"}
    return await send(world, form, *proofs, client_id=None)


# What is bound


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "PS256"])
async def test_a_token_is_bound_to_the_key_of_the_proof(world: World, alg: str) -> None:
    bound = (await send(world, MACHINE, made(world, alg=alg))).json()
    plain = (await send(world, MACHINE)).json()

    assert (bound["token_type"], claims_of(bound)["cnf"]) == ("DPoP", {"jkt": jkt_of(key_for(alg))})
    assert (plain["token_type"], "cnf" in claims_of(plain)) == ("Bearer", False)


async def test_introspection_tells_what_a_token_is_bound_to(world: World) -> None:
    jwt_token = (await send(world, MACHINE, made(world))).json()["access_token"]
    opaque = (await send(world, MACHINE | {"scope": "things:read"}, made(world))).json()
    assert (opaque["token_type"], opaque["access_token"][:4]) == ("DPoP", "gla_")
    for token in (jwt_token, opaque["access_token"]):
        told = await world.introspect(token, "rs1")
        assert (told["active"], told["token_type"], told["cnf"]) == (True, "DPoP", {"jkt": jkt_of(key_for())})
    plain = (await send(world, MACHINE)).json()["access_token"]
    assert "cnf" not in await world.introspect(plain, "rs1")


# DP-01: a proof is good once


async def test_DP_01_a_proof_works_once(world: World) -> None:
    once = made(world)
    assert (await send(world, MACHINE, once)).status_code == 200
    assert_error(await send(world, MACHINE, once), "invalid_dpop_proof")
    assert (await send(world, MACHINE, made(world))).status_code == 200


async def test_DP_01_of_many_at_once_over_two_workers_one_goes_on(world: World) -> None:
    on, once = world.foundation, made(world)
    other = build(on).tokens.dpop
    client = await on.registry.client("daemon1")
    assert client is not None
    workers = [world.server.tokens.dpop, other]
    found = await asyncio.gather(
        *(workers[n % 2].of_token_request({"dpop": once}, "/token", client) for n in range(20)), return_exceptions=True
    )
    assert sum(not isinstance(one, BaseException) for one in found) == 1


async def test_DP_01_the_same_jti_of_another_key_is_another_proof(world: World) -> None:
    assert (await send(world, MACHINE, made(world, jti="one"))).status_code == 200
    assert (await send(world, MACHINE, made(world, jti="one", key=THIEF))).status_code == 200


async def test_DP_01_a_refused_proof_was_not_spent_and_a_stranger_spends_none(world: World) -> None:
    once = made(world)
    async with world.http() as http:
        stranger = await http.post("/token", data=MACHINE, headers={"DPoP": once}, auth=("daemon1", "a guess"))
    assert_error(stranger, "invalid_client", 401)
    assert (await send(world, MACHINE, once)).status_code == 200


async def test_DP_09_what_is_remembered_of_proofs_is_forgotten_with_their_time(world: World, clock: FakeClock) -> None:
    async def kept(tx: Tx) -> int:
        found = await tx.one("select count(*) from seen")
        return int(found[0]) if found else 0

    for _ in range(5):
        assert (await send(world, MACHINE, made(world))).status_code == 200
    assert await world.foundation.db.read(kept) == 5
    clock.advance(2 * MAX_DRIFT)
    await sweep.purge(world.foundation.db, clock.now(), world.foundation.config.retention)
    assert await world.foundation.db.read(kept) == 5  # clocks differ
    for _ in range(3):
        clock.advance(sweep.BRIEF // 2)
        await sweep.purge(world.foundation.db, clock.now(), world.foundation.config.retention)
    assert await world.foundation.db.read(kept) == 0


async def test_DP_09_an_oversized_proof_is_refused(world: World) -> None:
    assert_error(await send(world, MACHINE, made(world, jti="j" * 6_000)), "invalid_dpop_proof")
    assert_error(await send(world, MACHINE, "a" * 10_000), "invalid_dpop_proof")


# DP-02, -03, -06: what a proof must say


async def test_DP_02_the_address_is_the_issuers_whatever_host_is_asked_for(world: World) -> None:
    for url in ("HTTPS://ID.TEST:443/token", "https://id.test/token?a=b#c"):
        good = proof(url, now=world.foundation.clock.now())
        assert (await send(world, MACHINE, good)).status_code == 200
    for changes in ({"htm": "GET"}, {"htu": "https://evil.test/token"}, {"htu": "https://id.test/userinfo"}):
        assert_error(await send(world, MACHINE, made(world, **changes)), "invalid_dpop_proof")


async def test_DP_03_the_clock_may_differ_by_seconds_and_not_by_hours(world: World, clock: FakeClock) -> None:
    for drift in (-10, 10):
        assert (await send(world, MACHINE, made(world, iat=clock.now() + drift))).status_code == 200
    for drift in (-3_600, 3_600):
        assert_error(await send(world, MACHINE, made(world, iat=clock.now() + drift)), "invalid_dpop_proof")


async def test_DP_06_what_is_no_proof_is_refused(world: World) -> None:
    bad = [
        (made(world), made(world)),
        ("not a jwt",),
        ("",),
        (made(world, header={"alg": "none"}),),
        (made(world, header={"jwk": key_for().as_dict(private=True)}),),
        (made(world, header={"typ": "JWT"}),),
        (made(world, signed_by=THIEF),),
        *((_without(world, name),) for name in ("jti", "htm", "htu", "iat")),
    ]
    for proofs in bad:
        answer = await send(world, MACHINE, *proofs)
        assert_error(answer, "invalid_dpop_proof")
        assert "access_token" not in answer.json()


# Codes


async def test_DP_07_a_code_that_names_a_key_is_redeemed_with_it(world: World) -> None:
    named = {"dpop_jkt": jkt_of(key_for())}
    for proofs, error in (((), "invalid_dpop_proof"), ((made(world, key=THIEF),), "invalid_grant")):
        code = await world.browser().code("spa1", **named)
        assert_error(await redeem(world, code, *proofs), error)
        assert_error(await redeem(world, code, made(world)), "invalid_grant")  # and it is spent
    code = await world.browser().code("spa1", **named)
    assert (await redeem(world, code, made(world))).status_code == 200


async def test_DP_07_what_is_no_thumbprint_is_refused_before_anybody_signs_in(world: World) -> None:
    for jkt in ("short", "x" * 44, "ü" * 43, jkt_of(key_for()) + "="):
        assert_redirected(await world.browser().authorize(dpop_jkt=jkt), "invalid_request")
    async with world.http() as http:
        twice = [*request_for().items(), ("dpop_jkt", jkt_of(key_for())), ("dpop_jkt", jkt_of(THIEF))]
        assert_redirected(await http.get("/authorize", params=twice), "invalid_request")  # pyright: ignore[reportArgumentType]


# Refresh tokens


async def test_RT_11_the_refresh_token_of_a_public_client_needs_the_key_it_was_given_to(world: World) -> None:
    tokens = await spa_tokens(world)
    assert tokens["token_type"] == "DPoP"
    stolen = tokens["refresh_token"]
    assert_error(await renew(world, stolen), "invalid_dpop_proof")
    assert_error(await renew(world, stolen, made(world, key=THIEF)), "invalid_grant")

    renewed = (await renew(world, stolen, made(world))).json()  # nothing was spent by the thief
    assert claims_of(renewed)["cnf"] == {"jkt": jkt_of(key_for())}
    assert_error(await renew(world, renewed["refresh_token"], made(world, key=THIEF)), "invalid_grant")
    assert (await renew(world, renewed["refresh_token"], made(world))).status_code == 200


async def test_RT_11_a_thief_ends_nothing_within_the_overlap(world: World, clock: FakeClock) -> None:
    tokens = await spa_tokens(world)
    renewed = (await renew(world, tokens["refresh_token"], made(world))).json()
    clock.advance(10)
    assert_error(await renew(world, tokens["refresh_token"], made(world, key=THIEF)), "invalid_grant")
    again = (await renew(world, tokens["refresh_token"], made(world))).json()
    assert again["refresh_token"] == renewed["refresh_token"]


async def test_a_confidential_client_refreshes_with_any_key_or_none(world: World) -> None:
    code = await world.browser().code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "https://rp.test/cb"}
    tokens = (await send(world, form | {"code_verifier": VERIFIER}, made(world), client_id="web1")).json()
    for proofs, kind in (((made(world, key=THIEF),), "DPoP"), ((), "Bearer")):
        again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        tokens = (await send(world, again, *proofs, client_id="web1")).json()
        assert tokens["token_type"] == kind


# UserInfo


async def test_DP_05_a_bound_token_opens_userinfo_with_its_key_and_its_digest(world: World) -> None:
    token = (await spa_tokens(world))["access_token"]
    assert (await call(world, token, beside(world, token))).json()["sub"] == "sub-alice"
    for scheme in ("dpop", "DPOP"):  # DP-08
        assert (await call(world, token, beside(world, token), scheme=scheme)).status_code == 200
    bad = {
        "no proof": (),
        "another key": (beside(world, token, key=THIEF),),
        "no digest": (beside(world, token, ath=None),),
        "another digest": (beside(world, token, ath=ath_of("another")),),
        "for the token endpoint": (made(world, "/token", "GET", ath=ath_of(token)),),
        "for another method": (beside(world, token, htm="POST"),),
        "two": (beside(world, token), beside(world, token)),
    }
    for what, proofs in bad.items():
        refused = await call(world, token, *proofs)
        assert refused.status_code == 401, what
        assert refused.headers["www-authenticate"].startswith('DPoP realm="gatelodge", error="inval'), what
        assert 'algs="ES256 EdDSA Ed25519 PS256"' in refused.headers["www-authenticate"]


async def test_DP_05_a_bound_token_is_no_bearer_token(world: World) -> None:
    token = (await spa_tokens(world))["access_token"]
    for proofs in ((), (beside(world, token),)):
        refused = await call(world, token, *proofs, scheme="Bearer")
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
        assert refused.headers["www-authenticate"].endswith(', DPoP algs="ES256 EdDSA Ed25519 PS256"')
    async with world.http() as http:
        assert (await http.post("/userinfo", data={"access_token": token})).status_code == 401


async def test_DP_05_a_bearer_token_is_no_bound_one(world: World) -> None:
    token = (await world.browser().tokens())["access_token"]
    assert (await call(world, token, scheme="Bearer")).status_code == 200
    assert (await call(world, token, beside(world, token))).status_code == 401


async def test_DP_01_a_proof_opens_userinfo_once(world: World) -> None:
    token = (await spa_tokens(world))["access_token"]
    once = beside(world, token)
    assert (await call(world, token, once)).status_code == 200
    assert (await call(world, token, once)).json()["error"] == "invalid_dpop_proof"


async def test_an_opaque_token_is_bound_too(world: World) -> None:
    await world.change_client("spa1", scopes=SCOPES | {"things:read"})
    tokens = await spa_tokens(world, scope="openid things:read", resource=OPAQUE_API)
    token = tokens["access_token"]
    assert token.startswith("gla_")
    assert (await call(world, token, scheme="Bearer")).status_code == 401
    assert (await call(world, token, beside(world, token, key=THIEF))).status_code == 401
    assert (await call(world, token, beside(world, token))).status_code == 200


async def test_the_account_for_programs_takes_bound_tokens_at_the_address_that_was_asked(world: World) -> None:
    await world.change_client("spa1", scopes=SCOPES | {"account"})
    token = (await spa_tokens(world, scope="openid account"))["access_token"]
    async with world.http() as http:
        for path, status in (("profile", 200), ("apps", 401)):
            good = made(world, "/account/api/profile", "GET", ath=ath_of(token))
            headers = {"authorization": f"DPoP {token}", "dpop": good}
            assert (await http.get(f"/account/api/{path}", headers=headers)).status_code == status
        bare = await http.get("/account/api/profile", headers={"authorization": f"Bearer {token}"})
    assert bare.status_code == 401


# What the operator demands of a client


async def test_a_client_that_is_bound_gets_nothing_without_a_proof(world: World) -> None:
    await world.change_client("daemon1", dpop_bound=True)
    answer = await send(world, MACHINE)
    assert_error(answer, "invalid_dpop_proof")
    assert (await send(world, MACHINE, made(world))).json()["token_type"] == "DPoP"


async def test_a_nonce_is_told_and_then_demanded(world: World, clock: FakeClock) -> None:
    await world.change_client("daemon1", dpop_nonce_required=True)
    first = await send(world, MACHINE, made(world))
    assert_error(first, "use_dpop_nonce")
    nonce = first.headers["dpop-nonce"]
    assert_error(await send(world, MACHINE, made(world, nonce="a guess")), "use_dpop_nonce")
    good = await send(world, MACHINE, made(world, nonce=nonce))
    assert (good.status_code, "dpop-nonce" in good.headers) == (200, False)

    clock.advance(120)
    late = await send(world, MACHINE, made(world, nonce=nonce))
    assert late.status_code == 200
    following = late.headers["dpop-nonce"]
    assert following != nonce
    clock.advance(120)
    assert_error(await send(world, MACHINE, made(world, nonce=nonce)), "use_dpop_nonce")
    assert (await send(world, MACHINE, made(world, nonce=following))).status_code == 200


async def test_a_nonce_is_demanded_at_userinfo_too(world: World) -> None:
    token = (await spa_tokens(world))["access_token"]
    await world.change_client("spa1", dpop_nonce_required=True)
    asked = await call(world, token, beside(world, token))
    assert (asked.status_code, asked.json()["error"]) == (401, "use_dpop_nonce")
    assert asked.headers["www-authenticate"].startswith('DPoP realm="gatelodge", error="use_dpop_nonce"')
    nonce = asked.headers["dpop-nonce"]
    assert (await call(world, token, beside(world, token, nonce=nonce))).status_code == 200


async def test_a_nonce_costs_no_row_and_a_request_for_one_spends_nothing(world: World) -> None:
    await world.change_client("daemon1", dpop_nonce_required=True)
    once = made(world)
    assert_error(await send(world, MACHINE, once), "use_dpop_nonce")

    async def kept(tx: Tx) -> int:
        found = await tx.one("select count(*) from seen")
        return int(found[0]) if found else 0

    assert await world.foundation.db.read(kept) == 0


async def test_every_worker_of_an_installation_takes_the_nonces_of_the_others(world: World) -> None:
    mine, theirs = world.server.tokens.dpop, build(world.foundation).tokens.dpop
    now = world.foundation.clock.now()
    assert mine.nonces.current(now) == theirs.nonces.current(now)
    assert DpopNonces(b"another installation").current(now) != mine.nonces.current(now)
    assert isinstance(mine, DpopProofs)


async def test_metadata_names_the_algorithms(world: World) -> None:
    async with world.http() as http:
        told = (await http.get("/.well-known/openid-configuration")).json()
    assert told["dpop_signing_alg_values_supported"] == ["ES256", "EdDSA", "Ed25519", "PS256"]
