"""DPoP proofs: which prove something, and what (catalogue 2.9)."""

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey
from tests.dpop import ath_of, b64, jkt_of, key_for, proof

from gatelodge.protocol import rules
from gatelodge.protocol.dpop import (
    MAX_DRIFT,
    MAX_JTI,
    NONCE_WINDOW,
    DpopNonces,
    DpopProof,
    ProvenRequest,
    check,
    check_binding,
)
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.jose import BadToken
from gatelodge.protocol.rules import Rule

NOW = 1_800_000_000
URL = "https://id.test/p/token"
ASKED = ProvenRequest("POST", URL)


def made(**changes: Any) -> str:
    return proof(changes.pop("url", URL), now=NOW, **changes)


def refused(text: str, asked: ProvenRequest = ASKED, **more: Any) -> Rule:
    with pytest.raises(BadToken) as caught:
        check(text, asked, NOW, **more)
    return caught.value.rule


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "Ed25519", "PS256"])
def test_a_proof_shows_the_thumbprint_of_its_key(alg: str) -> None:
    found = check(made(alg=alg, jti="once"), ASKED, NOW)
    assert found == DpopProof(jkt_of(key_for(alg)), "once", NOW + 2 * MAX_DRIFT)
    assert refused(made(alg=alg, signed_by=key_for(alg, "another"))) is rules.JWT_SIGNATURE


def test_DP_02_a_proof_is_for_one_method_and_one_address() -> None:
    for url in ("HTTPS://ID.TEST:443/p/token", URL + "?a=b#c", "https://id.test/p/x/../%74oken"):
        assert check(made(url=url), ASKED, NOW)
    for url in ("https://id.test/token", "https://evil.test/p/token", URL + "/", "http://id.test/p/token", "", 7, None):
        assert refused(made(htu=url)) is rules.DPOP_URL
    for method in ("GET", "post", "", None, ["POST"]):
        assert refused(made(htm=method)) is rules.DPOP_METHOD


def test_DP_03_a_proof_is_of_this_minute() -> None:
    for drift in (-MAX_DRIFT, -10, 0, 10, MAX_DRIFT):
        assert check(made(iat=NOW + drift), ASKED, NOW).forget_at >= NOW + MAX_DRIFT
    for iat in (NOW - 3_600, NOW + 3_600, NOW - MAX_DRIFT - 1, NOW + MAX_DRIFT + 1, str(NOW), None, True, 1e300):
        assert refused(made(iat=iat)) is rules.DPOP_TIME


def test_DP_05_a_proof_is_for_the_token_beside_it() -> None:
    asked = ProvenRequest("POST", URL, "the token")
    assert check(made(ath=ath_of("the token")), asked, NOW)
    for ath in (None, "", ath_of("another"), ath_of("the token") + "=", 1):
        assert refused(made(ath=ath), asked) is rules.DPOP_TOKEN


def test_DP_06_a_proof_says_what_it_is_and_who_signed_it() -> None:
    for typ in (None, "JWT", "at+jwt", "dpop", 1):
        assert refused(made(header={"typ": typ})) is rules.JWT_TYP
    for alg in ("none", "None", "HS256", "RS256", "ES384", "", None, 1):
        assert refused(made(header={"alg": alg})) is rules.JWT_ALG
    assert refused(made(header={"jwk": None})) is rules.JWT_HEADER
    assert refused(made(header={"jku": "https://evil.test/jwks"})) is rules.JWT_HEADER
    for jti in (None, "", 1, "j" * (MAX_JTI + 1)):
        assert refused(made(jti=jti)) is rules.DPOP_ONCE
    assert refused("not a jwt") is rules.JWT_COMPACT
    assert refused("") is rules.JWT_COMPACT


def test_DP_06_the_key_is_public_and_fits() -> None:
    private = key_for("ES256")
    keys: list[Any] = [
        private.as_dict(private=True),
        OctKey.generate_key(256).as_dict(private=True),
        key_for("PS256").as_dict(private=False),
        ECKey.generate_key("P-384").as_dict(private=False),
        private.as_dict(private=False) | {"x": "AAAA"},
        private.as_dict(private=False) | {"use": "enc"},
        private.as_dict(private=False) | {"kty": "RSA"},
        {"kty": "EC"},
        {},
        [],
        "key",
        1,
    ]
    for jwk in keys:
        assert refused(made(header={"jwk": jwk})) is rules.DPOP_KEY
    weak = {"kty": "RSA", "n": b64(b"\xff" * 128), "e": "AQAB"}
    assert refused(made(alg="PS256", header={"jwk": weak})) is rules.DPOP_KEY


def test_DP_06_the_key_of_another_proves_nothing() -> None:
    theirs = key_for("ES256", "another").as_dict(private=False)
    assert refused(made(header={"jwk": theirs})) is rules.JWT_SIGNATURE


def test_DP_08_what_else_a_proof_says_does_not_matter() -> None:
    assert check(made(exp=NOW + 5, nbf=NOW - 5, iss="me", extra={"a": [1]}, nonce="unasked"), ASKED, NOW)
    assert check(made(header={"kid": "my key", "extra": 1}, iat=NOW + 0.5), ASKED, NOW)
    assert check(made(header={"typ": "application/DPoP+JWT"}), ASKED, NOW)
    for times in ({"exp": NOW - 3_600}, {"nbf": NOW + 3_600}, {"exp": "soon"}, {"nbf": None, "exp": []}):
        assert refused(made(**times)) is rules.DPOP_TIME


def test_DP_09_a_proof_is_bounded() -> None:
    assert refused(made(jti="j" * 65_536)) is rules.JWT_COMPACT
    assert refused(made(header={"pad": "x" * 4_000})) is rules.JWT_JSON


def test_JWT_09_and_JWT_14_apply_to_proofs() -> None:
    head, body, signature = made().split(".")
    assert refused(f"{head}.{body}.{signature}=") is rules.JWT_COMPACT
    assert refused(f"{head} .{body}.{signature}") is rules.JWT_COMPACT
    twice = b64(b'{"jti":"a","jti":"b","htm":"POST"}')
    assert refused(f"{head}.{twice}.{signature}") is rules.JWT_JSON
    deep = b64(b'{"jwk":' + b"[" * 1_000 + b"]" * 1_000 + b"}")
    assert refused(f"{deep}.{body}.{signature}") is rules.JWT_JSON
    assert refused(f"{b64(json.dumps({'crit': ['x']}).encode())}.{body}.{signature}") is rules.JWT_HEADER


def test_a_nonce_is_demanded_where_there_are_some() -> None:
    nonces = DpopNonces(b"k" * 32)
    current = nonces.current(NOW)
    assert check(made(nonce=current), ASKED, NOW, nonces.good(NOW)).nonce == current
    for nonce in (None, "", "another", 1, "n" * 300, DpopNonces(b"o" * 32).current(NOW)):
        assert refused(made(nonce=nonce), nonces=nonces.good(NOW)) is rules.DPOP_NONCE


def test_a_nonce_is_good_for_the_next_two_minutes_at_least_and_six_at_most() -> None:
    nonces = DpopNonces(b"k" * 32)
    given = nonces.current(NOW)
    assert all(given in nonces.good(NOW + later) for later in range(0, NONCE_WINDOW + 1, 10))
    assert given not in nonces.good(NOW + 3 * NONCE_WINDOW)
    assert given not in nonces.good(NOW - 3 * NONCE_WINDOW)
    assert "k" not in repr(nonces).removeprefix("DpopNonces")


def test_DP_07_what_is_bound_comes_with_its_own_key() -> None:
    mine = DpopProof("mine", "j", NOW)
    for jkt, held in ((None, None), ("", None), (None, mine), ("", mine), ("mine", mine)):
        check_binding(jkt, held)
    for held, code in ((None, "invalid_dpop_proof"), (DpopProof("theirs", "j", NOW), "invalid_grant")):
        with pytest.raises(OAuthError) as caught:
            check_binding("mine", held)
        assert (caught.value.code, caught.value.rule) == (code, rules.DPOP_BOUND)
