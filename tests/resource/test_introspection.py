"""Opaque tokens: the server is asked, believed for a moment, and nobody is let in while it cannot be asked."""

import asyncio
import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.conftest import FakeClock
from tests.resource.conftest import API, ASK, ISSUER, Authority

from gatelodge.client.errors import ServerUnavailable
from gatelodge.client.messages.registration import SecretPost
from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.protocol import rules
from gatelodge.protocol.rules import Rule
from gatelodge.resource import CannotDecide, Introspection, Refused, TokenVerifier, needs
from gatelodge.resource.needs import check
from gatelodge.resource.opaque import AT_ONCE, REFUSED_FOR

pytestmark = pytest.mark.anyio


def refusal(verifier: TokenVerifier, token: str) -> Refused:
    with pytest.raises(Refused) as caught:
        verifier.verify_sync(token)
    return caught.value


async def test_the_server_says_who_calls(authority: Authority, verifier: TokenVerifier) -> None:
    token = authority.opaque_token()
    caller = await verifier.verify(token)
    assert caller == verifier.verify_sync(token)
    assert (caller.issuer, caller.sub, caller.client_id) == (ISSUER, "alice", "shop")
    assert caller.has("orders:read")
    assert not caller.is_machine


def test_the_api_proves_who_asks(authority: Authority, verifier: TokenVerifier) -> None:
    verifier.verify_sync(authority.opaque_token())
    request = authority.asked[-1]
    assert b64decode(request.headers["authorization"].removeprefix("Basic ")).decode() == f"orders-api:{ASK.secret}"
    assert dict(request.form or ()) == {"token": "gla_1", "token_type_hint": "access_token"}


def test_the_api_may_prove_itself_in_another_way(authority: Authority) -> None:
    ask = Introspection(client_id="orders-api", secret=SecretPost("s3cret"))
    authority.verifier(introspection=ask).verify_sync(authority.opaque_token())
    assert dict(authority.asked[-1].form or ())["client_secret"] == "s3cret"


def test_without_introspection_an_opaque_token_is_refused_and_nobody_asked(authority: Authority) -> None:
    assert refusal(authority.verifier(), authority.opaque_token()).rule is rules.JWT_COMPACT
    assert authority.asked == []


BAD: dict[str, tuple[dict[str, Any], Rule]] = {
    "not active": ({"active": False}, rules.TOKEN_ACTIVE),
    "another API's": ({"aud": "https://api.test/other"}, rules.JWT_AUD),
    "nobody's": ({"aud": None}, rules.JWT_AUD),
    "another issuer's": ({"iss": "https://evil.test"}, rules.JWT_ISS),
    "expired": ({"exp": 1_800_000_000}, rules.JWT_EXP),
    "of a strange expiry": ({"exp": "soon"}, rules.JWT_TIME),
    "not valid yet": ({"nbf": 1_800_000_100}, rules.JWT_NOT_YET),
    "without a client": ({"client_id": None}, rules.TOKEN_CLAIMS),
    "bound to a key": ({"cnf": {"jkt": "x" * 43}}, rules.TOKEN_UNBOUND),
    "a DPoP token": ({"token_type": "DPoP"}, rules.TOKEN_UNBOUND),
    "a refresh token": ({"token_type": "Refresh"}, rules.TOKEN_UNBOUND),
}


@pytest.mark.parametrize("what", BAD)
def test_RS_04_a_token_that_is_not_good_here_is_refused(
    what: str, authority: Authority, verifier: TokenVerifier
) -> None:
    changes, rule = BAD[what]
    refused = refusal(verifier, authority.opaque_token(**changes))
    assert (refused.error, refused.rule) == ("invalid_token", rule)


# RS-04: for how long an answer is believed


async def test_RS_04_an_answer_is_believed_for_its_lifetime_and_no_longer(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    token = authority.opaque_token()
    for _ in range(20):
        await verifier.verify(token)
        verifier.verify_sync(token)
    assert authority.times("/introspect") == 1
    authority.opaque.clear()  # revoked
    clock.advance(ASK.lifetime - 1)
    await verifier.verify(token)
    clock.advance(1)
    assert refusal(verifier, token).rule is rules.TOKEN_ACTIVE
    assert authority.times("/introspect") == 2


def test_RS_04_an_answer_is_never_believed_past_the_tokens_end(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    token = authority.opaque_token(exp=clock.now() + 3)
    verifier.verify_sync(token)
    clock.advance(2)
    verifier.verify_sync(token)
    clock.advance(1)
    assert refusal(verifier, token).rule is rules.JWT_EXP


def test_RS_04_a_lifetime_of_zero_asks_every_time(authority: Authority) -> None:
    ask = Introspection(client_id="orders-api", secret="s", lifetime=0)
    verifier = authority.verifier(introspection=ask)
    token = authority.opaque_token()
    verifier.verify_sync(token)
    authority.opaque.clear()
    refusal(verifier, token)
    refusal(verifier, token)
    assert authority.times("/introspect") == 3


def test_RS_04_a_refusal_is_believed_for_a_shorter_while(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    for _ in range(10):
        refusal(verifier, "gla_made_up")
    assert authority.times("/introspect") == 1
    clock.advance(int(REFUSED_FOR))
    refusal(verifier, "gla_made_up")
    assert authority.times("/introspect") == 2
    assert ASK.lifetime > REFUSED_FOR


def test_RS_04_what_was_good_for_one_scope_is_not_good_for_another(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    token = authority.opaque_token(scope="orders:read")
    check(verifier.verify_sync(token), needs("orders:read"), clock.now())
    with pytest.raises(Refused) as caught:
        check(verifier.verify_sync(token), needs("orders:write"), clock.now())
    assert caught.value.error == "insufficient_scope"
    assert authority.times("/introspect") == 1


# RS-04: the server is down, slow, or answers nonsense


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(500),
        HttpResponse(503, {"retry-after": "7"}),
        HttpResponse(429),
        HttpResponse(401, {}, b'{"error":"invalid_client"}'),
        HttpResponse(403),
        HttpResponse(302, {"location": "/elsewhere"}),
        HttpResponse(200, {}, b""),
        HttpResponse(200, {}, b"<html>"),
        HttpResponse(200, {}, b"[]"),
        HttpResponse(200, {}, b"{}"),
        HttpResponse(200, {}, b'{"active":"true"}'),
        HttpResponse(200, {}, b'{"active":1}'),
        HttpResponse(200, {}, b'{"active":false,"active":true}'),
    ],
    ids=lambda answer: f"{answer.status} {answer.body[:30].decode()}",
)
def test_RS_04_without_a_clear_answer_nobody_is_let_in(
    authority: Authority, verifier: TokenVerifier, answer: HttpResponse
) -> None:
    token = authority.opaque_token()
    authority.answers["/introspect"] = answer
    for _ in range(3):
        with pytest.raises(CannotDecide):
            verifier.verify_sync(token)
    assert authority.times("/introspect") == 3  # no answer is no reason to believe anything
    del authority.answers["/introspect"]
    assert verifier.verify_sync(token)


async def test_RS_04_while_the_server_is_down_what_it_just_said_still_holds_and_nothing_else(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    known, other = authority.opaque_token("gla_1"), authority.opaque_token("gla_2")
    await verifier.verify(known)
    authority.down = True
    assert await verifier.verify(known)
    with pytest.raises(CannotDecide):
        await verifier.verify(other)
    clock.advance(ASK.lifetime)
    with pytest.raises(CannotDecide):
        await verifier.verify(known)


def test_RS_04_how_long_to_wait_is_passed_on(authority: Authority, verifier: TokenVerifier) -> None:
    authority.answers["/introspect"] = HttpResponse(503, {"retry-after": "7"})
    with pytest.raises(CannotDecide) as caught:
        verifier.verify_sync("gla_1")
    assert caught.value.retry_after == 7


async def test_RS_04_a_server_that_is_slow_is_asked_once_about_a_token_and_refuses_a_flood(
    authority: Authority,
) -> None:
    gate = asyncio.Event()

    async def slow(request: HttpRequest) -> HttpResponse:
        if request.url.endswith("/introspect"):
            await gate.wait()
        return authority.send(request)

    verifier = authority.verifier(introspection=ASK, async_send=slow)
    token = authority.opaque_token()
    same = [asyncio.create_task(verifier.verify(token)) for _ in range(100)]
    flood = [asyncio.create_task(verifier.verify(f"gla_made_up_{number}")) for number in range(200)]
    for _ in range(20):
        await asyncio.sleep(0)
    failed_fast = [task for task in flood if task.done()]
    assert len(failed_fast) >= 200 - AT_ONCE
    assert all(isinstance(task.exception(), CannotDecide) for task in failed_fast)
    gate.set()
    assert len(await asyncio.gather(*same)) == 100
    await asyncio.gather(*flood, return_exceptions=True)
    assert authority.times("/introspect") <= AT_ONCE
    assert verifier._opaque is not None
    assert not verifier._opaque._flights


async def test_RS_04_callers_who_give_up_make_no_room_for_more_questions(authority: Authority) -> None:
    gate, asked = asyncio.Event(), 0

    async def slow(request: HttpRequest) -> HttpResponse:
        nonlocal asked
        if request.url.endswith("/introspect"):
            asked += 1
            await gate.wait()
        return authority.send(request)

    verifier = authority.verifier(introspection=ASK, async_send=slow)
    for batch in range(3):
        callers = [asyncio.create_task(verifier.verify(f"gla_{batch}_{number}")) for number in range(AT_ONCE)]
        for _ in range(20):
            await asyncio.sleep(0)
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
    assert asked == AT_ONCE
    gate.set()
    for _ in range(20):
        await asyncio.sleep(0)
    assert await verifier.verify(authority.opaque_token())  # there is room again


def test_RS_04_an_event_loop_that_ends_takes_its_questions_with_it(authority: Authority) -> None:
    async def never(request: HttpRequest) -> HttpResponse:
        if request.url.endswith("/introspect"):
            await asyncio.Event().wait()
        return authority.send(request)

    verifier = authority.verifier(introspection=ASK, async_send=never)

    async def give_up() -> None:
        callers = [asyncio.create_task(verifier.verify(f"gla_{number}")) for number in range(AT_ONCE)]
        await asyncio.sleep(0.05)
        for caller in callers:
            caller.cancel()

    asyncio.run(give_up())
    assert verifier.verify_sync(authority.opaque_token())


async def test_RS_04_no_answer_in_time_lets_nobody_in(authority: Authority) -> None:
    async def too_slow(request: HttpRequest) -> HttpResponse:
        if request.url.endswith("/introspect"):
            raise ServerUnavailable(request.url, "no answer in time", sent=True)
        return authority.send(request)

    verifier = authority.verifier(introspection=ASK, async_send=too_slow)
    with pytest.raises(CannotDecide, match="in time"):
        await verifier.verify(authority.opaque_token())


def test_threads_that_bring_the_same_token_ask_once(authority: Authority, verifier: TokenVerifier) -> None:
    token = authority.opaque_token()
    verifier.verify_sync(authority.opaque_token("gla_2"))
    with ThreadPoolExecutor(20) as pool:
        callers = list(pool.map(verifier.verify_sync, [token] * 60))
    assert len(set(callers)) == 1
    assert authority.times("/introspect") == 2


def test_RS_04_made_up_tokens_push_out_no_real_ones_and_memory_is_bounded(
    authority: Authority, verifier: TokenVerifier
) -> None:
    opaque = verifier._opaque
    assert opaque is not None
    opaque._good._room = opaque._bad._room = 5
    token = authority.opaque_token()
    verifier.verify_sync(token)
    for number in range(50):
        refusal(verifier, f"gla_made_up_{number}")
    asked = authority.times("/introspect")
    verifier.verify_sync(token)
    assert authority.times("/introspect") == asked
    assert len(opaque._bad) == 5


def test_no_token_and_no_secret_is_kept_or_shown(authority: Authority, verifier: TokenVerifier) -> None:
    token = authority.opaque_token()
    caller = verifier.verify_sync(token)
    assert verifier._opaque is not None
    assert all(isinstance(name, bytes) and len(name) == 32 for name in verifier._opaque._good._values)
    assert "s" * 40 not in repr(ASK)
    assert token not in repr(caller)


# Servers that say less


def test_a_server_that_names_no_audience_can_be_trusted_by_name(authority: Authority) -> None:
    ask = Introspection(client_id="orders-api", secret="s", demand_audience=False)
    verifier = authority.verifier(introspection=ask)
    assert verifier.verify_sync(authority.opaque_token("gla_1", aud=None))
    assert refusal(verifier, authority.opaque_token("gla_2", aud="https://api.test/other")).rule is rules.JWT_AUD
    assert API not in str(refusal(verifier, "gla_3"))


def test_a_server_that_names_no_subject_names_a_person_or_nobody(authority: Authority, clock: FakeClock) -> None:
    verifier = authority.verifier(introspection=ASK)
    less = {"iss": None, "sub": None, "auth_time": None, "iat": None, "exp": None, "jti": None}
    person = verifier.verify_sync(authority.opaque_token("gla_1", **less, username="shop"))
    machine = verifier.verify_sync(authority.opaque_token("gla_2", **less))
    assert (person.sub, person.is_machine) == ("shop", False)
    assert (machine.sub, machine.is_machine) == ("shop", True)


def test_a_token_that_never_expires_is_asked_about_again(
    authority: Authority, verifier: TokenVerifier, clock: FakeClock
) -> None:
    token = authority.opaque_token(exp=None)
    verifier.verify_sync(token)
    clock.advance(ASK.lifetime)
    verifier.verify_sync(token)
    assert authority.times("/introspect") == 2


async def test_a_server_without_introspection_cannot_decide(authority: Authority, verifier: TokenVerifier) -> None:
    document = {"issuer": ISSUER, "jwks_uri": ISSUER + "/jwks"}
    authority.answers["/.well-known/openid-configuration"] = HttpResponse(200, {}, json.dumps(document).encode())
    with pytest.raises(CannotDecide, match="introspection_endpoint"):
        await verifier.verify("gla_1")


def test_where_to_ask_can_be_told_for_a_server_that_does_not_say(authority: Authority) -> None:
    document = {"issuer": ISSUER, "jwks_uri": ISSUER + "/jwks"}
    authority.answers["/.well-known/openid-configuration"] = HttpResponse(200, {}, json.dumps(document).encode())
    ask = Introspection(client_id="orders-api", secret="s", endpoint=ISSUER + "/introspect")
    assert authority.verifier(introspection=ask).verify_sync(authority.opaque_token())
