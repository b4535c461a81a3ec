"""A registration is judged as it would be, and refused in the words of RFC 7591."""

import json
from dataclasses import dataclass, replace

import pytest

from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.registration import MAX_URIS, check
from gatelodge.protocol.response_type import HYBRID, IMPLICIT

JWK = {"kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256"} | {
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}
JWKS = json.dumps({"keys": [JWK]})


@dataclass(frozen=True)
class On:
    """The legacy settings."""

    password: bool = False
    implicit: bool = False
    hybrid: bool = False


OFF, ALL = On(), On(True, True, True)
GRANTS = {"authorization_code", "refresh_token", "client_credentials", "password"}

WEB = Client(
    "web1",
    "Web shop",
    "web",
    "client_secret_basic",
    redirect_uris=("https://rp.test/cb",),
    grants=frozenset({"authorization_code", "refresh_token"}),
    response_types=frozenset({"code"}),
    scopes=frozenset({"openid", "orders:read"}),
)
SPA = replace(WEB, id="spa1", type="spa", auth_method="none")
NATIVE = replace(
    SPA, id="nat1", type="native", redirect_uris=("http://127.0.0.1/cb", "http://[::1]/cb", "com.example.app:/cb")
)
SERVICE = Client("job1", "Nightly job", "service", "client_secret_basic", grants=frozenset({"client_credentials"}))
SIGNING = replace(SERVICE, auth_method="private_key_jwt", jwks=JWKS)


def refusal(client: Client, legacy: On = OFF) -> str:
    with pytest.raises(OAuthError) as refused:
        check(client, legacy, GRANTS)
    assert refused.value.rule is not None
    return refused.value.code


@pytest.mark.parametrize(
    "client",
    [
        WEB,
        SPA,
        NATIVE,
        SERVICE,
        SIGNING,
        replace(SIGNING, jwks=None, jwks_uri="https://rp.test/jwks"),
        replace(WEB, pkce_exempt=True, trusted=True),
        replace(WEB, name='<script>"Müller & Söhne"</script>', client_uri="https://rp.test/"),
        replace(WEB, post_logout_redirect_uris=("https://rp.test/bye",)),
        replace(WEB, grants=WEB.grants | {"client_credentials"}),
        replace(WEB, backchannel_logout_uri="https://elsewhere.test/bye?a=b"),
        replace(WEB, frontchannel_logout_uri="https://RP.test:443/bye"),
        replace(SPA, frontchannel_logout_uri="https://rp.test?bye", frontchannel_needs_sid=True),
        replace(NATIVE, backchannel_logout_uri="https://rp.test/bye"),
    ],
    ids=lambda client: client.id,
)
def test_what_may_be_registered(client: Client):
    check(client, OFF, GRANTS)


DANGEROUS = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "\tjavascript:alert(1)",
    "\x00javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://rp.test/x",
    "about:blank",
    "intent://x",
]


@pytest.mark.parametrize("uri", DANGEROUS)
@pytest.mark.parametrize("member", ["redirect_uris", "post_logout_redirect_uris"])
def test_RED_13_no_dangerous_redirect_uri_of_any_kind(member: str, uri: str):
    for client in (WEB, NATIVE):
        assert refusal(replace(client, **{member: (uri,)})) == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "url", [*DANGEROUS, "http://rp.test/", "com.example.app:/x", "//rp.test/", "", "https://u@rp.test/"]
)
def test_RED_13_no_dangerous_link(url: str):
    shown = ("client_uri", "policy_uri", "tos_uri")
    for member in (*shown, "jwks_uri", "sector_identifier_uri", "backchannel_logout_uri", "frontchannel_logout_uri"):
        assert refusal(replace(WEB, **{member: url})) == "invalid_client_metadata", member


@pytest.mark.parametrize("uri", ["myapp:/cb", "com.example.app://cb", "COM.EXAMPLE.APP:/cb"])
def test_RED_12_a_private_use_scheme_is_a_reversed_domain_without_authority(uri: str):
    assert refusal(replace(NATIVE, redirect_uris=(uri,))) == "invalid_redirect_uri"
    assert refusal(replace(WEB, redirect_uris=("com.example.app:/cb",))) == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "uris",
    [
        (),
        ("https://rp.test/cb", "https://rp.test/cb"),
        tuple(f"https://rp.test/{number}" for number in range(MAX_URIS + 1)),
        ("https://rp.test/cb", "http://rp.test/cb"),
    ],
)
def test_redirect_uris_are_there_once_and_each_good(uris: tuple[str, ...]):
    assert refusal(replace(WEB, redirect_uris=uris)) == "invalid_redirect_uri"


def test_a_refusal_names_the_member_and_not_the_value():
    with pytest.raises(OAuthError) as refused:
        check(replace(WEB, post_logout_redirect_uris=("http://rp.test/s3cret",)), OFF, GRANTS)

    assert "post_logout_redirect_uris" in refused.value.description
    assert "s3cret" not in refused.value.description


@pytest.mark.parametrize(
    "client",
    [
        replace(WEB, id=""),
        replace(WEB, id="a b"),
        replace(WEB, id="é"),
        replace(WEB, id="a\n"),
        replace(WEB, id="a" * 201),
        replace(WEB, name=""),
        replace(WEB, name=" "),
        replace(WEB, name="a\nb"),
        replace(WEB, name="a\u202eb"),  # turns the writing around
        replace(WEB, name="a" * 201),
        replace(WEB, grants=frozenset[str]()),
        replace(WEB, grants=WEB.grants | {"bogus"}),
        replace(WEB, grants=frozenset({"refresh_token"}), response_types=frozenset[str]()),
        replace(WEB, response_types=frozenset[str]()),
        replace(WEB, grants=frozenset({"client_credentials"})),
        replace(WEB, response_types=frozenset({"code", "bogus"})),
        replace(WEB, id_token_claims=frozenset({"email", "sub"})),
        replace(WEB, scopes=frozenset({"a b"})),
        replace(WEB, scopes=frozenset({"é"})),
        replace(WEB, scopes=frozenset(map(str, range(101)))),
        replace(SPA, auth_method="client_secret_basic"),
        replace(SPA, pkce_exempt=True),
        replace(SPA, grants=SPA.grants | {"client_credentials"}),
        replace(SERVICE, auth_method="none"),
        replace(SERVICE, redirect_uris=("https://rp.test/cb",)),
        replace(SERVICE, grants=SERVICE.grants | {"refresh_token"}),
        replace(WEB, frontchannel_logout_uri="https://rp.test.evil.test/bye"),
        replace(WEB, frontchannel_logout_uri="https://rp.test:8443/bye"),
        replace(NATIVE, frontchannel_logout_uri="https://rp.test/bye"),
        replace(SERVICE, backchannel_logout_uri="https://rp.test/bye"),
        replace(SIGNING, jwks=None),
        replace(SIGNING, jwks_uri="https://rp.test/jwks"),
        replace(WEB, require_signed=True),
        replace(WEB, request_object_alg="ES256"),
        replace(SERVICE, require_pushed=True),
        replace(SIGNING, require_signed=True),
    ],
)
def test_a_registration_agrees_with_itself(client: Client):
    assert refusal(client) == "invalid_client_metadata"


@pytest.mark.parametrize(
    "jwks",
    [
        "",
        "x",
        "{}",
        '{"keys": []}',
        '{"keys": "x"}',
        json.dumps({"keys": [{"kty": "oct", "k": "AAAA", "kid": "1"}]}),
        json.dumps({"keys": [JWK | {"d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}]}),
        json.dumps({"keys": [JWK, JWK]}),
        "[" * 100_000,
    ],
)
def test_CA_14_private_symmetric_and_ambiguous_keys_are_refused(jwks: str):
    assert refusal(replace(SIGNING, jwks=jwks)) == "invalid_client_metadata"


@pytest.mark.parametrize(
    ("client", "needed"),
    [
        (replace(WEB, grants=WEB.grants | {"password"}), On(password=True)),
        (replace(WEB, grants=WEB.grants | {"implicit"}), On(implicit=True)),
        *((replace(WEB, response_types=frozenset({"code", kind})), On(implicit=True)) for kind in sorted(IMPLICIT)),
        *((replace(WEB, response_types=frozenset({kind})), On(hybrid=True)) for kind in sorted(HYBRID)),
    ],
)
def test_CODE_11_what_is_legacy_must_be_switched_on(client: Client, needed: On):
    assert refusal(client) == "invalid_client_metadata"
    assert refusal(client, On(*(not on for on in (needed.password, needed.implicit, needed.hybrid)))) is not None
    check(client, needed, GRANTS)
    check(client, ALL, GRANTS)


def test_response_types_are_kept_sorted():
    assert refusal(replace(WEB, response_types=frozenset({"id_token code"})), ALL) == "invalid_client_metadata"


def test_a_grant_this_server_does_not_have_is_refused():
    check(WEB, OFF, grants={"authorization_code", "refresh_token", "toy"})
    check(replace(WEB, grants=WEB.grants | {"toy"}), OFF, grants={"authorization_code", "refresh_token", "toy"})
    with pytest.raises(OAuthError):
        check(WEB, OFF, grants={"authorization_code"})


def test_a_program_that_any_other_could_pose_as_is_never_trusted():
    assert refusal(replace(NATIVE, trusted=True)) == "invalid_client_metadata"


CURSOR = "cursor://anysphere.cursor-retrieval/oauth/callback"


def test_RED_12_a_scheme_without_a_dot_needs_the_operators_word_for_this_client() -> None:
    assert refusal(replace(NATIVE, redirect_uris=(CURSOR,))) == "invalid_redirect_uri"
    spoken = replace(NATIVE, redirect_uris=(CURSOR,), custom_schemes=frozenset({"cursor"}))
    check(spoken, OFF, GRANTS)
    for other in ("vscode://x/cb", "cursor:cb", "Cursor://x/cb", CURSOR + "#f"):
        assert refusal(replace(spoken, redirect_uris=(other,))) == "invalid_redirect_uri"
    assert refusal(replace(WEB, custom_schemes=frozenset({"cursor"}))) == "invalid_client_metadata"


EVIL = ("javascript", "data", "vbscript", "file", "blob", "about", "intent", "view-source", "http", "https", "mailto")
MALFORMED = ("JavaScript", "\tjavascript", "java\x00script", "", "a b", "1st", "x:y")


@pytest.mark.parametrize("scheme", [*EVIL, *MALFORMED])
def test_RED_13_no_word_of_anybody_permits_a_dangerous_scheme(scheme: str) -> None:
    uri = f"{scheme}://x/%0aalert(1)"
    client = replace(NATIVE, redirect_uris=(uri,), custom_schemes=frozenset({scheme}))
    assert refusal(client) in ("invalid_redirect_uri", "invalid_client_metadata")


def test_JWT_18_a_pairwise_client_is_of_one_sector():
    check(replace(WEB, subject_type="pairwise"), OFF, GRANTS)
    hosts = replace(WEB, subject_type="pairwise", redirect_uris=("https://rp.test/cb", "https://other.test/cb"))
    phone = replace(NATIVE, subject_type="pairwise", redirect_uris=("com.example.app:/cb",))
    for client in (hosts, phone, replace(SERVICE, subject_type="pairwise")):
        assert refusal(client) == "invalid_client_metadata"
        if client is not phone:
            assert refusal(replace(client, sector_identifier_uri="http://rp.test/list")) == "invalid_client_metadata"
    for client in (hosts, phone):
        check(replace(client, sector_identifier_uri="https://rp.test/list"), OFF, GRANTS)
