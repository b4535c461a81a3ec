"""An ID token is believed after every check, and after no fewer."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.client.conftest import ISSUER, KEY, OTHER_KEY, half, signed
from tests.conftest import FakeClock

from gatelodge.client import IdTokenRejected, Person
from gatelodge.client.messages.id_token import ExpectedIdToken, validate_id_token
from gatelodge.protocol.jwks import PublicKeys, read_jwk

PUBLIC = read_jwk(KEY.as_dict(private=False))
assert PUBLIC is not None
KEYS = PublicKeys((PUBLIC,))
EXPECTED = ExpectedIdToken(issuer=ISSUER, client_id="app", nonce="n", access_token="at", code="co")


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


Make = Callable[..., str]


@pytest.fixture
def make(clock: FakeClock) -> Make:
    """A good token; `None` takes a claim out."""

    def make(header: dict[str, Any] | None = None, key: Any = KEY, **changes: Any) -> str:
        now = clock.now()
        claims = {
            "iss": ISSUER,
            "sub": "alice",
            "aud": "app",
            "iat": now,
            "exp": now + 300,
            "nonce": "n",
            "at_hash": half("at"),
            "c_hash": half("co"),
        } | changes
        return signed({name: value for name, value in claims.items() if value is not None}, key, **(header or {}))

    return make


def validated(token: str, clock: FakeClock, expected: ExpectedIdToken = EXPECTED) -> Person:
    return validate_id_token(token, KEYS, expected, clock.now())


def test_a_good_one_says_who_it_is(make: Make, clock: FakeClock):
    person = validated(make(), clock)
    assert (person.issuer, person.sub, person.claims["aud"]) == (ISSUER, "alice", "app")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["app"]},
        {"aud": ["app", "other"], "azp": "app"},
        {"azp": "app"},
        {"at_hash": None},
        {"c_hash": None},
        {"header": {"typ": "JWT"}},
        {"exp": 1_800_000_000 - 59},
        {"iat": 1_800_000_000 + 59},
    ],
)
def test_what_the_standard_leaves_open_is_fine(make: Make, clock: FakeClock, changes: dict[str, Any]):
    assert validated(make(**changes), clock).sub == "alice"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": None},
        {"aud": []},
        {"aud": {"app": 1}},
        {"aud": ["app", "other"]},
        {"aud": ["app", "other"], "azp": "other"},
        {"azp": "other"},
        {"azp": ""},
        {"nonce": "other"},
        {"nonce": None},
        {"nonce": 7},
        {"nonce": "ñ"},
        {"at_hash": half("another")},
        {"at_hash": 7},
        {"c_hash": half("another")},
        {"exp": None},
        {"exp": 1_800_000_000 - 60},
        {"exp": "1900000000"},
        {"exp": 1e18},
        {"exp": True},
        {"iat": None},
        {"iat": 1_800_000_000 + 600},
        {"nbf": 1_800_000_000 + 600},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a" * 256},
        {"key": OTHER_KEY},
        {"header": {"kid": "another"}},
        {"header": {"typ": "at+jwt"}},
        {"header": {"typ": "logout+jwt"}},
        {"header": {"kid": "key-1", "jwk": KEY.as_dict(private=False)}},
    ],
)
def test_one_that_is_wrong_in_one_thing_is_refused(make: Make, clock: FakeClock, changes: dict[str, Any]):
    with pytest.raises(IdTokenRejected):
        validated(make(**changes), clock)


@pytest.mark.parametrize("alg", ["none", "None", "", "HS256"])
def test_an_algorithm_that_proves_nothing_is_refused_by_name(make: Make, clock: FakeClock, alg: str):
    _, payload, _ = make().split(".")
    header = encoded(f'{{"alg":"{alg}","kid":"key-1"}}'.encode())
    with pytest.raises(IdTokenRejected, match="ES256, PS256, RS256"):
        validated(f"{header}.{payload}.", clock)


def test_our_public_key_is_no_shared_secret(make: Make, clock: FakeClock):
    _, payload, _ = make(sub="mallory").split(".")
    header = encoded(b'{"alg":"HS256","kid":"key-1"}')
    for secret in (
        KEY.as_pem(private=False),
        KEY.as_der(private=False),
        json.dumps(KEY.as_dict(private=False)).encode(),
    ):
        mac = hmac.digest(secret, f"{header}.{payload}".encode(), "sha256")
        with pytest.raises(IdTokenRejected):
            validated(f"{header}.{payload}.{encoded(mac)}", clock)


def test_an_algorithm_that_was_not_asked_for_is_refused(make: Make, clock: FakeClock):
    with pytest.raises(IdTokenRejected, match="RS256"):
        validated(make(), clock, replace(EXPECTED, algorithms=frozenset({"RS256"})))


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c.d", "..", "é.é.é", "a.b.c" * 10_000])
def test_what_is_no_token_is_refused(clock: FakeClock, token: str):
    with pytest.raises(IdTokenRejected):
        validated(token, clock)


def test_one_changed_letter_is_noticed(make: Make, clock: FakeClock):
    header, payload, signature = make().split(".")
    claims = urlsafe_b64decode(payload + "==").replace(b"alice", b"admin")
    forged = encoded(claims)
    with pytest.raises(IdTokenRejected):
        validated(f"{header}.{forged}.{signature}", clock)


@pytest.mark.parametrize(("auth_time", "fine"), [(1_799_999_900, True), (1_799_999_000, False), (None, False)])
def test_who_asked_for_a_recent_sign_in_gets_one(make: Make, clock: FakeClock, auth_time: int | None, fine: bool):
    expected = replace(EXPECTED, max_age=100)
    if fine:
        assert validated(make(auth_time=auth_time), clock, expected).sub == "alice"
    else:
        with pytest.raises(IdTokenRejected, match="recently"):
            validated(make(auth_time=auth_time), clock, expected)


def test_a_renewed_one_is_about_the_same_person(make: Make, clock: FakeClock):
    renewed = ExpectedIdToken(issuer=ISSUER, client_id="app", access_token="at", subject="alice")
    assert validated(make(nonce=None), clock, renewed).sub == "alice"
    assert validated(make(), clock, renewed).sub == "alice"  # some servers repeat the first nonce
    with pytest.raises(IdTokenRejected, match="same person"):
        validated(make(nonce=None, sub="mallory"), clock, renewed)


def test_a_nonce_nobody_sent_belongs_to_another_sign_in(make: Make, clock: FakeClock):
    with pytest.raises(IdTokenRejected, match="nonce"):
        validated(make(), clock, replace(EXPECTED, nonce=None))


def test_a_refusal_says_what_was_expected_and_what_came(make: Make, clock: FakeClock):
    with pytest.raises(IdTokenRejected, match=r"expected https://id\.test, came https://evil\.test"):
        validated(make(iss="https://evil.test"), clock)
    with pytest.raises(IdTokenRejected) as refused:
        validated(make(nonce="a-secret"), clock)
    assert "a-secret" not in str(refused.value)
