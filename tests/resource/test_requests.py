"""What an API asks of a request: one token in the one header, and what the endpoint needs; and what it says if not."""

from typing import Any

import pytest
from tests.conftest import FakeClock
from tests.cost import seconds_of
from tests.resource.conftest import API, ASK, ISSUER, Authority

from gatelodge.protocol import rules
from gatelodge.resource import CannotDecide, Needs, Presented, Principal, Protection, Refused, TokenVerifier, needs
from gatelodge.resource.bearer import holds_token, is_small_form
from gatelodge.resource.metadata import ResourceMetadata, metadata_url


@pytest.fixture
def protection(verifier: TokenVerifier) -> Protection:
    return Protection(verifier, realm="orders", metadata=verifier.describe(["orders:read"]))


def refused(protection: Protection, presented: Presented, needed: Needs | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        protection.admit_sync(presented, needed or Needs())
    return caught.value


def challenge(protection: Protection, presented: Presented, needed: Needs | None = None) -> tuple[int, str]:
    """The status and the challenge of a refusal."""
    reply = protection.reply(refused(protection, presented, needed), needed or Needs())
    return reply.status, dict(reply.headers)["www-authenticate"]


# RS-03: where a token may be


def test_a_token_in_the_header_is_taken_whatever_the_case_of_its_scheme(
    protection: Protection, authority: Authority
) -> None:
    for scheme in ("Bearer", "bearer", "BEARER", "Bearer  "):
        assert protection.admit_sync(Presented([f"{scheme} {authority.token()}"])).sub == "alice"


@pytest.mark.parametrize("header", [[], ["Basic YTpi"], ["DPoPabc"], ["Bearertoken"], [""], ["abc"]])
def test_RS_03_without_a_bearer_token_no_error_is_told(protection: Protection, header: list[str]) -> None:
    status, asked = challenge(protection, Presented(header))
    assert status == 401
    assert "error" not in asked


def test_RS_03_a_token_in_the_query_alone_is_no_token(protection: Protection) -> None:
    assert challenge(protection, Presented([], sent_elsewhere=True))[0] == 401


def test_RS_03_a_token_sent_twice_is_refused(protection: Protection, authority: Authority) -> None:
    presented = Presented([f"Bearer {authority.token()}"], sent_elsewhere=True)
    status, asked = challenge(protection, presented)
    assert status == 400
    assert 'error="invalid_request"' in asked


@pytest.mark.parametrize("second", ["Bearer other", "Basic YTpi", ""])
def test_RS_03_two_headers_are_refused_whichever_is_good(
    second: str, protection: Protection, authority: Authority
) -> None:
    good = f"Bearer {authority.token()}"
    assert challenge(protection, Presented([good, second]))[0] == 400
    assert challenge(protection, Presented([second, good]))[0] == 400


@pytest.mark.parametrize(
    "value", ["", " ", "a b", "a,b", "a, Bearer b", 'a"b', "a\r\nb", "a\0b", "tökén", "=", "a=b", "a;b"]
)
def test_RS_03_what_cannot_be_a_token_is_refused_unasked(
    value: str, protection: Protection, authority: Authority
) -> None:
    assert challenge(protection, Presented([f"Bearer {value}"]))[0] == 400
    assert authority.asked == []


def test_RS_03_a_header_of_a_megabyte_costs_nothing(protection: Protection, authority: Authority) -> None:
    headers = [f"Bearer {filling * 1_000_000}" for filling in ("a", "=", "a.", " ", "\udcff")]

    def present_them() -> None:
        for header in headers:
            assert challenge(protection, Presented([header]))[0] == 400

    assert seconds_of(present_them) < 0.5
    assert authority.asked == []


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (b"access_token=abc", True),
        (b"a=b&access_token=abc", True),
        (b"access%5Ftoken=abc", True),
        (b"access_token", True),
        (b"access_tokens=abc", False),
        (b"x=access_token", False),
        (b"", False),
        (b"\xff\xfe=%ff", False),
    ],
)
def test_RS_03_a_token_in_a_query_or_form_is_seen(text: bytes, holds: bool) -> None:
    assert holds_token(text) is holds


@pytest.mark.parametrize(
    ("content_type", "length", "small"),
    [
        ("application/x-www-form-urlencoded", "12", True),
        ("Application/X-WWW-Form-urlencoded; charset=utf-8", "65536", True),
        ("application/x-www-form-urlencoded", "65537", False),
        ("application/x-www-form-urlencoded", "", False),
        ("application/x-www-form-urlencoded", "-1", False),
        ("application/x-www-form-urlencoded", "9" * 5000, False),
        ("application/json", "12", False),
        ("multipart/form-data; boundary=x", "12", False),
    ],
)
def test_only_short_forms_are_looked_into(content_type: str, length: str, small: bool) -> None:
    assert is_small_form(content_type, length) is small


# What endpoints need


def test_a_scope_that_is_missing_is_named(protection: Protection, authority: Authority) -> None:
    presented = Presented([f"Bearer {authority.token()}"])
    assert protection.admit_sync(presented, needs("orders:read", "openid"))
    assert challenge(protection, presented, needs("orders:read", "orders:write")) == (
        403,
        'Bearer realm="orders", error="insufficient_scope",'
        ' error_description="the access token lacks a scope that is needed here", scope="orders:read orders:write",'
        ' resource_metadata="https://api.test/.well-known/oauth-protected-resource/orders"',
    )


def test_scopes_are_compared_whole_and_with_their_case(protection: Protection, authority: Authority) -> None:
    for scope in ("orders", "orders:rea", "Orders:read", "orders:read:all"):
        assert refused(protection, Presented([f"Bearer {authority.token()}"]), needs(scope)).rule is rules.TOKEN_SCOPE


@pytest.mark.parametrize("scope", [None, "", 7, [], [7, ["orders:read"]], {"orders:read": True}])
def test_a_scope_that_is_neither_text_nor_list_of_texts_allows_nothing(
    scope: Any, protection: Protection, authority: Authority
) -> None:
    presented = Presented([f"Bearer {authority.token(scope=scope)}"])
    assert protection.admit_sync(presented).scopes == frozenset()
    assert refused(protection, presented, needs("orders:read")).error == "insufficient_scope"


def test_a_sign_in_that_is_too_weak_is_to_be_stepped_up(protection: Protection, authority: Authority) -> None:
    needed = needs("orders:read", acr_values="urn:strong urn:stronger")
    strong = Presented([f"Bearer {authority.token(acr='urn:stronger')}"])
    assert protection.admit_sync(strong, needed)
    status, asked = challenge(protection, Presented([f"Bearer {authority.token()}"]), needed)
    assert status == 401
    assert 'error="insufficient_user_authentication"' in asked
    assert 'acr_values="urn:strong urn:stronger"' in asked
    assert 'scope="orders:read"' in asked
    assert "max_age" not in asked


def test_a_sign_in_that_is_too_old_is_to_be_repeated(
    protection: Protection, authority: Authority, clock: FakeClock
) -> None:
    presented = Presented([f"Bearer {authority.token(auth_time=clock.now() - 100)}"])
    assert protection.admit_sync(presented, needs(max_age=100))
    status, asked = challenge(protection, presented, needs(max_age=99))
    assert status == 401
    assert asked.endswith(
        'error="insufficient_user_authentication", error_description="a more recent sign-in is needed here",'
        ' max_age="99", resource_metadata="https://api.test/.well-known/oauth-protected-resource/orders"'
    )
    clock.advance(1)
    assert refused(protection, presented, needs(max_age=100)).rule is rules.TOKEN_SIGN_IN


@pytest.mark.parametrize("auth_time", [None, "1800000000", 1e12, 1_800_000_100, True])
def test_a_token_that_does_not_say_when_is_not_recent(
    auth_time: Any, protection: Protection, authority: Authority
) -> None:
    presented = Presented([f"Bearer {authority.token(auth_time=auth_time)}"])
    assert refused(protection, presented, needs(max_age=10**9)).rule is rules.TOKEN_SIGN_IN


def test_a_machine_never_signed_in(protection: Protection, authority: Authority) -> None:
    token = authority.token(sub="daemon", client_id="daemon", auth_time=None, acr=None)
    assert refused(protection, Presented([f"Bearer {token}"]), needs(max_age=60)).rule is rules.TOKEN_SIGN_IN


@pytest.mark.parametrize("scope", ['a"b', "a\\b", "ä", "a\nb\0"])
def test_a_scope_that_can_be_none_is_a_mistake(scope: str) -> None:
    with pytest.raises(ValueError, match="scope"):
        needs(scope)


def test_an_age_that_nobody_could_meet_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="max_age"):
        needs(max_age=0)


def test_needs_may_be_written_as_on_the_wire() -> None:
    assert needs("a b", "c", "a", acr_values="x y") == needs("a", "b", "c", acr_values=["x", "y"])


# What is said


def test_without_a_token_the_challenge_says_what_would_do_and_no_error(protection: Protection) -> None:
    assert challenge(protection, Presented([]), needs("orders:read")) == (
        401,
        'Bearer realm="orders", scope="orders:read",'
        ' resource_metadata="https://api.test/.well-known/oauth-protected-resource/orders"',
    )


def test_a_bad_token_is_told_as_one(protection: Protection, authority: Authority) -> None:
    presented = Presented([f"Bearer {authority.token(iss='https://evil.test')}"])
    assert challenge(protection, presented) == (
        401,
        'Bearer realm="orders", error="invalid_token", error_description="the access token is not valid here",'
        ' resource_metadata="https://api.test/.well-known/oauth-protected-resource/orders"',
    )


def test_the_realm_is_the_audience_unless_it_is_named(verifier: TokenVerifier) -> None:
    assert challenge(Protection(verifier), Presented([])) == (401, f'Bearer realm="{API}"')


def test_who_cannot_be_checked_is_told_to_come_back_and_keeps_the_token(
    protection: Protection, authority: Authority
) -> None:
    authority.down = True
    with pytest.raises(CannotDecide) as caught:
        protection.admit_sync(Presented([f"Bearer {authority.token()}"]))
    reply = protection.reply(caught.value)
    assert reply.status == 503
    assert dict(reply.headers)["retry-after"] == "5"
    assert "www-authenticate" not in dict(reply.headers)


def test_a_refusal_is_not_kept_by_caches(protection: Protection, authority: Authority) -> None:
    for header in ([], [f"Bearer {authority.token(aud='x')}"]):
        reply = protection.reply(refused(protection, Presented(header)))
        assert dict(reply.headers)["cache-control"] == "no-store"


def test_the_log_says_which_rule_refused_and_nothing_of_the_token(
    protection: Protection, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "gatelodge.resource")
    token = authority.token(aud="https://elsewhere.test")
    protection.reply(refused(protection, Presented([f"Bearer {token}"])))
    assert f"jwt.aud, RFC 7519 4.1.3; expected aud {protection.verifier.audience})" in caplog.text
    assert not any(part in caplog.text for part in token.split("."))
    assert "elsewhere" not in caplog.text


# RS-07


def test_RS_07_the_same_subject_of_two_issuers_is_two_callers(clock: FakeClock) -> None:
    callers: list[Principal] = []
    for issuer in (ISSUER, "https://other.test"):
        authority = Authority(clock, issuer=issuer)
        callers.append(authority.verifier().verify_sync(authority.token()))
    one, other = callers
    assert one.sub == other.sub
    assert one != other
    assert one.key != other.key
    assert len({one, other}) == 2


def test_RS_07_a_token_of_one_issuer_is_none_of_the_other(clock: FakeClock) -> None:
    authority, other = Authority(clock), Authority(clock, issuer="https://other.test")
    with pytest.raises(Refused) as caught:
        other.verifier().verify_sync(authority.token())
    assert caught.value.rule is rules.JWT_ISS


def test_RS_07_an_opaque_token_is_the_answering_issuers(clock: FakeClock) -> None:
    authority = Authority(clock)
    verifier = authority.verifier(introspection=ASK)
    with pytest.raises(Refused):
        verifier.verify_sync(authority.opaque_token(iss="https://other.test"))


def test_a_caller_is_one_caller_whatever_else_the_token_says(authority: Authority, verifier: TokenVerifier) -> None:
    one, other = (verifier.verify_sync(authority.token(jti=jti)) for jti in ("1", "2"))
    assert one == other
    assert hash(one) == hash(other)


def test_what_a_caller_may_do_cannot_be_changed(authority: Authority, verifier: TokenVerifier) -> None:
    caller = verifier.verify_sync(authority.token())
    with pytest.raises(TypeError):
        caller.claims["scope"] = "everything"  # pyright: ignore[reportIndexIssue]
    with pytest.raises(AttributeError):
        caller.sub = "bob"  # pyright: ignore[reportAttributeAccessIssue]


# Metadata


@pytest.mark.parametrize(
    ("resource", "url"),
    [
        ("https://api.test", "https://api.test/.well-known/oauth-protected-resource"),
        ("https://api.test/", "https://api.test/.well-known/oauth-protected-resource"),
        ("https://api.test/orders", "https://api.test/.well-known/oauth-protected-resource/orders"),
        ("https://api.test/orders/", "https://api.test/.well-known/oauth-protected-resource/orders/"),
        ("https://api.test:8443/a/b?c=d", "https://api.test:8443/.well-known/oauth-protected-resource/a/b?c=d"),
        ("https://api.test/?c=d", "https://api.test/.well-known/oauth-protected-resource?c=d"),
        ("http://localhost:8000/demo/api", "http://localhost:8000/.well-known/oauth-protected-resource/demo/api"),
    ],
)
def test_metadata_stands_between_host_and_path(resource: str, url: str) -> None:
    assert metadata_url(resource) == url


def test_the_metadata_says_where_to_get_a_token(verifier: TokenVerifier) -> None:
    assert verifier.describe(["orders:read"], name="Orders").document() == {
        "resource": API,
        "authorization_servers": [ISSUER],
        "scopes_supported": ["orders:read"],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": ["ES256", "EdDSA", "Ed25519", "PS256"],
        "resource_name": "Orders",
    }


@pytest.mark.parametrize("resource", ["orders", "urn:orders", "http://api.test", "https://api.test/#x", "ftp://a.test"])
def test_an_api_that_has_no_url_has_no_metadata(resource: str) -> None:
    with pytest.raises(ValueError, match="https"):
        ResourceMetadata(resource=resource, authorization_servers=(ISSUER,))
