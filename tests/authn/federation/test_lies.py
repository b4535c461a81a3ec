"""A provider that lies, is slow, or is away: nothing it says is believed, and what went wrong is told in one way."""

import json
from collections.abc import Callable
from hmac import digest
from typing import Any

import pytest
from joserfc.jwk import ECKey
from tests.authn.federation.conftest import Opens
from tests.conftest import FakeClock
from tests.upstream import SECRET, UpstreamStub

from gatelodge.authn.federation.contract import Arrival, Errand, Upstream, UpstreamFailed
from gatelodge.client.errors import OAuthClientError
from gatelodge.keys.secrets import b64
from gatelodge.protocol.params import Params

pytestmark = pytest.mark.anyio


async def come_back(stub: UpstreamStub, there: Upstream, sub: str = "u-1", **claims: Any) -> Arrival:
    """Go there and come back as somebody."""
    begun = there.begin(Errand())
    return await there.finish(begun.transaction, Params.of(stub.answer(begun.url, sub, **claims).items()))


async def refused(stub: UpstreamStub, there: Upstream, sub: str = "u-1", **claims: Any) -> tuple[str, str | None]:
    """Return what a sign-in failed of: for the person, and the check."""
    with pytest.raises(UpstreamFailed) as failed:
        await come_back(stub, there, sub, **claims)
    return failed.value.cause, failed.value.rule and failed.value.rule.id


async def test_who_tells_the_truth_is_believed(stub: UpstreamStub, opens: Opens):
    there = opens(levels={"mfa": "2"})
    await there.look()

    came = await come_back(
        stub,
        there,
        email="Ada@Corp.test",
        email_verified=True,
        name="Ada\u202e",
        amr=["pwd", "mfa"],
        auth_time=5,
        sid="z",
    )

    who = came.identity
    assert (who.issuer, who.subject, who.address, who.is_proved) == (stub.issuer, "u-1", "ada@corp.test", True)
    assert (who.name, who.level, who.amr, who.auth_time, who.sid) == ("Ada", "2", ("pwd", "mfa"), 5, "z")


@pytest.mark.parametrize(
    ("said", "is_proved"),
    [(True, True), ("true", False), (1, False), (None, False), (False, False)],
    ids=["true", "as-text", "as-number", "not-said", "false"],
)
async def test_ACC_19_an_address_is_proved_by_a_boolean_alone(
    stub: UpstreamStub, opens: Opens, said: object, is_proved: bool
):
    there = opens()
    await there.look()

    assert (await come_back(stub, there, email="a@corp.test", email_verified=said)).identity.is_proved is is_proved


async def test_ACC_19_who_is_not_trusted_proves_no_address(stub: UpstreamStub, opens: Opens):
    for members in ({"trusts_address": False}, {"domains": ("other.test",)}):
        there = opens(**members)
        await there.look()
        assert not (await come_back(stub, there, email="a@corp.test", email_verified=True)).identity.is_proved


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "other iss": ({"iss": "https://other.test"}, "upstream.iss"),
    "iss with a slash": ({"iss": "{issuer}/"}, "upstream.iss"),
    "for another client": ({"aud": "another"}, "upstream.token"),
    "for several, made for another": ({"aud": ["gatelodge", "x"], "azp": "x"}, "upstream.token"),
    "another nonce": ({"nonce": "of somebody else"}, "upstream.token"),
    "no nonce": ({"nonce": None}, "upstream.token"),
    "over": ({"exp": 1}, "upstream.token"),
    "not yet": ({"iat": 9_000_000_000}, "upstream.token"),
    "about nobody": ({"sub": ""}, "upstream.token"),
    "about too much": ({"sub": "x" * 256}, "upstream.token"),
    "about a number": ({"sub": 7}, "upstream.token"),
    "not ASCII": ({"sub": "\u0430da"}, "upstream.subject"),
    "of another access token": ({"at_hash": "AAAA"}, "upstream.token"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_an_id_token_that_lies_signs_nobody_in(stub: UpstreamStub, opens: Opens, lie: str):
    there = opens()
    await there.look()
    claims, rule = LIES[lie]
    told = {k: v.replace("{issuer}", stub.issuer) if isinstance(v, str) else v for k, v in claims.items()}
    sub = told.pop("sub", "u-1")

    if told.get("nonce", "") is None:  # a claim that is None is left out by the stub
        stub.sign = lambda whole: _signed(stub, {k: v for k, v in whole.items() if k != "nonce"})

    assert await refused(stub, there, sub, **told) == ("rejected", rule)


def _signed(stub: UpstreamStub, claims: dict[str, Any]) -> str:
    stub.sign = None
    return stub.signed(claims)


def _unsigned(claims: dict[str, Any]) -> str:
    return f"{b64(json.dumps({'alg': 'none'}).encode())}.{b64(json.dumps(claims).encode())}."


def _by_secret(claims: dict[str, Any]) -> str:
    signed = f"{b64(json.dumps({'alg': 'HS256'}).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signed}.{b64(digest(SECRET.encode(), signed.encode(), 'sha256'))}"


@pytest.mark.parametrize("sign", [_unsigned, _by_secret], ids=["alg none", "by the client secret"])
async def test_an_id_token_is_signed_by_a_published_key(
    stub: UpstreamStub, opens: Opens, sign: Callable[[dict[str, Any]], str]
):
    there = opens()
    await there.look()
    stub.metadata = {"id_token_signing_alg_values_supported": ["ES256", "HS256", "none"]}
    await there.look()
    stub.sign = sign

    assert await refused(stub, there) == ("rejected", "upstream.token")


async def test_a_key_that_was_rotated_is_found_and_one_that_is_not_published_is_not(
    stub: UpstreamStub, opens: Opens, clock: FakeClock
):
    there = opens()
    await there.look()
    stub.rotate()
    clock.advance(60)  # a look a minute ago keeps nobody from another

    assert (await come_back(stub, there)).identity.subject == "u-1"

    foreign = UpstreamStub(stub.issuer, clock)
    kid = stub.keys[0].kid or ""
    foreign.keys[0] = ECKey.generate_key("P-256", {"kid": kid, "alg": "ES256"}, private=True)
    stub.sign = foreign.signed
    assert await refused(stub, there) == ("rejected", "upstream.token")


async def test_CL_01_an_answer_to_another_sign_in_spends_no_code(stub: UpstreamStub, opens: Opens):
    there = opens()
    await there.look()
    mine, other = there.begin(Errand()), there.begin(Errand())
    answer = stub.answer(other.url)

    for wrong in (answer, {"code": answer["code"]}, {"error": "access_denied", "state": "x"}):
        with pytest.raises(UpstreamFailed) as failed:
            await there.finish(mine.transaction, Params.of(wrong.items()))
        assert failed.value.cause == "rejected"
    assert [path for path, _ in stub.heard if path == "/token"] == []


async def test_CL_02_an_answer_says_whose_it_is_if_that_was_promised(stub: UpstreamStub, opens: Opens):
    stub.metadata = {"authorization_response_iss_parameter_supported": True}
    there = opens()
    await there.look()
    begun = there.begin(Errand())
    answer = stub.answer(begun.url)

    for wrong in (answer, answer | {"iss": "https://other.test"}):
        with pytest.raises(UpstreamFailed) as failed:
            await there.finish(begun.transaction, Params.of(wrong.items()))
        assert failed.value.rule is not None
        assert failed.value.rule.id == "upstream.iss"
    assert [path for path, _ in stub.heard if path == "/token"] == []
    assert (await there.finish(begun.transaction, Params.of((answer | {"iss": stub.issuer}).items()))).identity


async def test_a_code_of_another_sign_in_fails_at_the_provider(stub: UpstreamStub, opens: Opens):
    there = opens()
    await there.look()
    mine, other = there.begin(Errand()), there.begin(Errand())
    code = stub.answer(other.url)["code"]

    with pytest.raises(UpstreamFailed) as failed:  # PKCE: the verifier is another
        await there.finish(mine.transaction, Params.of({"code": code, "state": mine.transaction.state}.items()))
    assert "invalid_grant" in failed.value.reason


WELL_KNOWN = "/.well-known/openid-configuration"
AWAY: dict[str, tuple[str, tuple[int, bytes, str]]] = {
    "HTML": (WELL_KNOWN, (200, b"<html>", "text/html")),
    "302": (WELL_KNOWN, (302, b"{}", "application/json")),
    "500": (WELL_KNOWN, (500, b"{}", "application/json")),
    "10 MB": (WELL_KNOWN, (200, b'{"a":"' + b"a" * 10_000_000 + b'"}', "application/json")),
    "another issuer": (WELL_KNOWN, (200, b'{"issuer":"https://other.test"}', "application/json")),
    "keys that are none": ("/jwks", (200, b'{"keys":[]}', "application/json")),
    "keys as HTML": ("/jwks", (200, b"<html>", "text/html")),
}


@pytest.mark.parametrize("lie", AWAY)
async def test_CL_06_metadata_that_cannot_be_believed_opens_nothing(stub: UpstreamStub, opens: Opens, lie: str):
    path, answer = AWAY[lie]
    stub.answers[path] = answer
    there = opens()

    with pytest.raises(OAuthClientError):
        await there.look()
    with pytest.raises(UpstreamFailed):
        there.begin(Errand())
    assert not [path for path, _ in stub.heard if path == "/elsewhere"]


async def test_SS_01_metadata_leads_into_nobodys_network(stub: UpstreamStub, opens: Opens):
    for inside in ("http://169.254.169.254/latest", "https://10.0.0.7/token", "http://127.0.0.1:1@evil.test/"):
        stub.metadata = {"token_endpoint": inside}
        with pytest.raises(OAuthClientError):
            await opens().look()


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>", "text/html"),
        (302, b"", "text/html"),
        (500, b"", "text/html"),
        (200, b'{"access_token":"a","token_type":"Bearer"}', "application/json"),
        (200, b"a" * 1_000_000, "application/json"),
    ],
    ids=["html", "302", "500", "no id token", "1 MB"],
)
async def test_an_answer_of_the_token_endpoint_that_is_none_signs_nobody_in(
    stub: UpstreamStub, opens: Opens, answer: tuple[int, bytes, str]
):
    there = opens()
    await there.look()
    stub.answers["/token"] = answer

    assert (await refused(stub, there))[0] in ("unavailable", "rejected")


async def test_SS_04_who_answers_too_slowly_is_away(stub: UpstreamStub, opens: Opens):
    there = opens()
    await there.look()
    stub.delay = 3.0

    assert await refused(stub, there) == ("unavailable", None)


async def test_userinfo_about_somebody_else_is_not_believed(stub: UpstreamStub, opens: Opens):
    there = opens()
    await there.look()
    stub.user = {"sub": "u-1", "email": "a@corp.test", "email_verified": True}
    assert (await come_back(stub, there, "u-1")).identity.is_proved

    assert (await come_back(stub, there, "u-2")).identity.address is None
