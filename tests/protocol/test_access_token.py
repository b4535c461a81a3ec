"""What an access token says (RFC 9068)."""

from gatelodge.protocol.access_token import AccessToken, access_token_claims

NOW = 1_800_000_000


def test_a_machines_token_says_nothing_of_a_person() -> None:
    token = AccessToken(
        issuer="https://as.test",
        audience=("https://api.test",),
        client_id="daemon",
        subject="daemon",
        scope=("orders:read",),
        jti="j",
        lifetime=600,
    )
    assert access_token_claims(token, NOW) == {
        "iss": "https://as.test",
        "sub": "daemon",
        "aud": "https://api.test",
        "client_id": "daemon",
        "iat": NOW,
        "exp": NOW + 600,
        "jti": "j",
        "scope": "orders:read",
    }


def test_a_persons_token_says_how_they_signed_in_and_which_grant_it_belongs_to() -> None:
    token = AccessToken(
        issuer="https://as.test",
        audience=("https://api.test", "https://as.test"),
        client_id="web1",
        subject="alice",
        scope=("openid", "orders:read"),
        jti="j",
        lifetime=600,
        auth_time=NOW - 5,
        acr="1",
        amr=("pwd",),
        grant_id="g",
    )
    claims = access_token_claims(token, NOW)
    assert claims["aud"] == ["https://api.test", "https://as.test"]
    assert claims["scope"] == "openid orders:read"
    assert {name: claims[name] for name in ("auth_time", "acr", "amr", "grant_id")} == {
        "auth_time": NOW - 5,
        "acr": "1",
        "amr": ["pwd"],
        "grant_id": "g",
    }
