"""What we sign by hand, libraries nobody here wrote must verify."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from gatelodge.keys.signer import Signer, raw_signature
from gatelodge.protocol.client import SigningAlg

Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

EC = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
CLAIMS = {"iss": "https://as.test", "aud": "https://api.test", "exp": 1 << 40, "name": 'Zoë "\\ 漢'}
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.mark.interop
@pytest.mark.parametrize(("alg", "key"), [("ES256", EC), ("RS256", RSA)])
def test_pyjwt_verifies_our_tokens(alg: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    token = Signer("k1", alg, key).sign(CLAIMS, "at+jwt")  # pyright: ignore[reportArgumentType]
    assert jwt.decode(token, key.public_key(), [alg], audience="https://api.test", issuer="https://as.test") == CLAIMS
    assert jwt.get_unverified_header(token) == {"alg": alg, "typ": "at+jwt", "kid": "k1"}


@pytest.mark.interop
@pytest.mark.parametrize(("alg", "key"), [("ES256", ECKey.import_key(EC)), ("RS256", RSAKey.import_key(RSA))])
def test_joserfc_verifies_our_tokens(alg: str, key: ECKey | RSAKey) -> None:
    private = key.private_key
    assert private is not None
    token = Signer("k1", alg, private).sign(CLAIMS, "JWT")  # pyright: ignore[reportArgumentType]
    assert jws.deserialize_compact(token, key, algorithms=[alg]).headers()["typ"] == "JWT"


@given(st.integers(1, ORDER - 1), st.integers(1, ORDER - 1))
def test_every_der_signature_becomes_64_bytes(r: int, s: int) -> None:
    assert raw_signature(encode_dss_signature(r, s)) == r.to_bytes(32) + s.to_bytes(32)


@pytest.mark.parametrize("number", [1, 0x7F, 0x80, 0xFF, 1 << 247, 1 << 248, (1 << 255) - 1, 1 << 255, ORDER - 1])
def test_short_and_padded_numbers_keep_their_place(number: int) -> None:
    for r, s in ((number, 1), (1, number), (number, number)):
        der = encode_dss_signature(r, s)
        assert decode_dss_signature(der) == (r, s)
        assert raw_signature(der) == r.to_bytes(32) + s.to_bytes(32)


@pytest.mark.parametrize(
    ("alg", "key"), [("ES256", RSA), ("RS256", EC), ("ES256", ec.generate_private_key(ec.SECP384R1())), ("HS256", EC)]
)
def test_a_key_that_does_not_fit_is_refused(alg: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    with pytest.raises(ValueError, match="cannot sign"):
        Signer("k1", alg, key)  # pyright: ignore[reportArgumentType]


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(KeyError):
        Signer("k1", "ES256", EC).sign(CLAIMS, "anything")


def test_two_signatures_of_the_same_differ_and_the_rest_does_not() -> None:
    signer = Signer("k1", "ES256", EC)
    one, other = signer.sign(CLAIMS, "JWT"), signer.sign(CLAIMS, "JWT")
    assert one != other
    assert one.rpartition(".")[0] == other.rpartition(".")[0]


OTHER_EC = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(("alg", "key", "foreign"), [("ES256", EC, OTHER_EC), ("RS256", RSA, OTHER_EC)])
def test_a_signer_reads_what_it_signed_and_nothing_else(alg: SigningAlg, key: Private, foreign: Private) -> None:
    mine, other = Signer("k1", alg, key), Signer("k2", "ES256", foreign)
    token = mine.sign({"sub": "someone"}, "at+jwt")
    header, claims, signature = token.split(".")

    assert mine.read(token, "at+jwt") == {"sub": "someone"}
    for forged in (
        other.sign({"sub": "someone"}, "at+jwt"),
        f"{header}.{claims}.{signature[:-2]}AA",
        f"{header}.{mine.sign({'sub': 'another'}, 'at+jwt').split('.')[1]}.{signature}",
        f"{other.header('at+jwt')}.{claims}.{signature}",
        f"{token}.",
        f"{header}.{claims}.",
        f"{header}.{claims}",
        f"{header}.{claims}=.{signature}",
        "é.é.é",
        "",
    ):
        assert mine.read(forged, "at+jwt") is None, forged
    assert mine.read(token, "JWT") is None
