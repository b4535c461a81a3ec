"""A client's signed assertion (RFC 7523): who, for whom, how long, once."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from gatelodge.protocol import jose
from gatelodge.protocol.assertion import Assertion, check, claimed_client
from gatelodge.protocol.jose import BadToken
from gatelodge.protocol.jwks import PublicKeys, read_jwk

NOW = 1_800_000_000
ISSUER = "https://as.test"
KEY = ECKey.generate_key("P-256", {"kid": "k1"})
PUBLIC = read_jwk(KEY.as_dict())
KEYS = PublicKeys((PUBLIC,) if PUBLIC else ())
CLAIMS = {"iss": "pkj1", "sub": "pkj1", "aud": ISSUER, "exp": NOW + 60, "iat": NOW, "jti": "once"}


def parts(members: dict[str, Any] | None = None, typ: str | None = "JWT") -> jose.TokenParts:
    claims = {name: value for name, value in (CLAIMS | (members or {})).items() if value is not None}
    header = {"alg": "ES256", "kid": "k1"} | ({"typ": typ} if typ else {})
    return jose.take_apart(jwt.encode(header, claims, KEY))


def refused(members: dict[str, Any], client_id: str = "pkj1") -> str:
    with pytest.raises(BadToken) as caught:
        check(parts(members), client_id, KEYS, ISSUER, NOW)
    return caught.value.rule.id


@pytest.mark.parametrize("typ", ["JWT", None, "client-authentication+jwt"])
def test_a_good_assertion_is_accepted_and_remembered_past_its_grace(typ: str | None) -> None:
    assert check(parts(typ=typ), "pkj1", KEYS, ISSUER, NOW) == Assertion("pkj1", "once", NOW + 120)


@pytest.mark.parametrize(
    "members",
    [
        *({"sub": None}, {"iss": None}, {"iss": "other"}, {"sub": "other"}, {"sub": ""}, {"sub": ["pkj1"]}),
        *({"sub": "", "iss": ""}, {"sub": ["pkj1"], "iss": ["pkj1"]}),
    ],
)
def test_CA_12_issuer_and_subject_are_the_client(members: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        claimed_client(parts(members))
    assert refused(members) == "assertion.subject"


def test_an_assertion_of_one_client_does_not_speak_for_another() -> None:
    assert refused({}, "web1") == "assertion.subject"


@pytest.mark.parametrize("aud", [f"{ISSUER}/token", f"{ISSUER}/", [ISSUER], [ISSUER, "https://other.test"], None])
def test_the_audience_is_the_issuer_string_and_nothing_else(aud: object) -> None:
    assert refused({"aud": aud}) == "jwt.aud"


@pytest.mark.parametrize(
    ("members", "rule"),
    [
        ({"exp": NOW + 3_661}, "jwt.exp"),
        ({"exp": NOW - 60}, "jwt.exp"),
        ({"exp": None}, "jwt.exp"),
        ({"nbf": NOW + 61}, "jwt.not_yet"),
        ({"jti": None}, "assertion.once"),
        ({"jti": ""}, "assertion.once"),
        ({"jti": "x" * 256}, "assertion.once"),
        ({"jti": 7}, "assertion.once"),
    ],
)
def test_an_assertion_is_short_lived_and_named(members: dict[str, Any], rule: str) -> None:
    assert refused(members) == rule


@pytest.mark.parametrize("jti", ["x", "x" * 255])
def test_its_name_is_as_long_as_it_may_be(jti: str) -> None:
    assert check(parts({"jti": jti}), "pkj1", KEYS, ISSUER, NOW).jti == jti


@pytest.mark.parametrize("typ", ["at+jwt", "oauth-authz-req+jwt", "logout+jwt", "dpop+jwt"])
def test_JWT_12_another_kind_of_token_is_no_assertion(typ: str) -> None:
    with pytest.raises(BadToken) as caught:
        check(parts(typ=typ), "pkj1", KEYS, ISSUER, NOW)
    assert caught.value.rule.id == "jwt.typ"
