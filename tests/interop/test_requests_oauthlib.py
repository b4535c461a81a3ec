"""requests-oauthlib: the web application flow with PKCE, and a daemon."""

from typing import Any

import pytest
from oauthlib.oauth2 import BackendApplicationClient, InvalidGrantError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session
from tests.interop.conftest import REDIRECT_URI, SCOPE, Site

pytestmark = pytest.mark.interop


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library refuses plain http unless it is told that this is a test."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def test_a_person_signs_in_and_the_session_refreshes_itself(site: Site):
    kept: list[dict[str, Any]] = []
    client: Any = OAuth2Session(
        "web",
        redirect_uri=REDIRECT_URI,
        scope=SCOPE.split(),
        pkce="S256",
        auto_refresh_url=f"{site.issuer}/token",
        token_updater=kept.append,
    )
    url, _state = client.authorization_url(f"{site.issuer}/authorize")
    arrived = site.person().open(url)
    token = client.fetch_token(
        f"{site.issuer}/token", authorization_response=arrived, auth=HTTPBasicAuth("web", site.secret("web"))
    )
    client.token = token | {"expires_in": -1, "expires_at": 1}
    answer = client.get(f"{site.issuer}/userinfo", client_id="web", client_secret=site.secret("web"))
    assert answer.json()["name"] == "Alice"
    assert kept[0]["refresh_token"] != token["refresh_token"]


def test_a_code_that_was_used_is_reported_as_the_specification_names_it(site: Site):
    client = OAuth2Session("web", redirect_uri=REDIRECT_URI, scope=SCOPE.split(), pkce="S256")
    answer = site.person().open(client.authorization_url(f"{site.issuer}/authorize")[0])
    auth = HTTPBasicAuth("web", site.secret("web"))
    client.fetch_token(f"{site.issuer}/token", authorization_response=answer, auth=auth)
    with pytest.raises(InvalidGrantError):
        client.fetch_token(f"{site.issuer}/token", authorization_response=answer, auth=auth)


@pytest.mark.parametrize("scope", ["orders:read", "things:read"])
def test_a_daemon_gets_a_token_of_either_kind(site: Site, scope: str):
    daemon = OAuth2Session(client=BackendApplicationClient("daemon", scope=[scope]))
    token = daemon.fetch_token(f"{site.issuer}/token", client_secret=site.secret("daemon"))
    assert (token["token_type"], token["scope"]) == ("Bearer", [scope])
    assert (token["access_token"].count(".") == 2) is (scope == "orders:read")
