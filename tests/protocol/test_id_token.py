"""What an ID token says (OpenID Connect Core 2)."""

from dataclasses import replace

from gatelodge.protocol.id_token import Companions, IdToken, half_hash, id_token_claims

NOW = 1_800_000_000
TOKEN = IdToken(
    issuer="https://as.test",
    subject="alice",
    client_id="web1",
    lifetime=600,
    auth_time=NOW - 5,
    acr="1",
    amr=("pwd",),
    sid="s",
    nonce="n",
)


def test_an_id_token_says_who_signed_in_when_and_how() -> None:
    assert id_token_claims(TOKEN, Companions(), NOW) == {
        "iss": "https://as.test",
        "sub": "alice",
        "aud": "web1",
        "iat": NOW,
        "exp": NOW + 600,
        "auth_time": NOW - 5,
        "nonce": "n",
        "acr": "1",
        "amr": ["pwd"],
        "sid": "s",
    }


def test_JWT_17_the_hashes_are_those_of_the_specification() -> None:
    # The example of OpenID Connect Core A.3 and A.4.
    assert half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
    assert half_hash("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk") == "LDktKdoQak3Pk0cnXxCltA"


def test_JWT_17_what_travels_beside_it_is_bound_to_it() -> None:
    claims = id_token_claims(TOKEN, Companions(access_token="at", code="c"), NOW)
    assert claims["at_hash"] == half_hash("at")
    assert claims["c_hash"] == half_hash("c")


def test_RT_13_a_refreshed_id_token_has_no_nonce_and_the_old_sign_in() -> None:
    claims = id_token_claims(replace(TOKEN, nonce=None), Companions(), NOW + 1_000)
    assert "nonce" not in claims
    assert claims["auth_time"] == NOW - 5


def test_a_claim_about_the_person_never_replaces_one_of_the_protocol() -> None:
    claims = id_token_claims(
        replace(TOKEN, person={"sub": "mallory", "iss": "x", "email": "a@b.test"}), Companions(), NOW
    )
    assert (claims["sub"], claims["iss"], claims["email"]) == ("alice", "https://as.test", "a@b.test")
