"""PyJWT and joserfc: tokens are verified with the published keys alone, each for what it is."""

from typing import Any

import jwt as pyjwt
import pytest
from joserfc import jws
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet
from tests.interop.conftest import API, REDIRECT_URI, SCOPE, Site
from tests.world import CHALLENGE, VERIFIER

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def tokens(site: Site) -> dict[str, Any]:
    """What one sign-in brings."""
    request = {
        "client_id": "spa",
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": SCOPE,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    with site.server.http() as http:
        code = site.person().answer(str(http.build_request("GET", "/authorize", params=request).url))["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "client_id": "spa"}
        return http.post("/token", data=form | {"code_verifier": VERIFIER}).json()


def test_pyjwt_finds_the_key_and_accepts_the_access_token(site: Site, tokens: dict[str, Any]):
    key = pyjwt.PyJWKClient(f"{site.issuer}/jwks").get_signing_key_from_jwt(tokens["access_token"])
    claims = pyjwt.decode(tokens["access_token"], key, algorithms=["ES256"], audience=API, issuer=site.issuer)
    assert claims["client_id"] == "spa"
    assert set(claims["scope"].split()) == set(SCOPE.split())
    assert pyjwt.get_unverified_header(tokens["access_token"])["typ"] == "at+jwt"


def test_pyjwt_accepts_the_id_token_for_its_client_only(site: Site, tokens: dict[str, Any]):
    key = pyjwt.PyJWKClient(f"{site.issuer}/jwks").get_signing_key_from_jwt(tokens["id_token"])
    claims = pyjwt.decode(tokens["id_token"], key, algorithms=["RS256"], audience="spa", issuer=site.issuer)
    assert {"exp", "iat", "sub", "auth_time", "at_hash"} <= set(claims)
    with pytest.raises(pyjwt.InvalidAudienceError):
        pyjwt.decode(tokens["id_token"], key, algorithms=["RS256"], audience=API)


@pytest.mark.parametrize(
    ("name", "algorithm", "audience"), [("access_token", "ES256", API), ("id_token", "RS256", "spa")]
)
def test_joserfc_accepts_both_with_their_own_algorithm_and_audience(
    site: Site, tokens: dict[str, Any], name: str, algorithm: str, audience: str
):
    with site.server.http() as http:
        keys = KeySet.import_key_set(http.get("/jwks").json())
    decoded = joserfc_jwt.decode(tokens[name], keys, algorithms=[algorithm])
    checks = joserfc_jwt.JWTClaimsRegistry(iss={"value": site.issuer}, aud={"value": audience}, exp={"essential": True})
    checks.validate(decoded.claims)


def test_a_changed_token_is_refused(site: Site, tokens: dict[str, Any]):
    head, body, signature = tokens["access_token"].split(".")
    keys = KeySet.import_key_set(site.server.http().get("/jwks").json())
    with pytest.raises(Exception, match="bad_signature"):
        jws.deserialize_compact(f"{head}.{body[:-4]}AAAA.{signature}", keys, algorithms=["ES256"])


def test_the_published_keys_hold_nothing_private(site: Site):
    published = site.server.http().get("/jwks").json()["keys"]
    assert {key["alg"] for key in published} == {"RS256", "ES256"}
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"}.intersection(name for key in published for name in key)
    assert all(key["use"] == "sig" and key["kid"] for key in published)
