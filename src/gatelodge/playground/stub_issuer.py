"""An issuer that runs one workload, for the playground: it publishes its key and signs what the flow needs.

What a GitHub or a cluster is elsewhere. Its key follows from the server's own secret, so every worker signs alike.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from gatelodge.demo.data import WORKLOAD, workload_issuer
from gatelodge.endpoints.request import Request
from gatelodge.keys.vault import Vault
from gatelodge.protocol.reply import Reply, json_reply

LIFETIME = 300  # seconds
KID = "playground"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


@dataclass(frozen=True, slots=True)
class StubIssuer:
    """Signs for one workload, for the server `audience` and nobody else."""

    audience: str
    key: ECKey = field(repr=False)

    @classmethod
    def of(cls, audience: str, vault: Vault) -> "StubIssuer":
        """Return the issuer of a server."""
        scalar = int.from_bytes(vault.derive("playground workloads")) % (_ORDER - 1) + 1
        return cls(audience, ECKey.import_key(ec.derive_private_key(scalar, ec.SECP256R1()), {"kid": KID}))

    async def publish(self, request: Request) -> Reply:
        """Answer with the key that verifies what it signs."""
        del request
        return json_reply({"keys": [{**self.key.as_dict(private=False), "kid": KID, "alg": "ES256"}]})

    def say(self, jti: str, now: int, **other: Any) -> str:
        """Return a JWT about the workload; `other` are claims that are to be otherwise."""
        claims = {
            "iss": workload_issuer(self.audience),
            "sub": WORKLOAD,
            "aud": self.audience,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": jti,
            **other,
        }
        signed = f"{_b64({'alg': 'ES256', 'kid': KID, 'typ': 'JWT'})}.{_b64(claims)}"
        proof = JWSRegistry.algorithms["ES256"].sign(signed.encode(), self.key)
        return f"{signed}.{urlsafe_b64encode(proof).rstrip(b'=').decode()}"


def _b64(said: Mapping[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
