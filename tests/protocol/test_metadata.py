"""What the server says about itself."""

from dataclasses import replace

import pytest

from gatelodge.protocol.metadata import Mounted, describe

MOUNTED = Mounted(
    issuer="https://as.test/p",
    endpoints={
        "authorization_endpoint": "/authorize",
        "token_endpoint": "/token",
        "introspection_endpoint": "/introspect",
        "revocation_endpoint": "/revoke",
        "jwks_uri": "/jwks",
    },
    grants=("authorization_code", "refresh_token"),
    response_types=("code id_token", "code"),
    response_modes=("query", "fragment", "form_post"),
    auth_methods=("none", "private_key_jwt", "client_secret_post", "client_secret_basic"),
    scopes=("openid", "profile"),
    claims=("sub",),
)
DOCUMENT = describe(MOUNTED)


def test_the_issuer_is_byte_equal_and_every_address_lies_below_it() -> None:
    assert DOCUMENT["issuer"] == "https://as.test/p"
    assert DOCUMENT["token_endpoint"] == "https://as.test/p/token"
    assert DOCUMENT["jwks_uri"] == "https://as.test/p/jwks"


def test_what_is_not_mounted_is_not_named() -> None:
    assert "end_session_endpoint" not in DOCUMENT
    bare = describe(replace(MOUNTED, endpoints={"token_endpoint": "/token"}))
    assert "introspection_endpoint_auth_methods_supported" not in bare


def test_basic_comes_before_post_and_none_last() -> None:
    assert DOCUMENT["token_endpoint_auth_methods_supported"] == [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "none",
    ]


def test_who_signs_its_assertions_is_told_with_what() -> None:
    assert DOCUMENT["token_endpoint_auth_signing_alg_values_supported"] == ["ES256", "PS256", "RS256"]
    unsigned = describe(replace(MOUNTED, auth_methods=("client_secret_basic",)))
    assert not [member for member in unsigned if "auth_signing_alg" in member]


def test_nobody_introspects_without_proof() -> None:
    assert "none" not in DOCUMENT["introspection_endpoint_auth_methods_supported"]
    assert "none" in DOCUMENT["revocation_endpoint_auth_methods_supported"]


def test_only_the_safe_challenge_method_exists() -> None:
    assert DOCUMENT["code_challenge_methods_supported"] == ["S256"]


def test_AZ_06_every_answer_is_promised_to_name_its_issuer() -> None:
    assert DOCUMENT["authorization_response_iss_parameter_supported"] is True


def test_code_comes_first_among_the_response_types() -> None:
    assert DOCUMENT["response_types_supported"] == ["code", "code id_token"]


@pytest.mark.parametrize(
    "member",
    [
        "issuer",
        "authorization_endpoint",
        "jwks_uri",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
    ],
)
def test_what_discovery_requires_is_there(member: str) -> None:
    assert DOCUMENT[member]


def test_openid_connect_clients_find_RS256() -> None:
    assert "RS256" in DOCUMENT["id_token_signing_alg_values_supported"]


def test_no_empty_list_is_said() -> None:
    assert [] not in DOCUMENT.values()
    assert "acr_values_supported" not in DOCUMENT
