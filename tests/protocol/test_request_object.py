"""What a signed request may say, and how it is read."""

import json
from dataclasses import replace

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey
from tests.signing import JWKS, KEY, NOW, OTHER_KEY, asked, signed, unsigned
from tests.world import CLIENTS, ISSUER

from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.jwks import PublicKeys, read_jwks
from gatelodge.protocol.params import Params
from gatelodge.protocol.request_object import check_beside, read_request_object, take_apart

WEB1 = replace(next(one for one in CLIENTS if one.id == "web1"), jwks=JWKS)
KEYS = read_jwks(JWKS.encode())


def read(token: str, client: Client = WEB1, now: int = NOW, keys: PublicKeys = KEYS) -> Params:
    return read_request_object(take_apart(token), client, keys, ISSUER, now)


def rule(token: str, client: Client = WEB1, now: int = NOW, code: str = "invalid_request_object") -> str:
    """The rule that refuses it."""
    with pytest.raises(OAuthError) as refused:
        read(token, client, now)
    assert refused.value.code == code
    assert refused.value.rule is not None
    return refused.value.rule.id


def test_it_is_read_as_a_form_would_say_it():
    claims = asked(
        max_age=60,
        resource=["https://a.test", "https://b.test"],
        claims={"id_token": {"email": None}},
        state="é&=+ %",
        scope=None,
        unknown=True,
    )
    params = read(signed(claims))

    assert params.get("max_age") == "60"
    assert params.all("resource") == ("https://a.test", "https://b.test")
    assert params.get("claims") == '{"id_token": {"email": null}}'
    assert params.get("state") == "é&=+ %"
    assert params.get("unknown") == "true"
    assert not {"iss", "aud", "exp", "nbf", "iat", "jti", "sub", "scope"} & params.fields.keys()
    assert Params.parse(params.encoded().encode()) == params


@pytest.mark.parametrize(
    ("token", "by"),
    [
        (unsigned(), "jwt.alg"),
        (unsigned(alg="ES256"), "jwt.signature"),
        (signed(key=OTHER_KEY), "jwt.signature"),
        (signed(header={"kid": "k2"}), "jwt.key"),
        (signed()[:-6] + "AAAAAA", "jwt.signature"),
        (signed(asked("web2", client_id="web1")), "jwt.iss"),
        (signed(asked(iss=None)), "jwt.iss"),
        (signed(asked(aud=None)), "jwt.aud"),
        (signed(asked(aud=f"{ISSUER}/par")), "jwt.aud"),
        (signed(asked(aud="https://other.test")), "jwt.aud"),
        (signed(asked(exp=None)), "jwt.exp"),
        (signed(asked(exp=NOW - 61)), "jwt.exp"),
        (signed(asked(exp=NOW + 3_700)), "jwt.exp"),
        (signed(asked(exp=1e18)), "jwt.time"),
        (signed(asked(nbf=NOW + 600)), "jwt.not_yet"),
        (signed(asked(iat=NOW + 600)), "jwt.not_yet"),
        (signed(header={"typ": "at+jwt"}), "jwt.typ"),
        (signed(header={"typ": "client-authentication+jwt"}), "jwt.typ"),
        (signed(asked(client_id="web2")), "request.client"),
        (signed(asked(client_id=None)), "request.client"),
        (signed(asked(sub="web1")), "request.client"),
        (signed(asked(jti="")), "request.client"),
        (signed(asked(jti=7)), "request.client"),
        (signed(asked(state="a\nb")), "request.form"),
        (signed(asked(state="a\x7f")), "request.form"),
        (signed(asked(**{"a\x00": "b"})), "request.form"),
        (signed(asked(**{f"n{n}": "v" for n in range(101)})), "request.form"),
        (signed(asked(**{"n" * 65: "v"})), "request.form"),
    ],
    ids=range(28),
)
def test_JAR_01_what_its_client_did_not_sign_for_us_now_is_refused(token: str, by: str):
    assert rule(token) == by


def test_JWT_09_half_a_character_breaks_nothing():
    text = '{"iss":"web1","aud":"%s","exp":%d,"client_id":"web1","state":"\\ud800"}' % (ISSUER, NOW + 60)  # noqa: UP031
    raw = jws.serialize_compact({"alg": "ES256", "kid": "k1", "typ": "jwt"}, text.encode(), KEY)
    assert rule(raw) in ("request.form", "jwt.json")


@pytest.mark.parametrize("name", ["request", "request_uri"])
def test_JAR_04_it_holds_no_other_request(name: str):
    assert rule(signed(asked(**{name: "x"})), code="invalid_request") == "request.one"


@pytest.mark.parametrize("token", ["x", "a.b.c.d.e", "..", "e30.e30.", "e30.W10.AA", "x" * 17_000])
def test_JWT_13_what_is_encrypted_or_no_token_is_refused(token: str):
    assert rule(token).startswith(("jwt.compact", "jwt.json", "jwt.alg"))


@pytest.mark.parametrize("aud", [ISSUER, [ISSUER], ["https://other.test", ISSUER]])
def test_it_may_be_for_others_too(aud: object):
    assert read(signed(asked(aud=aud))).get("client_id") == "web1"


@pytest.mark.parametrize("typ", ["JWT", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"])
def test_both_its_types_are_taken(typ: str):
    assert read(signed(header={"typ": typ})).get("client_id") == "web1"


def test_a_client_is_held_to_the_algorithm_it_registered():
    rsa = RSAKey.generate_key(2048, {"kid": "k2"}, private=True)
    both = PublicKeys((*KEYS.keys, *read_jwks(b'{"keys":[%s]}' % _json(rsa)).keys))
    token = signed(key=rsa, header={"alg": "PS256", "kid": "k2"})
    assert read(token, keys=both).get("client_id") == "web1"
    assert read(token, replace(WEB1, request_object_alg="PS256"), keys=both).get("client_id") == "web1"
    with pytest.raises(OAuthError):
        read(token, replace(WEB1, request_object_alg="ES256"), keys=both)


def _json(key: RSAKey) -> bytes:
    return json.dumps(key.as_dict(private=False)).encode()


def test_what_stands_beside_it_may_not_contradict_it():
    meant = read(signed())
    check_beside(Params.of([("response_type", "code"), ("scope", "other")]), meant)
    check_beside(Params.of([]), meant)
    with pytest.raises(OAuthError):
        check_beside(Params.of([("response_type", "token")]), meant)
