"""Whether a signature proves a text: one test for each public key and algorithm, prepared once (RFC 7518, RFC 8037)."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

PublicKey = EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey
Proof = Callable[[bytes, bytes], bool]  # takes what was signed and its signature


class _OnCurve(NamedTuple):
    """An algorithm of one elliptic curve; `half` is how many bytes each of the two numbers of a signature has."""

    curve: str
    half: int
    digest: HashAlgorithm


class _OfRSA(NamedTuple):
    padding: AsymmetricPadding
    digest: HashAlgorithm


_EC = {
    "ES256": _OnCurve("secp256r1", 32, SHA256()),
    "ES384": _OnCurve("secp384r1", 48, SHA384()),
    "ES512": _OnCurve("secp521r1", 66, SHA512()),
}
_RSA = {
    f"{family}{digest.digest_size * 8}": _OfRSA(padding, digest)
    for digest in (SHA256(), SHA384(), SHA512())
    for family, padding in (("RS", PKCS1v15()), ("PS", PSS(MGF1(digest), digest.digest_size)))
}
_ED25519 = frozenset({"EdDSA", "Ed25519"})  # two names of one (RFC 9864 2.2)

# By `kty`, and by `crv` where there are several: what a key may verify.
ALGORITHMS: Mapping[tuple[str, str | None], frozenset[str]] = {
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): _ED25519,
    ("RSA", None): frozenset(_RSA),
}
VERIFIABLE = frozenset[str]().union(*ALGORITHMS.values())


def proof_of(alg: str, key: PublicKey) -> Proof:
    """Return the test whether `key` made a signature with `alg`. Raises `ValueError` if the two do not fit."""
    if isinstance(key, RSAPublicKey) and alg in _RSA:
        return _rsa_proof(key, _RSA[alg])
    if isinstance(key, EllipticCurvePublicKey) and alg in _EC and key.curve.name == _EC[alg].curve:
        return _ec_proof(key, _EC[alg])
    if isinstance(key, Ed25519PublicKey) and alg in _ED25519:
        return _ed25519_proof(key)
    raise ValueError(f"this key cannot verify {alg}")


def _rsa_proof(key: RSAPublicKey, how: _OfRSA) -> Proof:
    verify, (padding, digest) = key.verify, how

    def proves(signed: bytes, signature: bytes) -> bool:
        try:
            verify(signature, signed, padding, digest)
        except InvalidSignature:
            return False
        return True

    return proves


def _ec_proof(key: EllipticCurvePublicKey, how: _OnCurve) -> Proof:
    verify, half, ecdsa = key.verify, how.half, ECDSA(how.digest)

    def proves(signed: bytes, signature: bytes) -> bool:
        if len(signature) != 2 * half:
            return False
        r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
        try:
            verify(encode_dss_signature(r, s), signed, ecdsa)
        except InvalidSignature:
            return False
        return True

    return proves


def _ed25519_proof(key: Ed25519PublicKey) -> Proof:
    verify = key.verify

    def proves(signed: bytes, signature: bytes) -> bool:
        try:
            verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    return proves
