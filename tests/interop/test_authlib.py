"""Authlib, over requests and over httpx2: discovery, a sign-in, every use of the tokens, and a daemon."""

from typing import Any

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import KeySet
from tests.interop.conftest import API, REDIRECT_URI, SCOPE, Site

pytestmark = pytest.mark.interop


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both libraries refuse plain http unless they are told that this is a test."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture(scope="module")
def metadata(site: Site) -> dict[str, Any]:
    return requests.get(get_well_known_url(site.issuer, external=True), timeout=20).json()


def session(site: Site, client_id: str = "web", **more: str) -> Any:
    """Authlib's client, which has no types, for one of ours."""
    whole: dict[str, Any] = {"scope": SCOPE, "redirect_uri": REDIRECT_URI, "code_challenge_method": "S256", **more}
    return OAuth2Session(client_id, site.secret(client_id) or None, **whole)


def test_the_metadata_satisfy_its_own_checks(site: Site, metadata: dict[str, Any]):
    found: Any = OpenIDProviderMetadata(metadata)
    found.validate()
    assert found.issuer == site.issuer


def test_a_person_signs_in_and_the_tokens_work_until_they_are_revoked(site: Site, metadata: dict[str, Any]):
    verifier, nonce = generate_token(48), generate_token(20)
    client = session(site)
    url, state = client.create_authorization_url(
        metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier
    )
    answer = site.person().open(url)
    token = client.fetch_token(
        metadata["token_endpoint"], authorization_response=answer, state=state, code_verifier=verifier
    )
    assert checked_id_token(token["id_token"], metadata, nonce, token["access_token"])["sub"]
    assert client.get(metadata["userinfo_endpoint"]).json()["email"] == "alice@example.org"

    refreshed = client.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    assert refreshed["refresh_token"] != token["refresh_token"]
    described = client.introspect_token(metadata["introspection_endpoint"], token=refreshed["access_token"])
    assert described.json()["active"] is True

    ended = client.revoke_token(metadata["revocation_endpoint"], token=refreshed["refresh_token"])
    assert ended.status_code == 200
    assert client.get(metadata["userinfo_endpoint"]).status_code == 401


def checked_id_token(text: str, metadata: dict[str, Any], nonce: str, access_token: str) -> CodeIDToken:
    """Check an ID token with joserfc's signatures and Authlib's claims."""
    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=20).json())
    decoded = jwt.decode(text, keys, algorithms=["RS256"])
    options = {"iss": {"values": [metadata["issuer"]]}, "aud": {"value": "web"}}
    params = {"nonce": nonce, "client_id": "web", "access_token": access_token}
    claims = CodeIDToken(decoded.claims, decoded.header, options, params)
    claims.validate()
    return claims


@pytest.mark.parametrize("client_id", ["poster", "spa"])
def test_other_clients_exchange_in_their_own_way(site: Site, metadata: dict[str, Any], client_id: str):
    verifier = generate_token(48)
    how = {"poster": "client_secret_post", "spa": "none"}[client_id]
    client = session(site, client_id, token_endpoint_auth_method=how)
    url, state = client.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
    answer = site.person().open(url)
    token = client.fetch_token(
        metadata["token_endpoint"], authorization_response=answer, state=state, code_verifier=verifier
    )
    assert set(token["scope"].split()) == set(SCOPE.split())


def test_a_client_proves_itself_with_its_key(site: Site, metadata: dict[str, Any]):
    verifier = generate_token(48)
    client = OAuth2Session(
        "keyholder", site.key, scope=SCOPE, redirect_uri=REDIRECT_URI, token_endpoint_auth_method="private_key_jwt"
    )
    client.register_client_auth_method(PrivateKeyJWT(metadata["issuer"], headers={"kid": "key-1"}, alg="ES256"))
    challenge = create_s256_code_challenge(verifier)
    url, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_challenge=challenge, code_challenge_method="S256"
    )
    answer = site.person().open(url)
    token = client.fetch_token(
        metadata["token_endpoint"], authorization_response=answer, state=state, code_verifier=verifier
    )
    assert token["access_token"]


def test_a_wrong_verifier_is_reported_as_the_specification_names_it(site: Site, metadata: dict[str, Any]):
    client = session(site)
    url, state = client.create_authorization_url(metadata["authorization_endpoint"], code_verifier=generate_token(48))
    answer = site.person().open(url)
    with pytest.raises(Exception, match="invalid_grant"):
        client.fetch_token(
            metadata["token_endpoint"], authorization_response=answer, state=state, code_verifier=generate_token(48)
        )


@pytest.mark.anyio
async def test_a_daemon_gets_a_token_that_its_api_can_introspect(site: Site, metadata: dict[str, Any]):
    daemon: Any = AsyncOAuth2Client("daemon", site.secret("daemon"), scope="orders:read")
    api: Any = AsyncOAuth2Client("orders-api", site.secret("orders-api"))
    async with daemon, api:
        token = await daemon.fetch_token(metadata["token_endpoint"], resource=API)
        said = await api.introspect_token(metadata["introspection_endpoint"], token=token["access_token"])
    assert "refresh_token" not in token
    described = said.json()
    assert (described["active"], described["client_id"], described["aud"]) == (True, "daemon", API)
