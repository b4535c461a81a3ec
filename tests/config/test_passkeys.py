"""What `[passkeys]` takes."""

import pytest

from gatelodge.config.loading import load
from gatelodge.config.passkey_rules import rp_id_of
from gatelodge.config.policies import Config, ConfigError


def loaded(issuer: str, **settings: str) -> Config:
    given = {f"GATELODGE_PASSKEYS_{name.upper()}": value for name, value in settings.items()}
    return load(None, {"GATELODGE_ISSUER": issuer, **given})


@pytest.mark.parametrize(
    ("issuer", "rp_id", "expected"),
    [
        ("https://id.example.com", "", "id.example.com"),
        ("https://id.example.com/login", "example.com", "example.com"),
        ("https://example.com:8443", "", "example.com"),
        ("http://localhost:8000", "", "localhost"),
        ("http://127.0.0.1:8000", "", None),
        ("http://[::1]:8000", "", None),
    ],
)
def test_passkeys_are_for_the_host_or_a_parent_of_it(issuer: str, rp_id: str, expected: str | None) -> None:
    assert rp_id_of(loaded(issuer, rp_id=rp_id)) == expected


@pytest.mark.parametrize(
    "rp_id", ["com", "evil.example", "d.example.com", "example.com.", "https://example.com", "EXAMPLE.com"]
)
def test_no_other_domain_is_taken(rp_id: str) -> None:
    with pytest.raises(ConfigError, match="PASSKEYS_RP_ID: must be the issuer's host"):
        loaded("https://id.example.com", rp_id=rp_id)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("origins", "http://shop.example"),
        ("origins", "https://shop.example/"),
        ("origins", "https://*.example"),
        ("allow", "yubikey"),
        ("deny", "ADCE0002-35BC-C60A-648B-0B25F1F05503"),
    ],
)
def test_what_is_no_origin_and_no_aaguid_is_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"PASSKEYS_{name.upper()}: must list"):
        loaded("https://id.example.com", **{name: value})
