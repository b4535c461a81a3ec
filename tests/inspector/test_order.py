"""The lists of checks say the truth: each rule refuses, and of two broken rules the earlier one of the list does."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import httpx2
import pytest
from tests import devices
from tests.dpop import proof
from tests.inspector.breaking import Break, Sent, last_place, pairs, said
from tests.inspector.conftest import trace_of
from tests.signing import JWKS, asked, signed
from tests.world import CHALLENGE, RP, VERIFIER, Browser, World, request_for, secret_of

from gatelodge.inspector.checked import stages_of, steps_of
from gatelodge.inspector.trace import Trace
from gatelodge.protocol import rules
from gatelodge.protocol.checks import ASKING, DPOP_HEADER, ENDPOINTS, Stages
from gatelodge.protocol.device import GRANT_TYPE
from gatelodge.protocol.rules import Rule
from gatelodge.protocol.steps import find_rule

pytestmark = pytest.mark.anyio

FORM = {"content-type": "application/x-www-form-urlencoded"}
Send = Callable[[Sent], Awaitable[httpx2.Response]]


def _basic(client_id: str, secret: str) -> str:
    from base64 import b64encode

    return "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()


# What is broken, everywhere

UNREADABLE = Break(rules.PRINTABLE, raw=("broken=%zz",))
TWICE = Break(rules.ONCE, raw=("again=1", "again=2"))
IN_THE_URL = Break(rules.BODY_ONLY, query="scope=x")
NO_GRANT_TYPE = Break(rules.REQUIRED, {"grant_type": None})
BAD_HEADER = Break(rules.CLIENT_BASIC, authorization="Basic !!!")
WRONG_SECRET = Break(rules.CLIENT_PROVEN, authorization=_basic("web1", "wrong"))
OTHER_GRANT = Break(rules.GRANT_KNOWN, {"grant_type": "telepathy"})
DIRECT = (UNREADABLE, IN_THE_URL, TWICE, BAD_HEADER, WRONG_SECRET, OTHER_GRANT)
NO_RESOURCE = Break(rules.TARGET_GRANTED, {"resource": "https://other.test"})

AUTHORIZATION = (
    UNREADABLE,
    Break(rules.CLIENT_KNOWN, {"client_id": "nobody"}),
    Break(rules.REDIRECT_ONCE, raw=("redirect_uri=https%3A%2F%2Fevil.test",)),
    Break(rules.REDIRECT_EXACT, {"redirect_uri": RP + "/"}),
    TWICE,
    Break(rules.PUSHED_OURS, {"request_uri": "https://rp.test/request"}),
    Break(rules.PUSHED_KNOWN, {"request_uri": "urn:ietf:params:oauth:request_uri:x"}),
    Break(rules.JWT_COMPACT, {"request": "x", "request_uri": None}),
    Break(rules.REGISTRATION_SENT, {"registration": "{}"}),
    Break(rules.REQUIRED, {"response_type": None}),
    Break(rules.RESPONSE_TYPE, {"response_type": "bogus"}),
    Break(rules.RESPONSE_TYPE_ALLOWED, {"response_type": "token"}),
    Break(rules.RESPONSE_MODE, {"response_mode": "bogus"}),
    Break(rules.SCOPE_SYNTAX, {"scope": 'a"b'}),
    Break(rules.TARGET_KNOWN, {"resource": "https://other.test"}),
    Break(rules.SCOPE_ALLOWED, {"scope": "openid nothing"}),
    Break(rules.SCOPE_OF_RESOURCE, {"scope": "openid orders:read", "resource": "https://api.test/opaque"}),
    Break(rules.CLAIMS, {"claims": "{"}),
    Break(rules.PKCE_REQUIRED, {"code_challenge": None, "code_challenge_method": None}),
    Break(rules.PKCE_METHOD, {"code_challenge_method": "plain"}),
    Break(rules.PKCE_CHALLENGE, {"code_challenge": "short"}),
    Break(rules.PROMPT, {"prompt": "bogus"}),
    Break(rules.MAX_AGE, {"max_age": "soon"}),
    Break(rules.LOGIN_REQUIRED, {"prompt": "none"}),
)
ASKED = {check.rule for stage in ASKING for check in stage}
CODE = (
    *DIRECT,
    Break(rules.REQUIRED, {"code": None}),
    Break(rules.CODE_VALID, {"code": "garbage"}),
    Break(rules.CODE_OWNER, authorization=_basic("two-uris", secret_of("two-uris"))),
    Break(rules.CODE_REDIRECT, {"redirect_uri": RP + "/"}),
    Break(rules.PKCE_VERIFIER_SYNTAX, {"code_verifier": "short"}),
    Break(rules.PKCE_VERIFIER, {"code_verifier": "w" * 50}),
    NO_RESOURCE,
)
REFRESH = (
    *DIRECT,
    Break(rules.REQUIRED, {"refresh_token": None}),
    Break(rules.SCOPE_SYNTAX, {"scope": 'a"b'}),
    Break(rules.REFRESH_VALID, authorization=_basic("two-uris", secret_of("two-uris"))),
    Break(rules.SCOPE_GRANTED, {"scope": "orders:write"}),
    NO_RESOURCE,
)
TARGETS = (
    Break(rules.SCOPE_SYNTAX, {"scope": 'a"b'}),
    Break(rules.SCOPE_ALLOWED, {"scope": "nothing"}),
    Break(rules.TARGET_KNOWN, {"resource": "https://other.test"}),
    Break(rules.SCOPE_OF_RESOURCE, {"scope": "orders:read", "resource": "https://api.test/opaque"}),
)
MACHINE = (*DIRECT, *TARGETS, Break(rules.SCOPE_ONE_API, {"scope": "orders:read things:read"}))
PASSWORD = (
    *DIRECT,
    Break(rules.REQUIRED, {"password": None}),
    Break(rules.PASSWORD_RIGHT, {"password": "wrong"}),
    *TARGETS,
)
PUSH = (
    *(one for one in DIRECT if one.rule is not rules.GRANT_KNOWN),
    Break(rules.PUSHED_ONE, {"request_uri": "urn:ietf:params:oauth:request_uri:x"}),
    *(one for one in AUTHORIZATION if one.rule in ASKED or one.rule is rules.REDIRECT_EXACT),
)
DEVICE = (
    *DIRECT,
    Break(rules.REQUIRED, {"device_code": None}),
    Break(rules.DEVICE_VALID, {"device_code": "garbage"}),
    Break(rules.DEVICE_OWNER, authorization=_basic("box2", secret_of("box2"))),
    Break(rules.PKCE_VERIFIER_SYNTAX, {"code_verifier": "short"}),
    Break(rules.PKCE_VERIFIER, {"code_verifier": "w" * 50}),
    NO_RESOURCE,
)
SHOWING = (
    UNREADABLE,
    IN_THE_URL,
    TWICE,
    BAD_HEADER,
    WRONG_SECRET,
    Break(rules.GRANT_ALLOWED, authorization=_basic("web1", secret_of("web1"))),
    *TARGETS,
    Break(rules.PKCE_REQUIRED, {"code_challenge": None}),
    Break(rules.PKCE_METHOD, {"code_challenge_method": "plain"}),
    Break(rules.PKCE_CHALLENGE, {"code_challenge": "short"}),
)
REVOCATION = (UNREADABLE, IN_THE_URL, TWICE, BAD_HEADER, WRONG_SECRET, Break(rules.REQUIRED, {"token": None}))
LOGOUT = (
    UNREADABLE,
    TWICE,
    Break(rules.LOGOUT_REDIRECT, {"post_logout_redirect_uri": "https://evil.test"}),
)


async def tried(world: World, good: Callable[[], Awaitable[Sent]], send: Send, one: Break, *more: Break) -> Trace:
    """The trace of a good request after these mistakes were put into it."""
    sent = await good()
    for broken in (one, *more):
        sent = broken.of(sent)
    return await trace_of(world, await send(sent))


async def assert_order(
    world: World, breaks: Sequence[Break], stages: Stages, good: Callable[[], Awaitable[Sent]], send: Send
) -> None:
    """Every mistake is refused by its rule, and of two the one whose rule stands first in the list."""
    wrong: list[str] = []
    answered = await trace_of(world, await send(await good()))
    if answered.refused:
        wrong.append(f"the good request was refused: {answered.rule} {answered.reason} {answered.explanation}")
    for broken in breaks:
        trace = await tried(world, good, send, broken)
        wrong += complaints(trace, broken.rule, stages)
    for first, second in pairs(breaks, stages):
        trace = await tried(world, good, send, first, second)
        if trace.rule != first.rule.id:
            wrong.append(f"{first.rule.id} stands before {second.rule.id}, and {trace.rule} refuses")
    assert not said(wrong)


def complaints(trace: Trace, rule: Rule, stages: Stages) -> list[str]:
    """What is wrong with the trace of a request that broke one rule."""
    steps = steps_of(trace)
    held, refused = [step for step in steps if step.held], [step.rule for step in steps if not step.held]
    end = last_place(rule, stages)
    late = [step.rule.id for step in held if last_place(step.rule, stages, step.about) >= end]
    found = [] if trace.rule == rule.id else [f"{rule.id} is broken, and {trace.rule or trace.status} refuses"]
    found += [] if refused == [rule] else [f"{rule.id} refused, and the steps end with {refused}"]
    return found + [f"{rule.id} refused, and {name} is said to have held" for name in late]


def direct(world: World, path: str) -> Send:
    async def send(sent: Sent) -> httpx2.Response:
        header = {"authorization": sent.authorization} if sent.authorization else {}
        header |= {"dpop": sent.proof} if sent.proof else {}
        async with world.http(address="203.0.113.77") as http:
            url = path + (f"?{sent.query}" if sent.query else "")
            return await http.post(url, content=sent.encoded, headers={**FORM, **header})

    return send


@dataclass
class Codes:
    """A browser that is signed in, and gives a fresh code or refresh token each time."""

    browser: Browser

    async def code(self) -> Sent:
        form = {
            "grant_type": "authorization_code",
            "code": await self.browser.code(),
            "redirect_uri": RP,
            "code_verifier": VERIFIER,
        }
        return Sent(form, authorization=_basic("web1", secret_of("web1")))

    async def refresh(self) -> Sent:
        tokens = await self.browser.tokens()
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        return Sent(form, authorization=_basic("web1", secret_of("web1")))


@pytest.fixture(autouse=True)
def nobody_fails_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures are what this is about: none of them is to be answered with 429."""
    monkeypatch.setattr("gatelodge.client_auth.throttle.LIMIT", 10_000)
    monkeypatch.setattr("gatelodge.authn.throttle.Throttle.admit", _admitted, raising=False)


async def _admitted(*_args: object, **_named: object) -> None:
    return None


async def test_the_authorization_endpoint_checks_in_the_order_of_its_list(small_world: World):
    async def good() -> Sent:
        return Sent(request_for())

    async def send(sent: Sent) -> httpx2.Response:
        async with small_world.http() as http:
            return await http.get("/authorize?" + sent.encoded)

    await assert_order(small_world, AUTHORIZATION, ENDPOINTS["authorization"], good, send)


async def test_a_push_is_checked_in_the_order_of_its_list(small_world: World):
    async def good() -> Sent:
        return Sent(request_for(client_id=None), authorization=_basic("web1", secret_of("web1")))

    listed = ENDPOINTS["pushed_authorization_request"]
    stages = tuple(stage for stage in listed if all(DPOP_HEADER not in check.sent for check in stage))  # none is sent
    await assert_order(small_world, PUSH, stages, good, direct(small_world, "/par"))


@pytest.mark.parametrize("path", ["/authorize", "/par"])
async def test_a_signed_request_is_told_check_by_check(small_world: World, path: str):
    await small_world.change_client("web1", jwks=JWKS)

    async def told(request: str) -> tuple[str, str, set[str]]:
        async with small_world.http() as http:
            form = {"request": request, "client_id": "web1"}
            auth = ("web1", secret_of("web1"))
            answer = await (http.post(path, data=form, auth=auth) if path == "/par" else http.get(path, params=form))
        trace = await trace_of(small_world, answer)
        return trace.rule, trace.flow, {step.rule.id for step in steps_of(trace) if step.held}

    rule, flow, held = await told(signed(asked(scope="openid nothing")))
    assert (rule, flow) == ("scope.allowed", "code")
    assert {"jwt.signature", "jwt.aud", "request.client", "request.form", "request.beside"} <= held
    rule, _, held = await told(signed(asked(aud="https://other.test")))
    assert rule == "jwt.aud"
    assert "jwt.signature" in held
    assert not {"jwt.exp", "request.client", "scope.syntax"} & held


async def test_who_must_push_is_told_so_before_anything_else_that_is_asked(small_world: World):
    await small_world.change_client("web1", require_pushed=True)

    async def send(**changes: str) -> Trace:
        async with small_world.http() as http:
            answer = await http.get("/authorize?" + Sent(request_for(**changes)).encoded)
        return await trace_of(small_world, answer)

    assert (await send()).rule == rules.PUSH_REQUIRED.id
    assert (await send(scope="nothing")).rule == rules.PUSH_REQUIRED.id
    assert (await send(redirect_uri="https://evil.test")).rule == rules.REDIRECT_EXACT.id


async def test_an_exchange_checks_in_the_order_of_its_list(small_world: World):
    stages = stages_of("token", "authorization_code")

    await assert_order(small_world, CODE, stages, Codes(small_world.browser()).code, direct(small_world, "/token"))


async def test_a_refresh_checks_in_the_order_of_its_list(small_world: World):
    stages = stages_of("token", "refresh_token")

    await assert_order(
        small_world, REFRESH, stages, Codes(small_world.browser()).refresh, direct(small_world, "/token")
    )


async def test_client_credentials_are_checked_in_the_order_of_their_list(small_world: World):
    async def good() -> Sent:
        form = {"grant_type": "client_credentials", "scope": "orders:read"}
        return Sent(form, authorization=_basic("daemon1", secret_of("daemon1")))

    await assert_order(
        small_world, MACHINE, stages_of("token", "client_credentials"), good, direct(small_world, "/token")
    )


async def test_the_password_grant_checks_in_the_order_of_its_list(small_world: World):
    async def good() -> Sent:
        form = {"grant_type": "password", "username": "alice", "password": "wonderland", "scope": "openid"}
        return Sent(form, authorization=_basic("legacy1", secret_of("legacy1")))

    await assert_order(small_world, PASSWORD, stages_of("token", "password"), good, direct(small_world, "/token"))


async def test_a_device_is_checked_in_the_order_of_its_lists(small_world: World):
    proof, ours = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, _basic("box1", secret_of("box1"))
    browser = small_world.browser()

    async def allowed() -> Sent:
        device = await devices.began(small_world, **proof)
        await devices.allow(browser, device)
        form = {"grant_type": GRANT_TYPE, "device_code": device["device_code"], "code_verifier": VERIFIER}
        return Sent(form, authorization=ours)

    async def showing() -> Sent:
        return Sent({"scope": "orders:read", **proof}, authorization=ours)

    shown = direct(small_world, "/device_authorization")
    await assert_order(small_world, SHOWING, ENDPOINTS["device_authorization"], showing, shown)
    await assert_order(small_world, DEVICE, stages_of("token", GRANT_TYPE), allowed, direct(small_world, "/token"))


@pytest.mark.parametrize(("endpoint", "path"), [("introspection", "/introspect"), ("revocation", "/revoke")])
async def test_the_endpoints_about_tokens_check_in_the_order_of_their_list(
    small_world: World, endpoint: str, path: str
):
    async def good() -> Sent:
        return Sent({"token": "whatever"}, authorization=_basic("web1", secret_of("web1")))

    await assert_order(small_world, REVOCATION, ENDPOINTS[endpoint], good, direct(small_world, path))


async def test_logout_checks_in_the_order_of_its_list(small_world: World):
    async def good() -> Sent:
        return Sent({"client_id": "web1", "post_logout_redirect_uri": "https://rp.test/bye"})

    async def send(sent: Sent) -> httpx2.Response:
        async with small_world.http() as http:
            return await http.get("/logout?" + sent.encoded)

    await assert_order(small_world, LOGOUT, ENDPOINTS["end_session"], good, send)


# What a DPoP proof is checked for

TOKEN_URL = "https://id.test/token"
MISTAKES: Mapping[str, tuple[object, Rule]] = {
    "typ": ("JWT", rules.JWT_TYP),
    "jwk": ({}, rules.DPOP_KEY),
    "jti": (None, rules.DPOP_ONCE),
    "iat": (1, rules.DPOP_TIME),
    "htm": ("GET", rules.DPOP_METHOD),
    "htu": ("https://evil.test/token", rules.DPOP_URL),
    "nonce": ("a guess", rules.DPOP_NONCE),
}
IN_HEADER = {"typ", "jwk"}
MACHINE_FORM = {"grant_type": "client_credentials", "scope": "orders:read"}


async def test_a_proof_is_checked_in_the_order_of_its_list(small_world: World):
    """Two mistakes in one proof: the earlier one of the list refuses."""
    await small_world.change_client("daemon1", dpop_nonce_required=True)
    now = small_world.foundation.clock.now()
    nonce = small_world.server.tokens.dpop.nonces.current(now)
    stages, send = stages_of("token", "client_credentials"), direct(small_world, "/token")

    async def refused(*mistakes: str) -> str:
        changes: dict[str, Any] = {"nonce": nonce} | {name: MISTAKES[name][0] for name in mistakes}
        header = {name: changes.pop(name) for name in IN_HEADER & changes.keys()}
        made = proof(TOKEN_URL, now=now, header=header, **changes)
        sent = Sent(MACHINE_FORM, authorization=_basic("daemon1", secret_of("daemon1")), proof=made)
        trace = await trace_of(small_world, await send(sent))
        assert not complaints(trace, find_rule(trace.rule) or rules.ONCE, stages)
        return trace.rule

    for one, other in combinations_with_replacement(MISTAKES, 2):
        earlier = min((MISTAKES[one][1], MISTAKES[other][1]), key=lambda rule: first_place(rule, stages))
        assert await refused(one, other) == earlier.id, (one, other)


def first_place(rule: Rule, stages: Stages) -> int:
    return next(number for number, stage in enumerate(stages) if any(check.rule is rule for check in stage))


async def test_the_trace_of_an_answered_proof_says_what_held(small_world: World):
    made = proof(TOKEN_URL, now=small_world.foundation.clock.now())
    sent = Sent(MACHINE_FORM, authorization=_basic("daemon1", secret_of("daemon1")), proof=made)
    trace = await trace_of(small_world, await direct(small_world, "/token")(sent))
    held = [step.rule.id for step in steps_of(trace) if step.held]
    assert held.index("dpop.required") < held.index("dpop.url") < held.index("jwt.signature") < held.index("dpop.once")
    assert ("DPoP" in trace.sent, "dpop.token" in held) == (True, False)
