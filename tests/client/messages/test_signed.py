"""Signed requests, and answers that are taken only if the server signed them."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from tests.client.conftest import ISSUER, KEY, OTHER_KEY, Begun, Server, form_of, json_answer, signed

from gatelodge.client import (
    AuthorizationRefused,
    CallbackRejected,
    ClientConfig,
    Moment,
    OAuthClient,
    PrivateKeyJwt,
    Transaction,
    Wanted,
)
from gatelodge.client.messages.authorization import LIFETIME
from gatelodge.client.messages.callback import read_callback
from gatelodge.clock import Clock
from gatelodge.protocol.pkce import proves

OURS = ECKey.generate_key("P-256", {"kid": "ours"}, private=True)


@pytest.fixture
def signing(server: Server, config: ClientConfig, moment: Moment) -> OAuthClient:
    return OAuthClient(replace(config, request_key=PrivateKeyJwt(OURS, "ours")), send=server, moment=moment)


@pytest.fixture
def sealed(server: Server, config: ClientConfig, moment: Moment) -> OAuthClient:
    return OAuthClient(replace(config, signed_answers=True), send=server, moment=moment)


@pytest.fixture
def begun(sealed: OAuthClient, server: Server) -> Begun:
    authorization = sealed.begin(Wanted(scope="openid"))
    server.claims["nonce"] = authorization.transaction.nonce
    return Begun(server, authorization.transaction, authorization.url)


def answered(begun: Begun, key: ECKey = KEY, **changes: Any) -> str:
    """A signed answer, as a query."""
    now = begun.server.clock.now()
    claims = {**begun.answer(), "aud": "app", "exp": now + 300} | changes
    return urlencode({"response": signed({name: v for name, v in claims.items() if v is not None}, key)})


def test_the_browser_carries_who_asks_and_a_signature_over_all_of_it(signing: OAuthClient, clock: Clock):
    begun = signing.begin(
        Wanted(
            scope="openid",
            resource=("https://a.test", "https://b.test"),
            max_age=60,
            extra={"claims": '{"id_token":{"email":null}}', "audience": "x"},
        )
    )
    asked = parse_qs(urlsplit(begun.url).query)
    assert set(asked) == {"client_id", "request"}
    token = jwt.decode(asked["request"][0], OURS, algorithms=["ES256"])
    assert token.header == {"alg": "ES256", "typ": "oauth-authz-req+jwt", "kid": "ours"}
    claims = token.claims
    assert proves(begun.transaction.verifier, claims.pop("code_challenge"))
    assert (claims.pop("state"), claims.pop("nonce")) == (begun.transaction.state, begun.transaction.nonce)
    assert len(claims.pop("jti")) > 20
    now = clock.now()
    assert claims == {
        "iss": "app",
        "aud": ISSUER,
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "client_id": "app",
        "response_type": "code",
        "redirect_uri": begun.transaction.redirect_uri,
        "scope": "openid",
        "code_challenge_method": "S256",
        "max_age": 60,
        "claims": {"id_token": {"email": None}},
        "audience": "x",
        "resource": ["https://a.test", "https://b.test"],
    }


def test_a_signed_request_is_pushed_too(signing: OAuthClient, server: Server):
    server.metadata["pushed_authorization_request_endpoint"] = f"{ISSUER}/par"
    server.metadata["require_pushed_authorization_requests"] = True
    server.answers["/par"] = lambda _: json_answer({"request_uri": "urn:x:y", "expires_in": 60}, 201)
    signing.begin()

    assert set(form_of(server.asked("/par")[0])) == {"client_id", "request"}


def test_a_signed_answer_is_asked_for_and_taken(sealed: OAuthClient, begun: Begun):
    assert begun.asked["response_mode"] == "jwt"
    kept = Transaction.decode(begun.transaction.encode())
    tokens = sealed.finish(kept, f"{kept.redirect_uri}?{answered(begun)}")

    assert tokens.person is not None


@pytest.mark.parametrize(("mode", "asked"), [("form_post", "form_post.jwt"), ("query.jwt", "query.jwt")])
def test_the_way_it_comes_can_be_chosen(sealed: OAuthClient, client: OAuthClient, mode: str, asked: str):
    assert f"response_mode={asked}" in sealed.begin(Wanted(response_mode=mode)).url
    assert sealed.begin(Wanted(response_mode=mode)).transaction.signed
    assert client.begin(Wanted(response_mode=mode)).transaction.signed is (mode == "query.jwt")


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"iss": "https://evil.test"}, "issuer_mismatch"),
        ({"iss": None}, "issuer_mismatch"),
        ({"aud": "other"}, "client_mismatch"),
        ({"aud": None}, "client_mismatch"),
        ({"exp": None}, "expired"),
        ({"exp": 1}, "expired"),
        ({"exp": 10**12}, "expired"),
        ({"state": "another"}, "state_mismatch"),
        ({"state": None}, "state_missing"),
        ({"code": None}, "code_missing"),
        ({"code": 7}, "code_missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_CL_03_a_signed_answer_that_is_not_for_us_now_is_rejected(
    sealed: OAuthClient, begun: Begun, changes: Mapping[str, Any], cause: str
):
    with pytest.raises(CallbackRejected) as rejected:
        sealed.finish(begun.transaction, answered(begun, **changes))
    assert rejected.value.cause == cause
    assert begun.server.asked("/token") == []


def test_CL_01_an_answer_that_nobody_signed_is_rejected(sealed: OAuthClient, begun: Begun):
    for answer in (begun.answer(), {**begun.answer(), "response": ""}):
        with pytest.raises(CallbackRejected) as rejected:
            sealed.finish(begun.transaction, answer)
        assert rejected.value.cause == "unsigned"


def test_CL_01_what_stands_beside_a_signed_answer_is_not_read(sealed: OAuthClient, begun: Begun):
    with pytest.raises(AuthorizationRefused, match="access_denied"):
        sealed.finish(begun.transaction, f"{answered(begun, code=None, error='access_denied')}&code=stolen")


@pytest.mark.parametrize("value", ["x", "a.b.c", "e30.e30.AA", "eyJhbGciOiJub25lIn0.e30."])
def test_JWT_01_what_the_server_did_not_sign_is_no_answer(sealed: OAuthClient, begun: Begun, value: str):
    with pytest.raises(CallbackRejected) as rejected:
        sealed.finish(begun.transaction, {"response": value})
    assert rejected.value.cause == "signature_invalid"
    with pytest.raises(CallbackRejected) as rejected:
        sealed.finish(begun.transaction, answered(begun, OTHER_KEY))
    assert rejected.value.cause == "signature_invalid"


def test_an_unsigned_sign_in_takes_no_signed_answer(client: OAuthClient, begun: Begun):
    plain = client.begin()
    with pytest.raises(CallbackRejected) as rejected:
        client.finish(plain.transaction, answered(begun))
    assert rejected.value.cause == "state_missing"


def test_without_keys_nothing_is_believed(sealed: OAuthClient, begun: Begun, clock: Clock):
    with pytest.raises(ValueError, match="keys"):
        read_callback(begun.transaction, sealed.metadata(), answered(begun), clock.now())
    assert clock.now() < begun.transaction.created_at + LIFETIME


def test_a_transaction_that_an_older_release_kept_is_read(client: OAuthClient):
    kept = json.loads(client.begin().transaction.encode())
    del kept["signed"]
    assert Transaction.decode(json.dumps(kept)).signed is False
