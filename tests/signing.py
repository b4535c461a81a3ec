"""A client's key, and requests that it signs with it."""

import json

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from tests.world import ISSUER, request_for

from gatelodge.keys.secrets import b64

NOW = 1_800_000_000  # where the clock of a test stands at first
KEY = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"}, private=True)
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"}, private=True)
JWKS = json.dumps({"keys": [KEY.as_dict(private=False)]})
TYPE = "oauth-authz-req+jwt"


def asked(client_id: str = "web1", /, **changes: object) -> dict[str, object]:
    """What a good signed request says; `None` takes something out."""
    whole = {"iss": client_id, "aud": ISSUER, "iat": NOW, "nbf": NOW, "exp": NOW + 300, "jti": "a-jti"}
    whole |= request_for(client_id)
    return {name: value for name, value in (whole | changes).items() if value is not None}


def signed(
    claims: dict[str, object] | None = None, key: ECKey | RSAKey = KEY, header: dict[str, object] | None = None
) -> str:
    """A signed request."""
    head = {"alg": "ES256", "kid": "k1", "typ": TYPE} | (header or {})
    return jwt.encode(head, asked() if claims is None else claims, key, algorithms=["ES256", "RS256", "PS256", "HS256"])


def unsigned(claims: dict[str, object] | None = None, alg: str = "none") -> str:
    """The same that nobody signed."""
    head = b64(json.dumps({"alg": alg, "kid": "k1", "typ": TYPE}).encode())
    return f"{head}.{b64(json.dumps(asked() if claims is None else claims).encode())}."
