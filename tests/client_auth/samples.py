"""Clients of every kind, and one way for each to prove itself."""

import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from joserfc import jwt
from joserfc.jwk import ECKey

from gatelodge.keys.secrets import client_secret_digest
from gatelodge.protocol.client import AuthMethod, Client, ClientSecret, ProvenClient
from gatelodge.protocol.workload import TrustedIssuer

ISSUER = "https://as.test"
NOW = 1_800_000_000
KEY = ECKey.generate_key("P-256", {"kid": "k1"})
SECRET = "gls_" + "s" * 40
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "k1"})
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Attempt:
    """One request: its body, its headers, and where it comes from."""

    params: Mapping[str, str | list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str = "192.0.2.1"

    def pairs(self) -> list[tuple[str, str]]:
        return [
            (name, value)
            for name, values in self.params.items()
            for value in ([values] if isinstance(values, str) else values)
        ]


Prove = Callable[[Attempt], Awaitable[ProvenClient]]
Register = Callable[[Client], Awaitable[None]]


def basic(client_id: str, secret: str, **params: str) -> Attempt:
    credentials = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return Attempt(params, {"authorization": "Basic " + b64encode(credentials.encode()).decode()})


def post(client_id: str, secret: str) -> Attempt:
    return Attempt({"client_id": client_id, "client_secret": secret})


def assertion(client_id: str = "pkj1", key: ECKey = KEY, **members: object) -> str:
    claims = {"iss": client_id, "sub": client_id, "aud": ISSUER, "exp": NOW + 60, "jti": "j1"} | members
    return jwt.encode({"alg": "ES256", "kid": "k1"}, {n: v for n, v in claims.items() if v is not None}, key)


TRUSTED = TrustedIssuer(name="ci", kind="github", issuer="https://ci.test", jwks_uri="https://ci.test/jwks")
OF_TRUSTED = json.dumps({"keys": [KEY.as_dict(private=False)]}).encode()


def of_workload(key: ECKey = KEY, header: Mapping[str, object] | None = None, **members: object) -> str:
    """What GitHub Actions makes of a job on the main branch of a repository."""
    claims: dict[str, object] = {
        "iss": TRUSTED.issuer,
        "sub": "repo:octo-org/app:ref:refs/heads/main",
        "aud": ISSUER,
        "exp": NOW + 300,
        "jti": "w1",
        "repository": "octo-org/app",
        "ref": "refs/heads/main",
    }
    said = {name: value for name, value in (claims | members).items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "k1", "typ": "JWT", **(header or {})}, said, key)


def asserted(token: str, **params: str) -> Attempt:
    return Attempt({"client_assertion": token, "client_assertion_type": ASSERTION_TYPE, **params})


def client(client_id: str, method: AuthMethod, **members: object) -> Client:
    return Client(client_id, client_id, "web", method, **members)  # pyright: ignore[reportArgumentType]


SECRETS = (ClientSecret(client_secret_digest(SECRET)),)
CLIENTS = {
    "client_secret_basic": client("web1", "client_secret_basic", secrets=SECRETS, auth_fixed=True),
    "client_secret_post": client("post1", "client_secret_post", secrets=SECRETS, auth_fixed=True),
    "private_key_jwt": client("pkj1", "private_key_jwt", jwks=json.dumps({"keys": [KEY.as_dict(private=False)]})),
    "workload_jwt": client("ci1", "workload_jwt", workloads=("ci repository=octo-org/app ref=refs/heads/*",)),
    "none": client("spa1", "none"),
}
# For each method: who proves who they are, how, and how somebody else would try.
GOOD: Mapping[str, Callable[[str], Attempt]] = {
    "client_secret_basic": lambda client_id: basic(client_id, SECRET),
    "client_secret_post": lambda client_id: post(client_id, SECRET),
    "private_key_jwt": lambda client_id: asserted(assertion(client_id)),
    "workload_jwt": lambda client_id: asserted(of_workload(), client_id=client_id),
    "none": lambda client_id: Attempt({"client_id": client_id}),
}
BAD: Mapping[str, Callable[[str], Attempt]] = {
    "client_secret_basic": lambda client_id: basic(client_id, "gls_wrong"),
    "client_secret_post": lambda client_id: post(client_id, "gls_wrong"),
    "private_key_jwt": lambda client_id: asserted(assertion(client_id, OTHER_KEY)),
    "workload_jwt": lambda client_id: asserted(of_workload(OTHER_KEY), client_id=client_id),
}
