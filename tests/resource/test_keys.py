"""The server's keys: found when first needed, fetched rarely, kept when they cannot be fetched."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.conftest import FakeClock
from tests.resource.conftest import Authority, key_named

from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.client.sending.jwks import COOLDOWN, FRESH, LAST_GOOD
from gatelodge.client.sending.metadata import FRESH as METADATA_FRESH
from gatelodge.client.sending.metadata import RETRY
from gatelodge.protocol import rules
from gatelodge.protocol.jwks import MAX_TRIED
from gatelodge.resource import CannotDecide, Refused, TokenVerifier

pytestmark = pytest.mark.anyio


def test_nobody_is_asked_before_there_is_a_token(authority: Authority) -> None:
    authority.verifier()
    assert authority.asked == []


async def test_a_thousand_requests_ask_once(authority: Authority, verifier: TokenVerifier) -> None:
    for number in range(500):
        await verifier.verify(authority.token(jti=str(number % 7)))
        await asyncio.to_thread(verifier.verify_sync, authority.token(jti=str(number % 7)))
    assert authority.times("/.well-known/openid-configuration") == 1
    assert authority.times("/jwks") <= 2  # once for tasks, once for threads


async def test_RS_05_a_flood_of_unknown_keys_causes_one_look_per_interval(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    await verifier.verify(authority.token())
    for wait in (0, int(COOLDOWN)):
        clock.advance(wait)
        for number in range(200):
            with pytest.raises(Refused):
                await verifier.verify(authority.token(header={"kid": f"made-up-{number}"}))
    assert authority.times("/jwks") == 2


async def test_RS_05_garbage_never_causes_a_look(authority: Authority, verifier: TokenVerifier) -> None:
    for number in range(50):
        with pytest.raises(Refused):
            await verifier.verify(authority.token(header={"kid": f"made-up-{number}"}, iss="https://evil.test"))
    assert authority.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(500),
        HttpResponse(404),
        HttpResponse(302, {"location": "https://evil.test/jwks"}),
        HttpResponse(200, {}, b""),
        HttpResponse(200, {}, b"{}"),
        HttpResponse(200, {}, b'{"keys":[]}'),
        HttpResponse(200, {}, b'{"keys":[' + b" " * 10_000_000 + b"]}"),
        HttpResponse(200, {}, b"<html>"),
    ],
    ids=["500", "404", "302", "empty", "no keys", "empty set", "10 MB", "a page"],
)
async def test_RS_05_the_last_good_keys_are_kept(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock, answer: HttpResponse
) -> None:
    await verifier.verify(authority.token())
    authority.answers["/jwks"] = answer
    clock.advance(int(FRESH))
    assert await verifier.verify(authority.token())
    assert authority.times("/jwks") == 2


async def test_RS_21_a_new_key_that_cannot_be_looked_for_decides_nothing(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    await verifier.verify(authority.token())
    await asyncio.to_thread(verifier.verify_sync, authority.token())
    clock.advance(int(COOLDOWN))
    authority.down = True
    for _ in range(3):  # also while it is not looked for again
        with pytest.raises(CannotDecide):
            await verifier.verify(authority.token(key="key-2"))
        with pytest.raises(CannotDecide):
            verifier.verify_sync(authority.token(key="key-2"))
        assert await verifier.verify(authority.token())
    authority.down = False
    authority.published["key-2"] = "ES256"
    clock.advance(int(COOLDOWN))
    assert await verifier.verify(authority.token(key="key-2"))


async def test_RS_21_a_made_up_key_is_refused_and_disturbs_nobody(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    await verifier.verify(authority.token())
    for wait in (0, int(COOLDOWN), 1):
        clock.advance(wait)
        with pytest.raises(Refused) as caught:
            await verifier.verify(authority.token(header={"kid": "made-up"}))
        assert caught.value.rule is rules.JWT_KEY
        assert await verifier.verify(authority.token())


ODD: dict[str, Any] = {
    "no object": 7,
    "nothing": {},
    "of an unknown type": {"kty": "AKP", "alg": "ML-DSA-44", "kid": "pq", "pub": "AA"},
    "of an unknown curve": {"kty": "EC", "crv": "P-999", "kid": "c", "x": "AA", "y": "AA"},
    "no point": {"kty": "EC", "crv": "P-256", "kid": "c", "x": "AA", "y": "AA"},
    "private": key_named("key-7").as_dict(private=True, kid="p"),
    "a secret": {"kty": "oct", "k": "AAAA", "kid": "s"},
    "a weak one": {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "w"},
    "of a strange name": {**key_named("key-7").as_dict(private=False), "kid": 7},
}


@pytest.mark.parametrize("odd", ODD)
async def test_RS_21_one_bad_element_spoils_no_other_key(odd: str, authority: Authority) -> None:
    authority.beside = [ODD[odd]]
    assert await authority.verifier().verify(authority.token())
    with pytest.raises(Refused):
        await authority.verifier().verify(authority.token(key="key-7", header={"kid": "p"}))


async def test_RS_21_a_set_of_two_hundred_keys_is_read(authority: Authority) -> None:
    chain = ["MII" * 100]
    authority.beside = [Authority.jwk("key-7", "ES256") | {"kid": f"old-{n}", "x5c": chain} for n in range(200)]
    assert await authority.verifier().verify(authority.token())


@pytest.mark.parametrize("nameless", ["the keys", "the token", "both"])
async def test_RS_21_a_name_that_one_side_lacks_excludes_no_key(nameless: str, authority: Authority) -> None:
    authority.published = {"key-1": "ES256", "key-2": "ES256"}
    authority.nameless = nameless != "the token"
    verifier = authority.verifier()
    header = {} if nameless == "the keys" else {"kid": None}
    for key in authority.published:
        assert await verifier.verify(authority.token(key=key, header=header))
    with pytest.raises(Refused) as caught:
        await verifier.verify(authority.token(key="key-3", header=header))
    assert caught.value.rule is rules.JWT_SIGNATURE


async def test_RS_21_a_key_without_a_name_that_was_replaced_is_noticed_within_a_minute(
    authority: Authority, clock: FakeClock
) -> None:
    authority.nameless = True
    verifier = authority.verifier()
    await verifier.verify(authority.token(header={"kid": None}))
    authority.published = {"key-2": "ES256"}
    clock.advance(int(COOLDOWN))
    assert await verifier.verify(authority.token(key="key-2", header={"kid": None}))


async def test_RS_21_a_token_may_not_cost_more_verifications_than_a_few(authority: Authority) -> None:
    authority.published = {f"key-{number}": "ES256" for number in range(1, MAX_TRIED + 2)}
    with pytest.raises(Refused) as caught:
        await authority.verifier().verify(authority.token(header={"kid": None}))
    assert caught.value.rule is rules.JWT_KEY


async def test_a_withdrawn_key_is_believed_for_no_longer_than_a_set_may_be_kept(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    token = authority.token(exp=clock.now() + 10_000)
    await verifier.verify(token)
    authority.published = {"key-2": "ES256"}
    clock.advance(300)  # what operators are told, and what `cache-control` of /jwks says
    with pytest.raises(Refused):
        await verifier.verify(token)


async def test_a_new_key_is_found_within_a_minute(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    await verifier.verify(authority.token())
    authority.published["key-2"] = "ES256"
    clock.advance(int(COOLDOWN))
    assert await verifier.verify(authority.token(key="key-2"))
    assert COOLDOWN <= 60


async def test_a_key_that_was_taken_back_is_no_longer_believed_also_not_from_memory(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    token = authority.token(exp=clock.now() + 10_000)
    await verifier.verify(token)
    authority.published = {"key-2": "ES256"}
    clock.advance(int(FRESH))
    with pytest.raises(Refused) as caught:
        await verifier.verify(token)
    assert caught.value.rule is rules.JWT_KEY


async def test_without_any_keys_nothing_is_decided_and_nobody_let_in(authority: Authority) -> None:
    authority.down = True
    verifier = authority.verifier()
    for _ in range(20):
        with pytest.raises(CannotDecide):
            await verifier.verify(authority.token())
        with pytest.raises(CannotDecide):
            verifier.verify_sync(authority.token())
    assert len(authority.asked) == 1  # and not again within some seconds


async def test_when_the_server_comes_back_it_is_found(authority: Authority, clock: FakeClock) -> None:
    authority.down = True
    verifier = authority.verifier()
    with pytest.raises(CannotDecide):
        await verifier.verify(authority.token())
    authority.down = False
    clock.advance(int(RETRY))
    assert await verifier.verify(authority.token())


async def test_keys_are_not_believed_for_ever(authority: Authority, verifier: TokenVerifier, clock: FakeClock) -> None:
    await verifier.verify(authority.token())
    authority.down = True
    clock.advance(int(LAST_GOOD) - 1)
    assert await verifier.verify(authority.token())
    clock.advance(1)
    with pytest.raises(CannotDecide):
        await verifier.verify(authority.token())


async def test_keys_that_moved_are_followed(authority: Authority, verifier: TokenVerifier, clock: FakeClock) -> None:
    await verifier.verify(authority.token())
    whole = authority.send(HttpRequest("GET", authority.issuer + "/.well-known/openid-configuration")).body
    moved = HttpResponse(200, {}, whole.replace(b"/jwks", b"/keys"))
    authority.answers["/.well-known/openid-configuration"] = moved
    authority.answers["/keys"] = authority.send(HttpRequest("GET", authority.issuer + "/jwks"))
    clock.advance(int(METADATA_FRESH))
    assert await verifier.verify(authority.token())
    assert authority.times("/keys") == 1


async def test_metadata_of_another_issuer_is_not_believed(authority: Authority) -> None:
    answer = HttpResponse(200, {}, b'{"issuer":"https://evil.test","jwks_uri":"https://evil.test/jwks"}')
    authority.answers["/.well-known/openid-configuration"] = answer
    with pytest.raises(CannotDecide, match="issuer"):
        await authority.verifier().verify(authority.token())
    assert authority.times("/jwks") == 0


async def test_many_at_once_ask_once(authority: Authority) -> None:
    gate = asyncio.Event()

    async def slow(request: HttpRequest) -> HttpResponse:
        await gate.wait()
        return authority.send(request)

    verifier = authority.verifier(async_send=slow)
    callers = [asyncio.create_task(verifier.verify(authority.token(jti=str(number)))) for number in range(50)]
    await asyncio.sleep(0)
    callers[0].cancel()  # the one who asks for all goes away
    gate.set()
    done = await asyncio.gather(*callers, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in done) == 49
    assert len(authority.asked) <= 3


def test_many_threads_ask_once(authority: Authority, verifier: TokenVerifier) -> None:
    tokens = [authority.token(jti=str(number)) for number in range(40)]
    with ThreadPoolExecutor(20) as pool:
        callers = list(pool.map(verifier.verify_sync, tokens))
    assert len(callers) == 40
    assert len(authority.asked) == 2
