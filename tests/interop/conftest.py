"""One running server for all clients that nobody here wrote, and a person who signs in for them."""

import json
from collections.abc import Generator
from dataclasses import dataclass

import pytest
from joserfc.jwk import ECKey
from tests.person import Person
from tests.server_process import Installation, Started

REDIRECT_URI = "https://rp.test/cb"
API = "https://api.test/orders"
OPAQUE_API = "https://api.test/things"
SCOPE = "openid profile email offline_access orders:read"


@dataclass(frozen=True)
class Site:
    """A running server with one client of every kind."""

    server: Started
    key: ECKey

    @property
    def issuer(self) -> str:
        return self.server.issuer

    def secret(self, client_id: str) -> str:
        return self.server.installation.secrets[client_id]

    def person(self) -> Person:
        """Somebody at a new browser."""
        return Person(self.server.http())


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    folder = tmp_path_factory.mktemp("interop")
    installation = Installation(folder, f"sqlite:///{folder / 'gatelodge.db'}")
    key = ECKey.generate_key("P-256", {"kid": "key-1", "use": "sig", "alg": "ES256"}, private=True)
    register(installation, key)
    with installation.serve() as server:
        yield Site(server, key)


def register(installation: Installation, key: ECKey) -> None:
    """Add two APIs, one client for each way of authenticating, and alice."""
    jwks = installation.folder / "jwks.json"
    jwks.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    web = ("--type", "web", "--redirect-uri", REDIRECT_URI, "--scope", f"{SCOPE} phone address")
    installation.add_client("web", *web)
    installation.add_client("pusher", *web, "--require-par")
    installation.add_client("poster", *web, "--auth", "client_secret_post")
    installation.add_client("keyholder", *web, "--auth", "private_key_jwt", "--jwks", str(jwks))
    signer = ("--auth", "private_key_jwt", "--jwks", str(jwks), "--require-signed-request")
    installation.add_client("signer", *web, *signer, "--request-object-alg", "ES256")
    installation.add_client("spa", "--type", "spa", "--redirect-uri", REDIRECT_URI, "--scope", SCOPE)
    bound = ("--type", "spa", "--redirect-uri", REDIRECT_URI, "--scope", SCOPE, "--dpop")
    installation.add_client("bound", *bound)
    installation.add_client("bound-with-nonce", *bound, "--dpop-nonce")
    installation.add_client("tv", "--type", "native", "--grant", "device_code refresh_token", "--scope", SCOPE)
    installation.add_client("daemon", "--type", "service", "--scope", "orders:read things:read")
    installation.add_client("orders-api", "--type", "service", "--scope", "orders:read")
    installation.run("apis", "add", API, "--scope", "orders:read=See your orders", "--introspector", "orders-api")
    opaque = ("--scope", "things:read=See your things", "--format", "opaque", "--introspector", "orders-api")
    installation.run("apis", "add", OPAQUE_API, *opaque)
    installation.add_person("alice", "wonderland")
