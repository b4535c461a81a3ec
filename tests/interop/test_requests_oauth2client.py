"""requests_oauth2client: a device that polls by itself, while somebody allows it elsewhere."""

import pytest
from requests_oauth2client import (
    AuthorizationPending,
    DeviceAuthorizationPollingJob,
    InvalidGrant,
    OAuth2Client,
    SlowDown,
)
from tests.interop.conftest import API, SCOPE, Site

pytestmark = pytest.mark.interop


@pytest.fixture
def client(site: Site) -> OAuth2Client:
    url = f"{site.issuer}/.well-known/openid-configuration"
    device = f"{site.issuer}/device_authorization"  # which it does not discover
    return OAuth2Client.from_discovery_endpoint(
        url, site.issuer, client_id="tv", testing=True, device_authorization_endpoint=device
    )


def test_a_device_polls_until_somebody_allowed_it(site: Site, client: OAuth2Client):
    begun = client.authorize_device(scope=SCOPE)
    job = DeviceAuthorizationPollingJob(client, begun.device_code, interval=0)
    with pytest.raises(AuthorizationPending):
        client.device_code(begun.device_code)
    with pytest.raises(SlowDown):
        client.device_code(begun.device_code)
    assert job() is None

    site.person().compare(str(begun.verification_uri_complete))
    token = job()
    assert token is not None
    assert (begun.interval, token.scope) == (5, SCOPE)
    assert client.userinfo(token)["email"] == "alice@example.org"
    assert client.refresh_token(token).access_token != token.access_token
    with pytest.raises(InvalidGrant):
        client.device_code(begun.device_code)


def test_it_may_say_which_api_it_is_for(site: Site, client: OAuth2Client):
    begun = client.authorize_device(scope="orders:read", resource=API)
    site.person().compare(str(begun.verification_uri_complete))

    assert client.device_code(begun.device_code).scope == "orders:read"
