"""`python -m bench.verify`: how many access tokens an API verifies in a second on one core, beside PyJWT.

Keys are at hand in every row, as they are in an API after its first request. Rates are of processor time: what other
programs take of the core is not counted against anybody.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import jwt as pyjwt
from cryptography.hazmat.backends.openssl.backend import backend
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from bench.report import say
from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.protocol.jose import take_apart
from gatelodge.resource import TokenVerifier

ISSUER, API = "https://id.example.com", "https://api.example.com/orders"
TOKENS = 1_000  # different ones
ROUNDS = 7
FLOOR = 15_000  # tokens a second, ES256, seen before

Round = Callable[[], None]  # verifies every token once


@dataclass(frozen=True)
class Sample:
    """A key and tokens signed with it."""

    alg: str
    key: ECKey | RSAKey
    tokens: Sequence[str]

    @property
    def published(self) -> bytes:
        """The key as a server publishes it."""
        return json.dumps({"keys": [{**self.key.as_dict(private=False), "kid": "1", "alg": self.alg}]}).encode()

    def verifier(self) -> TokenVerifier:
        """Return an API's verifier, whose server answers at once."""
        return TokenVerifier(ISSUER, API, send=self._answer, async_send=self._answer_awaited)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        metadata = json.dumps({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"}).encode()
        return HttpResponse(200, body=self.published if request.url.endswith("/jwks") else metadata)

    async def _answer_awaited(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request)


def claims_of(number: int) -> dict[str, Any]:
    """Return the claims of one access token, like those of a person's sign-in."""
    now = int(time.time())
    return {
        "iss": ISSUER,
        "sub": "0b9d1c8e-6f0a-4a57-9c9b-3f6a2f1d7e55",
        "aud": API,
        "client_id": "shop",
        "iat": now,
        "exp": now + 3_600,
        "scope": "openid profile offline_access orders:read",
        "auth_time": now,
        "amr": ["pwd"],
        "grant_id": "184467",
        "jti": f"{number:022}",
    }


def sample(alg: str) -> Sample:
    """Make tokens like those of a person's sign-in."""
    key = ECKey.generate_key("P-256") if alg == "ES256" else RSAKey.generate_key(2048)
    header = {"alg": alg, "typ": "at+jwt", "kid": "1"}
    return Sample(alg, key, [jwt.encode(header, claims_of(n), key) for n in range(TOKENS)])


def seen_before(of: Sample) -> Round:
    verifier = of.verifier()

    def verify_all() -> None:
        for token in of.tokens:
            verifier.verify_sync(token)

    verify_all()
    return verify_all


def seen_before_awaited(of: Sample) -> Round:
    verifier = of.verifier()

    async def verify_all() -> None:
        for token in of.tokens:
            await verifier.verify(token)

    asyncio.run(verify_all())
    return lambda: asyncio.run(verify_all())


def first_time(of: Sample) -> Round:
    def verify_all() -> None:
        verifier = of.verifier()
        for token in of.tokens:
            verifier.verify_sync(token)

    return verify_all


def by_pyjwt(of: Sample) -> Round:
    key = pyjwt.PyJWK(json.loads(of.published)["keys"][0])

    def verify_all() -> None:
        for token in of.tokens:
            pyjwt.decode(token, key, algorithms=[of.alg], audience=API, issuer=ISSUER)

    return verify_all


def signature_alone(of: Sample) -> Round:
    """What the cryptography costs: nobody can be faster who checks every signature."""
    parts = [take_apart(token) for token in of.tokens]
    public = of.key.get_op_key("verify")
    if isinstance(public, rsa.RSAPublicKey):
        return lambda: [
            public.verify(p.signature, p.signed, padding.PKCS1v15(), hashes.SHA256()) for p in parts
        ].clear()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    halves = [(int.from_bytes(p.signature[:32]), int.from_bytes(p.signature[32:])) for p in parts]
    signed = [(encode_dss_signature(*half), p.signed) for half, p in zip(halves, parts, strict=True)]
    return lambda: [public.verify(one, text, ec.ECDSA(hashes.SHA256())) for one, text in signed].clear()


ROWS: dict[str, Callable[[Sample], Round]] = {
    "Gatelodge, token seen before": seen_before,
    "Gatelodge, the same, awaited": seen_before_awaited,
    "Gatelodge, every token new": first_time,
    "PyJWT": by_pyjwt,
    "OpenSSL, signature alone": signature_alone,
}


def times_as_much(one: Round, other: Round, rounds: int = ROUNDS) -> float:
    """Return how many times the processor time of `other` `one` takes: the least of each, of some rounds in turns."""
    taken = [(_time_of(one), _time_of(other)) for _ in range(rounds)]
    return min(first for first, _ in taken) / min(second for _, second in taken)


def rate(verify_all: Round, rounds: int = ROUNDS) -> float:
    """Return tokens per second of processor time: the median of some rounds."""
    return TOKENS / median(_time_of(verify_all) for _ in range(rounds))


def _time_of(verify_all: Round) -> float:
    began = time.process_time()
    verify_all()
    return time.process_time() - began


def main() -> int:
    """Print the table. Returns 1 if the floor is not met."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    samples = [sample("ES256"), sample("RS256")]
    say(f"tokens verified per second on one core ({backend.openssl_version_text()}, PyJWT {pyjwt.__version__})")
    say(f"{'':<32}{'ES256':>10}{'RS256':>10}")
    rates = {name: [rate(make(one)) for one in samples] for name, make in ROWS.items()}
    for name, (es256, rs256) in rates.items():
        say(f"{name:<32}{es256:>10,.0f}{rs256:>10,.0f}")
    for name in ("OpenSSL, signature alone", "PyJWT"):
        ratios = [times_as_much(first_time(one), ROWS[name](one)) for one in samples]
        say(f"a new token costs, times {name:<27}" + "".join(f"{ratio:>10.2f}" for ratio in ratios))
    reached = rates["Gatelodge, token seen before"][0]
    say(f"floor {FLOOR:,} for ES256 with a warm cache: {'met' if reached >= FLOOR else 'NOT MET'}")
    return 0 if reached >= FLOOR else 1


if __name__ == "__main__":
    raise SystemExit(main())
