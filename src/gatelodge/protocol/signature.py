"""Whether a signature proves a text: one test for each public key and algorithm, prepared once (RFC 7518 3)."""

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

ALGORITHMS_OF_EC = frozenset({"ES256"})
ALGORITHMS_OF_RSA = frozenset({"RS256", "PS256"})

Proof = Callable[[bytes, bytes], bool]  # takes what was signed and its signature

_SHA256 = SHA256()
_ECDSA = ECDSA(_SHA256)
_PADDINGS = {"RS256": PKCS1v15(), "PS256": PSS(MGF1(_SHA256), _SHA256.digest_size)}
_HALF = 32  # bytes of each of the two numbers in a P-256 signature


def proof_of(alg: str, key: EllipticCurvePublicKey | RSAPublicKey) -> Proof:
    """Return the test whether `key` made a signature with `alg`. Raises `ValueError` if the two do not fit."""
    if isinstance(key, RSAPublicKey) and alg in ALGORITHMS_OF_RSA:
        return _rsa_proof(alg, key)
    if isinstance(key, EllipticCurvePublicKey) and alg in ALGORITHMS_OF_EC and key.curve.name == "secp256r1":
        return _ec_proof(key)
    raise ValueError(f"this key cannot verify {alg}")


def _rsa_proof(alg: str, key: RSAPublicKey) -> Proof:
    verify, padding = key.verify, _PADDINGS[alg]

    def proves(signed: bytes, signature: bytes) -> bool:
        try:
            verify(signature, signed, padding, _SHA256)
        except InvalidSignature:
            return False
        return True

    return proves


def _ec_proof(key: EllipticCurvePublicKey) -> Proof:
    verify = key.verify

    def proves(signed: bytes, signature: bytes) -> bool:
        if len(signature) != 2 * _HALF:
            return False
        r, s = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
        try:
            verify(encode_dss_signature(r, s), signed, _ECDSA)
        except InvalidSignature:
            return False
        return True

    return proves
