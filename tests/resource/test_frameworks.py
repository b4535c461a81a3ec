"""What holds in every web framework: the same callers are let in, and the others are told the same."""

from typing import Any

import pytest
from tests.conftest import FakeClock
from tests.resource.applications import APPLICATIONS, Call
from tests.resource.conftest import API, ISSUER, Authority

from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.resource import TokenVerifier

FORM = ("content-type", "application/x-www-form-urlencoded")
METADATA = "https://api.test/.well-known/oauth-protected-resource/orders"


@pytest.fixture(params=APPLICATIONS)
def call(request: pytest.FixtureRequest, verifier: TokenVerifier) -> Call:
    """A way to call the same API, in each framework."""
    return APPLICATIONS[request.param](verifier)


def bearer(token: str) -> tuple[str, str]:
    return "authorization", f"Bearer {token}"


def test_a_caller_with_the_scope_is_let_in(call: Call, authority: Authority) -> None:
    came = call("/orders", bearer(authority.token()))
    assert came.status == 200, came.body
    assert came.json == {"issuer": ISSUER, "sub": "alice", "scopes": ["openid", "orders:read"], "raw": "", "form": ""}


@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_profile_and_several_issuers_reach_through(name: str, authority: Authority, clock: FakeClock) -> None:
    other = Authority(clock, "https://sso.test", published={"key-2": "ES256"})

    def send(request: HttpRequest) -> HttpResponse:
        return (other if request.url.startswith(other.issuer) else authority).send(request)

    async def async_send(request: HttpRequest) -> HttpResponse:
        return send(request)

    verifier = TokenVerifier(
        [ISSUER, other.issuer], [API, "orders"], profile="jwt", clock=clock, send=send, async_send=async_send
    )
    call = APPLICATIONS[name](verifier)
    dialect: dict[str, Any] = {"client_id": None, "azp": "shop", "scope": None, "scp": ["orders:read"], "aud": "orders"}
    for issuer, key in ((authority, "key-1"), (other, "key-2")):
        came = call("/orders", bearer(issuer.token(header={"typ": "JWT"}, key=key, **dialect)))
        assert (came.status, came.json["issuer"]) == (200, issuer.issuer)
    refused = call("/orders", bearer(other.token(header={"typ": "JWT"}, key="key-2", **dialect | {"azp": "orders"})))
    assert refused.status == 401
    assert refused.challenge.startswith(f'Bearer realm="{API}", error="invalid_token", error_description=')
    described = call("/.well-known/oauth-protected-resource/orders").json
    assert described["authorization_servers"] == [ISSUER, other.issuer]


def test_an_opaque_token_lets_in_as_well(call: Call, authority: Authority) -> None:
    assert call("/orders", bearer(authority.opaque_token())).json["sub"] == "alice"


def test_without_a_token_there_is_a_challenge_without_an_error(call: Call) -> None:
    for headers in ([], [("authorization", "Basic YTpi")]):
        came = call("/orders", *headers)
        assert came.status == 401
        assert came.challenge == f'Bearer realm="{API}", scope="orders:read", resource_metadata="{METADATA}"'


def test_a_bad_token_is_refused_with_its_error(call: Call, authority: Authority) -> None:
    came = call("/orders", bearer(authority.token(iss="https://evil.test")))
    assert came.status == 401
    assert came.challenge.startswith(f'Bearer realm="{API}", error="invalid_token", error_description=')
    assert came.challenge.endswith(f'resource_metadata="{METADATA}"')


def test_a_caller_without_the_scope_is_told_which(call: Call, authority: Authority) -> None:
    came = call("/orders", bearer(authority.token(scope="openid")))
    assert came.status == 403
    assert 'error="insufficient_scope"' in came.challenge
    assert 'scope="orders:read"' in came.challenge


def test_a_caller_must_have_signed_in_well_enough(call: Call, authority: Authority) -> None:
    good: dict[str, Any] = {"scope": "orders:write", "acr": "urn:strong"}
    assert call("/pay", bearer(authority.token(**good))).status == 200
    weak = call("/pay", bearer(authority.token(scope="orders:write")))
    old = call("/pay", bearer(authority.token(**good, auth_time=1)))
    for came in (weak, old):
        assert came.status == 401
        assert 'error="insufficient_user_authentication"' in came.challenge
        assert 'acr_values="urn:strong", max_age="300"' in came.challenge


def test_nobody_is_let_in_while_tokens_cannot_be_checked(call: Call, authority: Authority) -> None:
    authority.down = True
    came = call("/orders", bearer(authority.token()))
    assert came.status == 503
    assert came.headers["retry-after"] == "5"
    assert "www-authenticate" not in came.headers


def test_RS_03_a_token_in_the_query_is_none_and_one_too_many_beside_the_header(
    call: Call, authority: Authority
) -> None:
    token = authority.token()
    assert call(f"/orders?access_token={token}").status == 401
    assert call(f"/orders?access_token={token}", bearer(token)).status == 400


def test_RS_03_a_token_in_the_body_is_none_and_one_too_many_beside_the_header(call: Call, authority: Authority) -> None:
    token = authority.token()
    body = f"a=b&access_token={token}".encode()
    assert call("/orders", FORM, method="POST", body=body).status == 401
    came = call("/orders", FORM, bearer(token), method="POST", body=body)
    assert came.status == 400, came.body
    assert 'error="invalid_request"' in came.challenge


def test_RS_03_two_authorization_headers_are_refused(call: Call, authority: Authority) -> None:
    token = authority.token()
    came = call("/orders", bearer(token), bearer(token))
    assert came.status == 400
    assert 'error="invalid_request"' in came.challenge


def test_RS_03_a_header_of_a_megabyte_is_refused(call: Call) -> None:
    assert call("/orders", bearer("a" * 1_000_000)).status == 400


def test_a_form_that_was_looked_into_is_still_there_for_the_view_raw_and_read(call: Call, authority: Authority) -> None:
    came = call("/orders", FORM, bearer(authority.token()), method="POST", body=b"a=b&c=d")
    assert came.status == 200, came.body
    assert (came.json["raw"], came.json["form"]) == ("a=b&c=d", "b")


def test_a_request_that_changes_something_needs_no_form_token(call: Call, authority: Authority) -> None:
    assert call("/orders", bearer(authority.token()), method="POST").status != 403


def test_the_metadata_is_published(call: Call) -> None:
    came = call("/.well-known/oauth-protected-resource/orders")
    assert came.status == 200
    assert came.headers["content-type"].startswith("application/json")
    assert came.headers["access-control-allow-origin"] == "*"
    assert came.json == {
        "resource": API,
        "authorization_servers": [ISSUER],
        "scopes_supported": ["orders:read"],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": ["ES256", "EdDSA", "Ed25519", "PS256"],
    }


@pytest.mark.parametrize(
    "name", sorted(APPLICATIONS.keys() - {"django rest framework"})
)  # which writes its own answers
def test_refusals_are_not_kept(name: str, authority: Authority, verifier: TokenVerifier) -> None:
    call = APPLICATIONS[name](verifier)
    for headers in ([], [bearer("nonsense")], [bearer(authority.token(scope=""))]):
        assert call("/orders", *headers).headers.get("cache-control") == "no-store"
