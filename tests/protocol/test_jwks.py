"""Key sets we take, and those we do not."""

import base64
import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from gatelodge.protocol.jwks import BadKeys, read_jwks

EC = ECKey.generate_key("P-256", {"kid": "a"})
RSA = RSAKey.generate_key(2048, {"kid": "r"})


def jwks(*keys: Any) -> bytes:
    return json.dumps({"keys": list(keys)}).encode()


def test_public_keys_are_found_by_name_and_algorithm() -> None:
    keys = read_jwks(jwks(EC.as_dict(), RSA.as_dict()))
    assert keys.find("a", "ES256") is not None
    assert keys.find("r", "PS256") is not None
    assert keys.find("a", "RS256") is None
    assert keys.find("b", "ES256") is None


def test_a_key_without_a_name_is_found_by_its_algorithm_where_it_is_the_only_one() -> None:
    nameless = {name: value for name, value in EC.as_dict().items() if name != "kid"}
    assert read_jwks(jwks(nameless, RSA.as_dict())).find(None, "ES256") is not None
    assert read_jwks(jwks(nameless, EC.as_dict())).find(None, "ES256") is None


def test_a_key_that_names_its_algorithm_verifies_that_one_only() -> None:
    keys = read_jwks(jwks(RSA.as_dict(alg="PS256")))
    assert keys.find("r", "PS256") is not None
    assert keys.find("r", "RS256") is None


def test_keys_for_other_purposes_are_passed_over() -> None:
    others = [RSA.as_dict(use="enc", kid="e"), OKPKey.generate_key("Ed25519").as_dict(private=False)]
    others += [ECKey.generate_key("P-384").as_dict(private=False)]
    assert len(read_jwks(jwks(EC.as_dict(), *others)).keys) == 1


@pytest.mark.parametrize(
    "raw",
    [
        jwks(EC.as_dict(private=True)),
        jwks(RSA.as_dict(private=True)),
        jwks(RSA.as_dict(), OctKey.import_key(b"0" * 32).as_dict(private=True)),
        jwks(EC.as_dict(), ECKey.generate_key("P-256", {"kid": "a"}).as_dict(private=False)),
    ],
    ids=["private EC", "private RSA", "symmetric", "two of one kid"],
)
def test_CA_14_keys_that_must_not_be_registered_are_refused(raw: bytes) -> None:
    with pytest.raises(BadKeys):
        read_jwks(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b'{"keys":{}}',
        jwks(),
        jwks(7),
        jwks({}),
        jwks({"kty": ["EC"]}),
        jwks({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
        jwks({"kty": "EC", "crv": "P-256"}),
        jwks({"kty": "EC", "crv": "P-256", "x": 1, "y": 2}),
        jwks({"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
        jwks({"kty": "RSA", "n": "é", "e": "AQAB"}),
        jwks(RSA.as_dict(e="AA")),
        jwks(RSA.as_dict(kid=1)),
        jwks(RSA.as_dict(kid="x" * 300)),
        jwks(*[EC.as_dict(kid=str(number)) for number in range(40)]),
        b'{"keys":[' + b" " * 70_000 + b"]}",
    ],
)
def test_a_set_without_a_usable_key_is_refused(raw: bytes) -> None:
    with pytest.raises(BadKeys):
        read_jwks(raw)


def test_RSA_keys_too_short_to_trust_or_too_long_to_afford_are_refused() -> None:
    for bits in (1024, 8192):
        modulus = RSA.as_dict() | {"n": _b64((1 << (bits - 1) | 1).to_bytes(bits // 8))}
        with pytest.raises(BadKeys, match="2048 to 4096 bits"):
            read_jwks(jwks(modulus))


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
