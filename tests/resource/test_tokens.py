"""JWT access tokens: which are taken, which are not, and by which rule."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.conftest import FakeClock
from tests.resource.conftest import API, ISSUER, Authority, b64, compact, key_named

from gatelodge.protocol import rules
from gatelodge.protocol.jwks import read_jwks
from gatelodge.protocol.rules import Rule
from gatelodge.resource import Principal, Refused, TokenVerifier

pytestmark = pytest.mark.anyio

Verify = Callable[[TokenVerifier, str], Awaitable[Principal]]


async def by_a_task(verifier: TokenVerifier, token: str) -> Principal:
    return await verifier.verify(token)


async def by_a_thread(verifier: TokenVerifier, token: str) -> Principal:
    return await asyncio.to_thread(verifier.verify_sync, token)


@pytest.fixture(params=[by_a_task, by_a_thread])
def verify(request: pytest.FixtureRequest) -> Verify:
    """Both ways to verify, which must agree."""
    return request.param


async def refusal(verify: Verify, verifier: TokenVerifier, token: str) -> Refused:
    with pytest.raises(Refused) as caught:
        await verify(verifier, token)
    return caught.value


async def test_a_good_token_says_who_calls(verify: Verify, authority: Authority, verifier: TokenVerifier) -> None:
    caller = await verify(verifier, authority.token())
    assert (caller.issuer, caller.sub, caller.client_id) == (ISSUER, "alice", "shop")
    assert caller.scopes == {"openid", "orders:read"}
    assert caller.claims["jti"] == "1"
    assert not caller.is_machine


async def test_a_machine_is_known_as_one(verify: Verify, authority: Authority, verifier: TokenVerifier) -> None:
    caller = await verify(verifier, authority.token(sub="daemon", client_id="daemon", auth_time=None, acr=None))
    assert caller.is_machine


async def test_a_person_named_like_a_client_is_no_machine(
    verify: Verify, authority: Authority, verifier: TokenVerifier
) -> None:
    caller = await verify(verifier, authority.token(sub="shop", client_id="shop"))
    assert not caller.is_machine


async def test_one_of_several_audiences_will_do(verify: Verify, authority: Authority, verifier: TokenVerifier) -> None:
    assert await verify(verifier, authority.token(aud=["https://other.test", API]))


async def test_the_type_may_be_written_in_full(verify: Verify, authority: Authority, verifier: TokenVerifier) -> None:
    assert await verify(verifier, authority.token(header={"typ": "application/AT+JWT"}))


async def test_RS256_is_taken_as_well(verify: Verify, authority: Authority) -> None:
    authority.published["key-2"] = "RS256"
    assert await verify(authority.verifier(), authority.token(key="key-2", alg="RS256"))


# What RS-01 sends: what is changed, and the rule that refuses it
BAD: dict[str, tuple[dict[str, Any], Rule]] = {
    "another audience": ({"aud": "https://api.test/other"}, rules.JWT_AUD),
    "an audience that begins alike": ({"aud": API + "/1"}, rules.JWT_AUD),
    "several other audiences": ({"aud": ["https://a.test", "https://b.test"]}, rules.JWT_AUD),
    "no audience": ({"aud": None}, rules.JWT_AUD),
    "an empty audience": ({"aud": []}, rules.JWT_AUD),
    "another issuer": ({"iss": "https://evil.test"}, rules.JWT_ISS),
    "an issuer with a slash more": ({"iss": ISSUER + "/"}, rules.JWT_ISS),
    "no issuer": ({"iss": None}, rules.JWT_ISS),
    "expired": ({"exp": 1_799_999_939}, rules.JWT_EXP),
    "no expiry": ({"exp": None}, rules.JWT_EXP),
    "an expiry that is text": ({"exp": "9999999999"}, rules.JWT_TIME),
    "not valid yet": ({"nbf": 1_800_000_100}, rules.JWT_NOT_YET),
    "issued in the future": ({"iat": 1_800_000_100}, rules.JWT_NOT_YET),
    "no subject": ({"sub": None}, rules.TOKEN_CLAIMS),
    "a subject that is no text": ({"sub": 7}, rules.TOKEN_CLAIMS),
    "no client": ({"client_id": None}, rules.TOKEN_CLAIMS),
    "an ID token": ({"header": {"typ": "JWT"}, "aud": API}, rules.JWT_TYP),
    "no type": ({"header": {"typ": None}}, rules.JWT_TYP),
    "an unknown key": ({"header": {"kid": "key-9"}}, rules.JWT_KEY),
    "another key of the same name": ({"key": "key-8", "header": {"kid": "key-1"}}, rules.JWT_SIGNATURE),
    "an algorithm that is not allowed": ({"header": {"alg": "ES384"}}, rules.JWT_ALG),
    "no algorithm": ({"header": {"alg": None}}, rules.JWT_ALG),
    "alg none": ({"header": {"alg": "none"}}, rules.JWT_ALG),
    "alg None": ({"header": {"alg": "None"}}, rules.JWT_ALG),
    "a key of its own": ({"header": {"jwk": Authority.jwk("key-1", "ES256")}}, rules.JWT_HEADER),
    "an address of its own": ({"header": {"jku": "https://evil.test/jwks"}}, rules.JWT_HEADER),
    "something critical": ({"header": {"crit": ["exp"]}}, rules.JWT_HEADER),
    "bound to a key by DPoP": ({"cnf": {"jkt": "x" * 43}}, rules.TOKEN_UNBOUND),
    "bound to a certificate": ({"cnf": {"x5t#S256": "x" * 43}}, rules.TOKEN_UNBOUND),
}


@pytest.mark.parametrize("why", BAD)
async def test_RS_01_a_token_that_is_not_for_this_api_is_refused(
    why: str, verify: Verify, authority: Authority, verifier: TokenVerifier
) -> None:
    changes, rule = BAD[why]
    refused = await refusal(verify, verifier, authority.token(**changes))
    assert (refused.error, refused.rule) == ("invalid_token", rule)


async def test_RS_01_a_token_without_a_signature_is_refused(
    verify: Verify, authority: Authority, verifier: TokenVerifier
) -> None:
    token = compact({"typ": "at+jwt", "alg": "none"}, authority.claims(), lambda _: b"")
    assert (await refusal(verify, verifier, token)).rule is rules.JWT_ALG
    head, body, _ = authority.token().split(".")
    assert (await refusal(verify, verifier, f"{head}.{body}.")).rule is rules.JWT_SIGNATURE


async def test_RS_01_the_public_key_is_no_secret_to_sign_with(
    verify: Verify, authority: Authority, verifier: TokenVerifier
) -> None:
    public = key_named("key-1").as_pem(private=False)
    token = compact(
        {"typ": "at+jwt", "alg": "HS256", "kid": "key-1"},
        authority.claims(),
        lambda signed: hmac.digest(public, signed, "sha256"),
    )
    assert (await refusal(verify, verifier, token)).rule is rules.JWT_ALG


async def test_RS_01_an_algorithm_that_was_left_out_is_refused(verify: Verify, authority: Authority) -> None:
    only = authority.verifier(algorithms=["RS256"])
    assert (await refusal(verify, only, authority.token())).rule is rules.JWT_ALG


async def test_RS_01_a_changed_token_is_refused_also_when_the_real_one_was_just_taken(
    verify: Verify, authority: Authority, verifier: TokenVerifier
) -> None:
    token = authority.token()
    await verify(verifier, token)
    head, _, signature = token.split(".")
    forged = f"{head}.{b64(json.dumps(authority.claims(scope='orders:read orders:write')).encode())}.{signature}"
    assert (await refusal(verify, verifier, forged)).rule is rules.JWT_SIGNATURE


@pytest.mark.parametrize("token", ["eyJ.a.b", "eyJhbGciOiJFUzI1NiJ9.e30.AA", "eyJ..", f"eyJ{'A' * 20_000}.e30.AA"])
async def test_what_is_no_token_is_refused(token: str, verify: Verify, authority: Authority) -> None:
    refused = await refusal(verify, authority.verifier(), token)
    assert refused.error == "invalid_token"
    assert authority.asked == []


async def test_nothing_of_the_token_is_in_the_refusal(verify: Verify, authority: Authority) -> None:
    token = authority.token(aud="https://some-other-api.test", sub="somebody")
    refused = await refusal(verify, authority.verifier(), token)
    assert not any(part in str(refused) for part in (*token.split("."), "some-other-api", "somebody"))


async def test_a_caller_is_told_that_a_token_expired_and_no_more(
    verify: Verify, authority: Authority, verifier: TokenVerifier
) -> None:
    expired = await refusal(verify, verifier, authority.token(exp=1_700_000_000))
    foreign = await refusal(verify, verifier, authority.token(iss="https://evil.test"))
    assert expired.description == "the access token expired"
    assert foreign.description == "the access token is not valid here"


# What is remembered


async def test_a_token_that_was_taken_is_refused_when_it_has_expired(
    verify: Verify, authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    token = authority.token()
    await verify(verifier, token)
    clock.advance(359)  # an hour of these machines may differ by a minute
    await verify(verifier, token)
    clock.advance(1)
    assert (await refusal(verify, verifier, token)).rule is rules.JWT_EXP


async def test_what_is_remembered_is_no_token(authority: Authority, verifier: TokenVerifier) -> None:
    token = authority.token()
    await verifier.verify(token)
    (name,) = verifier._local._proofs._values
    assert isinstance(name, bytes)
    assert len(name) == 32


async def test_memory_is_bounded_and_only_good_tokens_are_remembered(authority: Authority) -> None:
    verifier = authority.verifier()
    verifier._local._proofs._room = 3
    for number in range(5):
        await verifier.verify(authority.token(jti=str(number)))
        with pytest.raises(Refused):
            await verifier.verify(authority.token(jti=str(number), aud="https://other.test"))
    assert len(verifier._local._proofs) == 3


# What cannot be set up


def test_an_api_has_a_name() -> None:
    with pytest.raises(ValueError, match="audience"):
        TokenVerifier(ISSUER, "")


@pytest.mark.parametrize("algorithms", [[], ["none"], ["HS256"], ["ES256", "HS256"]])
def test_only_public_key_algorithms_are_allowed(algorithms: list[str]) -> None:
    with pytest.raises(ValueError, match="algorithms"):
        TokenVerifier(ISSUER, API, algorithms=algorithms)


@pytest.mark.parametrize("issuer", ["http://id.test", "id.test", "https://id.test/?a=b", "https://id.test#x", ""])
def test_an_issuer_is_https(issuer: str) -> None:
    with pytest.raises(Exception, match="issuer"):
        TokenVerifier(issuer, API)


async def test_pinned_keys_ask_nobody(verify: Verify, authority: Authority) -> None:
    keys = read_jwks(json.dumps({"keys": [Authority.jwk("key-1", "ES256")]}).encode())
    verifier = TokenVerifier(ISSUER, API, keys=keys, clock=authority.clock)
    assert await verify(verifier, authority.token())
    assert (await refusal(verify, verifier, authority.token(key="key-2"))).rule is rules.JWT_KEY
    assert authority.asked == []
