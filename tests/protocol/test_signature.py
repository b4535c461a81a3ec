"""Signatures, checked by keys that were prepared for it."""

import pytest
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from gatelodge.protocol.signature import proof_of

TEXT = b"what was signed"
KEYS: dict[str, ECKey | RSAKey] = {
    "ES256": ECKey.generate_key("P-256"),
    "RS256": RSAKey.generate_key(2048),
    "PS256": RSAKey.generate_key(2048),
}


@pytest.mark.parametrize("alg", KEYS)
def test_a_signature_proves_its_own_text_by_its_own_key_and_algorithm(alg: str) -> None:
    key = KEYS[alg]
    signature = JWSRegistry.algorithms[alg].sign(TEXT, key)
    proves = proof_of(alg, key.public_key)

    assert proves(TEXT, signature)
    assert not proves(TEXT + b"!", signature)
    assert not proves(TEXT, bytes([signature[0] ^ 1]) + signature[1:])
    assert not proof_of(alg, type(key).generate_key().public_key)(TEXT, signature)


def test_one_padding_is_not_the_other() -> None:
    key = KEYS["RS256"]
    for made, checked in (("RS256", "PS256"), ("PS256", "RS256")):
        assert not proof_of(checked, key.public_key)(TEXT, JWSRegistry.algorithms[made].sign(TEXT, key))


@pytest.mark.parametrize("alg", KEYS)
@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 255, 256, 257])
def test_no_signature_without_the_key(alg: str, size: int) -> None:
    proves = proof_of(alg, KEYS[alg].public_key)

    assert not proves(TEXT, bytes(size))
    assert not proves(TEXT, b"\xff" * size)


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("RS256", KEYS["ES256"]),
        ("ES256", KEYS["RS256"]),
        ("ES256", ECKey.generate_key("P-384")),
        ("none", KEYS["ES256"]),
        ("RS512", KEYS["RS256"]),
    ],
)
def test_an_algorithm_that_does_not_fit_the_key_is_refused(alg: str, key: ECKey | RSAKey) -> None:
    with pytest.raises(ValueError, match="cannot verify"):
        proof_of(alg, key.public_key)
