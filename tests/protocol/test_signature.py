"""Signatures, checked by keys that were prepared for it."""

from typing import Any, cast

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from gatelodge.protocol.signature import VERIFIABLE, PublicKey, proof_of

TEXT = b"what was signed"
KEYS: dict[str, ECKey | RSAKey | OKPKey] = {
    "ES256": ECKey.generate_key("P-256"),
    "ES384": ECKey.generate_key("P-384"),
    "ES512": ECKey.generate_key("P-521"),
    "EdDSA": OKPKey.generate_key("Ed25519"),
    "Ed25519": OKPKey.generate_key("Ed25519"),
    **{f"{family}{bits}": RSAKey.generate_key(2048) for family in ("RS", "PS") for bits in (256, 384, 512)},
}


def test_every_algorithm_is_tried_here() -> None:
    assert KEYS.keys() == VERIFIABLE


def signed(alg: str, text: bytes) -> bytes:
    """A signature made by somebody else's code."""
    key = KEYS[alg]
    if alg == "Ed25519":  # the library knows it by its older name
        alg = "EdDSA"
    return JWSRegistry.algorithms[alg].sign(text, key)


def public(alg: str) -> PublicKey:
    return cast("PublicKey", KEYS[alg].public_key)


@pytest.mark.parametrize("alg", KEYS)
def test_a_signature_proves_its_own_text_by_its_own_key_and_algorithm(alg: str) -> None:
    signature = signed(alg, TEXT)
    proves = proof_of(alg, public(alg))

    assert proves(TEXT, signature)
    assert not proves(TEXT + b"!", signature)
    assert not proves(TEXT, bytes([signature[0] ^ 1]) + signature[1:])
    assert not proof_of(alg, another(alg))(TEXT, signature)


def another(alg: str) -> PublicKey:
    """A key of the same kind."""
    key = KEYS[alg]
    kind: Any = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}.get(alg)
    size: Any = "Ed25519" if isinstance(key, OKPKey) else kind or 2048
    return cast("PublicKey", type(key).generate_key(size).public_key)


@pytest.mark.parametrize(("made", "checked"), [("RS256", "PS256"), ("PS256", "RS256"), ("RS512", "RS256")])
def test_one_padding_or_digest_is_not_the_other(made: str, checked: str) -> None:
    assert not proof_of(checked, public(made))(TEXT, signed(made, TEXT))


@pytest.mark.parametrize("alg", KEYS)
def test_no_signature_without_the_key(alg: str) -> None:
    proves = proof_of(alg, public(alg))

    for size in (0, 1, 63, 64, 65, 96, 132, 255, 256, 257):
        assert not proves(TEXT, bytes(size)), size
        assert not proves(TEXT, b"\xff" * size), size


@pytest.mark.parametrize("alg", ["ES256", "ES384", "ES512"])
def test_a_signature_on_a_curve_is_written_in_one_way(alg: str) -> None:
    signature = signed(alg, TEXT)
    half = len(signature) // 2
    proves = proof_of(alg, public(alg))

    assert not proves(TEXT, signature[:half] + b"\0" + signature[half:])
    assert not proves(TEXT, b"\0" + signature[:half] + b"\0" + signature[half:])


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        *(("RS256", "ES256"), ("ES256", "RS256"), ("ES256", "ES384"), ("ES384", "ES256"), ("EdDSA", "ES256")),
        *(("none", "ES256"), ("HS256", "RS256"), ("RS256", "EdDSA"), ("Ed448", "EdDSA")),
    ],
)
def test_an_algorithm_that_does_not_fit_the_key_is_refused(alg: str, key: str) -> None:
    with pytest.raises(ValueError, match="cannot verify"):
        proof_of(alg, public(key))
