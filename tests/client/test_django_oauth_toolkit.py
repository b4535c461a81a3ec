"""The client library against django-oauth-toolkit, a server with its own reading of the specifications."""

import json
import subprocess
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from tests.client.visitor import walk
from tests.ports import free_port
from tests.server_process import answers, eventually

from gatelodge.client import (
    ClientAuth,
    ClientConfig,
    ClientCredentials,
    Narrowed,
    NoAuth,
    NotSupported,
    OAuthClient,
    SecretBasic,
    SecretPost,
    TokenRefused,
    Tokens,
    Wanted,
)

pytestmark = pytest.mark.interop

REDIRECT_URI = "https://rp.test/cb"
SECRET = "a secret with spaces & signs: +%/=:"
ALICE = {"username": "alice", "password": "wonderland", "allow": "Authorize"}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    folder, port = tmp_path_factory.mktemp("django"), free_port()
    told = {"port": port, "folder": str(folder), "redirect_uri": REDIRECT_URI, "secret": SECRET}
    command = [sys.executable, Path(__file__).parent / "django_provider.py", json.dumps(told)]
    log = folder / "log"
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, cwd=folder) as process:
        try:
            issuer = f"http://127.0.0.1:{port}/o"
            keys = f"{issuer}/.well-known/jwks.json"
            eventually(lambda: process.poll() is not None or answers(keys), "django-oauth-toolkit answers")
            assert process.poll() is None, log.read_text()
            yield issuer
        finally:
            process.kill()


def client_of(issuer: str, client_id: str, auth: ClientAuth | None = None) -> OAuthClient:
    config = ClientConfig(
        issuer=issuer, client_id=client_id, auth=auth or SecretBasic(SECRET), redirect_uri=REDIRECT_URI
    )
    return OAuthClient(config)


def sign_in(client: OAuthClient, wanted: Wanted) -> Tokens:
    begun = client.begin(wanted)
    with httpx2.Client() as browser:
        return client.finish(begun.transaction, walk(browser, begun.url, ALICE))


@pytest.mark.parametrize(
    ("client_id", "auth"),
    [("web", SecretBasic(SECRET)), ("web", SecretPost(SECRET)), ("public", NoAuth())],
    ids=["basic", "post", "none"],
)
def test_a_person_signs_in(issuer: str, client_id: str, auth: ClientAuth):
    client = client_of(issuer, client_id, auth)
    tokens = sign_in(client, Wanted(scope="openid read"))

    assert tokens.person is not None
    assert client.userinfo(tokens.access_token, tokens.person)["sub"] == tokens.person.sub
    assert tokens.refresh_token is not None
    renewed = client.refresh(tokens.refresh_token, person=tokens.person)
    assert renewed.refresh_token not in (None, tokens.refresh_token)
    assert renewed.scope is not None
    assert set(renewed.scope) == {"openid", "read"}


def test_a_code_works_once(issuer: str):
    client, other = client_of(issuer, "web"), client_of(issuer, "web")
    begun = client.begin()
    with httpx2.Client() as browser:
        answer = walk(browser, begun.url, ALICE)
    client.finish(begun.transaction, answer)

    with pytest.raises(TokenRefused, match="invalid_grant"):
        other.finish(begun.transaction, answer)


def test_what_a_server_does_not_publish_is_said_and_can_be_added(issuer: str):
    silent = client_of(issuer, "web")
    with pytest.raises(NotSupported, match="revocation_endpoint"):
        silent.revoke("whatever")

    known = replace(silent.metadata(), revocation_endpoint=f"{issuer}/revoke_token/")
    client = OAuthClient(silent.config, metadata=known)
    tokens = sign_in(client, Wanted(scope="openid read"))
    assert tokens.refresh_token is not None

    client.revoke(tokens.refresh_token, "refresh_token")
    with pytest.raises(TokenRefused, match="invalid_grant"):
        client.refresh(tokens.refresh_token)


def test_a_daemon_gets_a_token_and_the_server_knows_it(issuer: str):
    daemon = client_of(issuer, "daemon")
    tokens = daemon.client_credentials(Narrowed(scope="read introspection"))

    auth = ClientCredentials(issuer, "daemon", SECRET, scope="read introspection")
    with httpx2.Client(auth=auth) as http:
        known = http.post(f"{issuer}/introspect/", data={"token": tokens.access_token}).json()
    assert (known["active"], known["client_id"]) == (True, "daemon")


def test_a_wrong_secret_is_refused_by_name(issuer: str):
    with pytest.raises(TokenRefused) as refused:
        client_of(issuer, "daemon", SecretBasic("wrong")).client_credentials()
    assert refused.value.error == "invalid_client"


def test_the_password_grant_works_and_warns(issuer: str):
    with pytest.warns(DeprecationWarning, match="authorization code grant"):
        tokens = client_of(issuer, "legacy").password("alice", "wonderland", Narrowed(scope="read"))
    assert tokens.refresh_token is not None
