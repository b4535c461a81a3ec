"""Signing and reading JSON Web Tokens: ours beside joserfc, and beside what the signature alone takes.

Every way checks the same of a token: its header's algorithm and type, its signature, issuer, audience and times.
"""

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey
from msgspec import json

from bench.verify import API, ISSUER, claims_of
from gatelodge.keys.signer import Signer
from gatelodge.protocol.client import SigningAlg
from gatelodge.protocol.jose import Expected, read, take_apart
from gatelodge.protocol.jwks import PublicKeys, read_jwk

TOKENS = 300  # different ones in a round
ROUNDS = 9

Act = Callable[[], object]


def signing(alg: SigningAlg) -> dict[str, float]:
    """Return the CPU microseconds of signing one token, by who does it."""
    key = _key(alg)
    signer, header = Signer("1", alg, key.private_key), {"alg": alg, "typ": "at+jwt", "kid": "1"}
    some = [claims_of(number) for number in range(TOKENS)]
    signed = [json.encode(claims) for claims in some]
    sign = signer._signature  # pyright: ignore[reportPrivateUsage]
    return _in_turns(
        {
            "keys/signer.py": lambda: [signer.sign(claims, "at+jwt") for claims in some],
            "joserfc.jwt.encode": lambda: [jwt.encode(header, claims, key, [alg]) for claims in some],
            "joserfc.jws, claims by msgspec": lambda: [
                jws.serialize_compact(header, json.encode(claims), key, [alg]) for claims in some
            ],
            "the signature alone": lambda: [sign(raw) for raw in signed],
        }
    )


def reading(alg: SigningAlg) -> dict[str, float]:
    """Return the CPU microseconds of verifying and reading one token that was never seen, by who does it."""
    key, now = _key(alg), int(time.time())
    signer = Signer("1", alg, key.private_key)
    verifier = read_jwk({**key.as_dict(private=False), "kid": "1", "alg": alg})
    assert verifier is not None
    keys, expected = PublicKeys((verifier,)), Expected(issuer=ISSUER, audience=API, types=frozenset({"at+jwt"}))
    registry = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": API},
        exp={"essential": True},
        leeway=60,
    )

    def with_joserfc(token: str) -> None:
        found = jwt.decode(token, key, [alg])
        assert found.header["typ"] == "at+jwt"
        registry.validate(found.claims)

    def with_joserfc_jws(token: str) -> None:
        found = jws.deserialize_compact(token, key, [alg])
        assert found.headers()["typ"] == "at+jwt"
        registry.validate(json.decode(found.payload))

    tokens = [signer.sign(claims_of(number), "at+jwt") for number in range(TOKENS)]
    parts = [take_apart(token) for token in tokens]
    proves = verifier.proofs[alg]
    return _in_turns(
        {
            "protocol/jose.py": lambda: [read(token, keys, expected, now) for token in tokens],
            "Signer.read, of our own": lambda: [signer.read(token, "at+jwt") for token in tokens],
            "joserfc.jwt.decode, its registry": lambda: [with_joserfc(token) for token in tokens],
            "joserfc.jws, claims by msgspec": lambda: [with_joserfc_jws(token) for token in tokens],
            "the signature alone": lambda: [proves(part.signed, part.signature) for part in parts],
        }
    )


def _key(alg: SigningAlg) -> Any:
    return ECKey.generate_key("P-256") if alg == "ES256" else RSAKey.generate_key(2048)


def _in_turns(ways: Mapping[str, Act]) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS + 1):
        for name, act in ways.items():
            began = time.process_time()
            act()
            found[name].append((time.process_time() - began) / TOKENS * 1e6)
    return {name: median(taken[1:]) for name, taken in found.items()}  # the first round warms up
