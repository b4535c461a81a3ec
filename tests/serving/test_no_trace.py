"""HTTP-11: every flow at log level debug, and afterwards no secret in logs, metrics, refusals or the database."""

import json
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from tests.person import Person
from tests.server_process import SECRET_KEY, Installation, Started, eventually
from tests.serving.witness import Witness
from tests.world import CHALLENGE, VERIFIER

from gatelodge.sessions.interactions import PARAMETER

RP = "https://rp.test/cb"
SCOPE = "openid profile email offline_access orders:read"
PASSWORD = "a-password-that-is-found-nowhere"
SLIPS = (
    "a-password-typed-as-a-name",
    "a-wrong-password-somebody-typed",
    "a-wrong-client-secret",
    "a-made-up-token.x.y",
)
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Walk:
    """One pass through everything the server does."""

    server: Started
    witness: Witness
    key: ECKey

    def auth(self, client_id: str) -> tuple[str, str]:
        return client_id, self.server.installation.secrets[client_id]

    def http(self) -> httpx2.Client:
        return self.witness.http(self.server)

    def person(self) -> Person:
        return Person(self.http(), password=PASSWORD)

    def url(self, client_id: str = "web", **changes: str) -> str:
        whole = {
            "client_id": client_id,
            "response_type": "code",
            "redirect_uri": RP,
            "scope": SCOPE,
            "nonce": "n-0S6_WzA2",
        }
        proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        return str(httpx2.URL(f"{self.server.issuer}/authorize", params=whole | proof | changes))

    def tokens(self, person: Person, client_id: str = "web", /, **proof: str) -> dict[str, str]:
        code = person.answer(self.url(client_id))["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": RP, "code_verifier": VERIFIER}
        auth: Any = None if proof else self.auth(client_id)
        answer = self.http().post("/token", data=form | proof, auth=auth)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def assertion(self) -> dict[str, str]:
        claims = {"iss": "keyholder", "sub": "keyholder", "aud": self.server.issuer, "jti": f"{time.time()}"}
        claims |= {"exp": int(time.time()) + 60}
        token = jwt.encode({"alg": "ES256", "kid": "key-1"}, claims, self.key)
        return {"client_assertion_type": ASSERTION, "client_assertion": token}

    def sign_in_and_use_everything(self) -> None:
        person = self.person()
        login = person.follow(person.http.get(self.url(prompt="login")))
        person.submit(login, username=SLIPS[0], password=SLIPS[1])
        tokens = self.tokens(person)
        with self.http() as http:
            bearer = {"authorization": f"Bearer {tokens['access_token']}"}
            assert http.get("/userinfo", headers=bearer).status_code == 200
            assert http.post("/userinfo", data={"access_token": tokens["access_token"]}).status_code == 200
            for token in tokens["access_token"], tokens["refresh_token"]:
                assert http.post("/introspect", data={"token": token}, auth=self.auth("web")).json()["active"]
            fresh = self.refresh(http, tokens["refresh_token"])
            self.refresh(http, fresh["refresh_token"])
            self.refresh(http, tokens["refresh_token"])
            http.post("/revoke", data={"token": fresh["access_token"]}, auth=self.auth("web"))
        self.ask_again_and_sign_out(person, tokens["id_token"])

    def refresh(self, http: httpx2.Client, token: str) -> dict[str, str]:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return http.post("/token", data=form, auth=self.auth("web")).json()

    def ask_again_and_sign_out(self, person: Person, id_token: str) -> None:
        hinted = {"id_token_hint": id_token, "prompt": "consent", "login_hint": "alice", "state": "a-state"}
        person.follow(person.http.get(self.url(**hinted)))
        self.person().http.get(self.url(id_token_hint=id_token))  # is parked until somebody signs in
        page = person.http.get("/logout", params={"id_token_hint": id_token})
        if "<form" in page.text:
            person.submit(page, decision="sign_out")

    def come_in_every_other_way(self) -> None:
        person = self.person()
        self.tokens(person, "spa", client_id="spa")
        self.tokens(person, "poster", client_id="poster", client_secret=self.auth("poster")[1])
        self.tokens(person, "keyholder", **self.assertion())
        with self.http() as http:
            for scope in "orders:read", "things:read":
                form = {"grant_type": "client_credentials", "scope": scope}
                assert http.post("/token", data=form, auth=self.auth("daemon")).status_code == 200
            form = {"grant_type": "password", "username": "alice", "password": PASSWORD, "scope": SCOPE}
            assert http.post("/token", data=form, auth=self.auth("legacy")).status_code == 200
            http.post("/token", data=form | {"password": SLIPS[1]}, auth=self.auth("legacy"))
        for response_type in "id_token token", "code id_token":
            assert person.answer(self.url("legacy", response_type=response_type))["id_token"]

    def blunder(self) -> None:
        """Everything that is refused, with secrets where they do not belong."""
        with self.http() as http:
            code = self.person().answer(self.url())["code"]
            wrong = {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": RP,
                "code_verifier": VERIFIER[:-1] + "x",
            }
            http.post("/token", data=wrong, auth=self.auth("web"))
            http.post("/token", data=wrong, auth=("web", SLIPS[2]))
            http.post("/token", params=wrong, auth=self.auth("web"))
            http.get("/userinfo", params={"access_token": SLIPS[3]})
            http.get("/userinfo", headers={"authorization": f"Bearer {SLIPS[3]}"})
            http.post("/introspect", data={"token": SLIPS[3]}, auth=self.auth("web"))
            http.get("/authorize", params={"client_id": "web", PARAMETER: SLIPS[3], "code": code})
            http.get(f"/nothing/{SLIPS[3]}")
            http.get("/consent", params={PARAMETER: SLIPS[3]})
            http.post("/token", content=json.dumps(wrong), headers={"content-type": "application/json"})


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Generator[Walk]:
    """A server that was used in every way, and what was seen of it."""
    folder = tmp_path_factory.mktemp("no-trace")
    everything = {"LEGACY_PASSWORD": "on", "LEGACY_IMPLICIT": "on", "LEGACY_HYBRID": "on", "SERVER_INSPECTOR": "on"}
    installation = Installation(folder, f"sqlite:///{folder / 'gatelodge.db'}", everything | {"LOG_LEVEL": "debug"})
    key = register(installation)
    witness = Witness()
    for secret in (SECRET_KEY, PASSWORD, VERIFIER, *SLIPS, *installation.secrets.values()):
        witness.keep(secret, "given")
    with installation.serve() as server:
        walk = Walk(server, witness, key)
        walk.sign_in_and_use_everything()
        walk.come_in_every_other_way()
        walk.blunder()
        yield walk


def register(installation: Installation) -> ECKey:
    key = ECKey.generate_key("P-256", {"kid": "key-1", "use": "sig", "alg": "ES256"}, private=True)
    jwks = installation.folder / "jwks.json"
    jwks.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    web = ("--redirect-uri", RP, "--scope", SCOPE)
    installation.run("apis", "add", "https://api.test/orders", "--scope", "orders:read=See your orders")
    opaque = ("--scope", "things:read=See your things", "--format", "opaque")
    installation.run("apis", "add", "https://api.test/things", *opaque)
    installation.add_client("web", "--type", "web", *web)
    installation.add_client("spa", "--type", "spa", *web)
    installation.add_client("poster", "--type", "web", *web, "--auth", "client_secret_post")
    installation.add_client("keyholder", "--type", "web", *web, "--auth", "private_key_jwt", "--jwks", str(jwks))
    installation.add_client("daemon", "--type", "service", "--scope", "orders:read things:read")
    old = ("--grant", "authorization_code refresh_token password implicit")
    types = ("--response-type", "code", "--response-type", "id_token token", "--response-type", "code id_token")
    installation.add_client("legacy", "--type", "web", *web, *old, *types)
    installation.add_person("alice", PASSWORD)
    return key


def test_HTTP_11_everything_was_walked(walked: Walk):
    kinds = set(walked.witness.secrets.values())
    assert {
        "password",
        "code",
        "code_verifier",
        "refresh_token",
        "access_token",
        "id_token",
        "client_assertion",
    } <= kinds
    assert {"csrf", PARAMETER, "cookie gatelodge-session"} <= kinds
    assert any(kind.startswith("cookie gatelodge-browser-") for kind in kinds)
    assert len(walked.witness.refusals) > 10
    assert '"level":"debug"' in walked.server.said_by_now()


def test_HTTP_11_the_logs_hold_no_secret(walked: Walk):
    assert walked.witness.found_in(walked.server.said_by_now()) == set()


def test_HTTP_11_refusals_hold_no_secret(walked: Walk):
    for refusal in walked.witness.refusals:
        if "<form" in refusal:
            continue  # the form to try again: its name and its own token have to be in it
        assert walked.witness.found_in(refusal) == set(), refusal


def test_HTTP_11_metrics_hold_no_secret(walked: Walk):
    metrics = httpx2.get(f"{walked.server.management}/metrics", timeout=20).text
    assert "gatelodge_requests_total" in metrics
    assert walked.witness.found_in(metrics) == set()


def test_HTTP_11_traces_hold_no_secret(walked: Walk):
    with closing(sqlite3.connect(walked.server.installation.folder / "gatelodge.db")) as database:
        traces = eventually(lambda: database.execute("select * from traces").fetchall(), "a trace")
    assert walked.witness.found_in(str(traces)) == set()


@pytest.mark.parametrize("name", ["gatelodge.db", "gatelodge.db-wal"])
def test_HTTP_11_the_database_holds_no_secret(walked: Walk, name: str):
    file: Path = walked.server.installation.folder / name
    raw = file.read_bytes()
    assert raw
    assert walked.witness.found_in(raw) == set()
