"""Servers that are about to be hurt, on each engine, and what they are asked for meanwhile."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import ECKey
from tests.conftest import ENGINES, Postgres
from tests.person import Person
from tests.server_process import Installation, Started
from tests.world import CHALLENGE, VERIFIER

RP = "https://rp.test/cb"
API = "https://api.test/orders"
REQUEST = {
    "client_id": "web",
    "response_type": "code",
    "redirect_uri": RP,
    "scope": "openid offline_access",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@dataclass(frozen=True)
class House:
    """A running server, its clients and one person."""

    server: Started
    key: ECKey

    @property
    def web(self) -> tuple[str, str]:
        """What the web client proves itself with."""
        return "web", self.server.installation.secrets["web"]

    @property
    def daemon(self) -> tuple[str, str]:
        return "daemon", self.server.installation.secrets["daemon"]

    def person(self) -> Person:
        return Person(self.server.http())

    def ask(self, http: httpx2.Client, path: str, **form: str) -> httpx2.Response:
        """Post to an endpoint as the web client."""
        return http.post(path, data=form, auth=self.web)

    def exchange(self, http: httpx2.Client, code: str) -> httpx2.Response:
        return self.ask(http, "/token", **exchange_form(code))

    def refresh(self, http: httpx2.Client, token: str) -> httpx2.Response:
        return self.ask(http, "/token", grant_type="refresh_token", refresh_token=token)

    def is_active(self, http: httpx2.Client, token: str) -> bool:
        answer = self.ask(http, "/introspect", token=token)
        assert answer.status_code == 200, answer.text
        return answer.json()["active"]


def exchange_form(code: str) -> dict[str, str]:
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": RP, "code_verifier": VERIFIER}


def authorize_url(server: Started) -> str:
    return str(httpx2.URL(f"{server.issuer}/authorize", params=REQUEST))


def furnish(installation: Installation) -> ECKey:
    """Register the clients and the person every one of these tests needs; return the daemon's key."""
    key = ECKey.generate_key("P-256", {"kid": "key-1", "use": "sig", "alg": "ES256"}, private=True)
    jwks = installation.folder / "jwks.json"
    jwks.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    installation.run("apis", "add", API, "--scope", "orders:read=See your orders")
    scope = ("--scope", "openid offline_access")
    installation.add_client("web", "--type", "web", "--redirect-uri", RP, *scope, "--trusted")
    installation.add_client("daemon", "--type", "service", "--scope", "orders:read")
    prover = ("--type", "service", "--scope", "orders:read", "--auth", "private_key_jwt", "--jwks", str(jwks))
    installation.add_client("prover", *prover)
    installation.add_person("alice", "wonderland")
    return key


def database_url(engine: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """A new, empty database."""
    if engine == "sqlite":
        return f"sqlite:///{folder / 'gatelodge.db'}"
    postgres: Postgres = request.getfixturevalue("postgres_server")
    return postgres.make("house")


@pytest.fixture(scope="module", params=ENGINES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    """A server of two workers for one file of tests."""
    folder = tmp_path_factory.mktemp("house")
    installation = Installation(folder, database_url(request.param, folder, request))
    key = furnish(installation)
    with installation.serve(workers=2) as server:
        yield House(server, key)
