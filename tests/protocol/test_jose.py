"""The one door for JSON Web Tokens, attacked."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jwe, jws
from joserfc.jwk import ECKey, OctKey, RSAKey
from tests.cost import seconds_of

from gatelodge.protocol import jose
from gatelodge.protocol.jose import BadToken, Expected
from gatelodge.protocol.jwks import BadKeys, PublicKeys, public_keys, read_jwk

NOW = 1_800_000_000
ISSUER, AUDIENCE = "https://as.test", "https://api.test"
EXPECTED = Expected(issuer=ISSUER, audience=AUDIENCE, types=frozenset({"at+jwt"}), max_ahead=3_600)
CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 300, "iat": NOW, "sub": "alice"}

EC = ECKey.generate_key("P-256", {"kid": "ec"})
OTHER_EC = ECKey.generate_key("P-256", {"kid": "ec"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})


def trusted(*keys: ECKey | RSAKey) -> PublicKeys:
    return public_keys(key for key in (read_jwk(key.as_dict()) for key in keys) if key is not None)


KEYS = trusted(EC, RSA)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def header(**members: Any) -> dict[str, Any]:
    return {"alg": "ES256", "typ": "at+jwt", "kid": "ec"} | members


def signed(
    claims: Mapping[str, Any] | bytes = CLAIMS, head: Mapping[str, Any] | bytes | None = None, key: ECKey | RSAKey = EC
) -> str:
    """Sign anything, however broken, with a good signature: what is refused is refused for what it says."""
    head = header() if head is None else head
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (head, claims)]
    signing_input = ".".join(b64(part) for part in parts)
    alg = "RS256" if isinstance(key, RSAKey) else "ES256"
    return f"{signing_input}.{b64(jws.JWSRegistry.algorithms[alg].sign(signing_input.encode(), key))}"


def read(token: str, expected: Expected = EXPECTED, keys: PublicKeys = KEYS) -> Mapping[str, Any]:
    return jose.read(token, keys, expected, NOW)


def refused(token: str, expected: Expected = EXPECTED) -> str:
    """Return the id of the rule that refused."""
    with pytest.raises(BadToken) as caught:
        read(token, expected)
    assert str(caught.value) == caught.value.rule.sentence
    return caught.value.rule.id


def test_a_good_token_is_read() -> None:
    assert read(signed()) == CLAIMS
    assert read(signed(head=header(alg="RS256", kid="rsa"), key=RSA)) == CLAIMS


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "NONE", "", None, 1, ["none"], ["ES256"], {"a": 1}])
@pytest.mark.parametrize("signature", ["", "AA"])
def test_JWT_01_no_signature_is_no_token(alg: object, signature: str) -> None:
    token = f"{b64(json.dumps(header(alg=alg)).encode())}.{b64(json.dumps(CLAIMS).encode())}.{signature}"
    assert refused(token) == "jwt.alg"


def test_JWT_01_a_missing_algorithm_is_refused() -> None:
    assert refused(signed(head={"typ": "at+jwt", "kid": "ec"})) == "jwt.alg"


PUBLIC = {
    "pem": RSA.public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
    "pkcs1": RSA.public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1),
    "der": RSA.public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
    "ssh": RSA.public_key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH),
    "jwk": json.dumps(RSA.as_dict()).encode(),
}


@pytest.mark.parametrize("form", PUBLIC)
@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_JWT_02_our_public_key_is_no_shared_secret(alg: str, form: str) -> None:
    head = b64(json.dumps(header(alg=alg, kid="rsa")).encode())
    signing_input = f"{head}.{b64(json.dumps(CLAIMS).encode())}"
    mac = hmac.digest(PUBLIC[form], signing_input.encode(), "sha" + alg[2:])
    assert refused(f"{signing_input}.{b64(mac)}") == "jwt.alg"


def test_a_key_of_the_same_name_does_not_verify() -> None:
    assert refused(signed(key=OTHER_EC)) == "jwt.signature"


def test_an_algorithm_of_another_key_type_finds_no_key() -> None:
    assert refused(signed(head=header(alg="RS256"))) == "jwt.key"


def test_an_algorithm_that_is_not_allowed_here_is_refused() -> None:
    only_ec = Expected(issuer=ISSUER, audience=AUDIENCE, types=EXPECTED.types, algorithms=frozenset({"ES256"}))
    assert refused(signed(head=header(alg="RS256", kid="rsa"), key=RSA), only_ec) == "jwt.alg"


@pytest.mark.parametrize(
    "kid", ["../../dev/null", "' OR 1=1--", "x' UNION SELECT 1", ";id", "x" * 256, ["ec"], "e\0c", "", 7, {"kid": "ec"}]
)
def test_JWT_04_an_odd_key_name_is_an_unknown_key(kid: object) -> None:
    assert refused(signed(head=header(kid=kid))) == "jwt.key"


def test_JWT_04_a_huge_key_name_is_not_even_parsed() -> None:
    assert refused(signed(head=header(kid="x" * 65_536))) in ("jwt.json", "jwt.compact")


def test_without_a_name_the_only_fitting_key_is_taken() -> None:
    nameless = signed(head={"alg": "ES256", "typ": "at+jwt"})
    assert read(nameless) == CLAIMS
    two = trusted(ECKey.generate_key("P-256", {"kid": "a"}), ECKey.generate_key("P-256", {"kid": "b"}))
    with pytest.raises(BadToken):
        read(nameless, keys=two)


@pytest.mark.parametrize(
    "members",
    [
        {"crit": ["x"]},
        {"crit": []},
        {"crit": "exp"},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": True},
        {"jku": "https://evil.test/jwks"},
        {"x5u": "https://evil.test/cert"},
        {"x5c": ["MIIB"]},
        {"jwk": EC.as_dict()},
        {"zip": "DEF"},
        {"enc": "A128GCM"},
    ],
)
def test_JWT_07_a_header_that_brings_a_key_or_an_extension_is_refused(members: Mapping[str, Any]) -> None:
    assert refused(signed(head=header(**members))) == "jwt.header"


PROOF = Expected(issuer=ISSUER, audience=AUDIENCE, types=frozenset({"dpop+jwt"}), brings_key=True)


def brought(token: str) -> PublicKeys:
    """The key a token brings, alone; private ones and none at all are refused where keys are read."""
    key = read_jwk(jose.take_apart(token).header.get("jwk"))
    return public_keys([] if key is None else [key])


def test_a_kind_that_brings_its_key_is_read_with_it_and_no_other_kind_is() -> None:
    public = EC.as_dict(private=False)
    token = signed(head={"alg": "ES256", "typ": "dpop+jwt", "jwk": public, "kid": "ec"})
    by_another = signed(head={"alg": "ES256", "typ": "dpop+jwt", "jwk": public, "kid": "ec"}, key=OTHER_EC)

    assert read(token, PROOF, brought(token)) == CLAIMS
    assert refused(by_another, PROOF) == "jwt.signature"
    assert refused(token) == "jwt.header"
    assert refused(signed(head=header(typ="dpop+jwt")), PROOF) == "jwt.header"  # brings none
    with pytest.raises(BadKeys, match="not public"):
        brought(signed(head={"alg": "ES256", "typ": "dpop+jwt", "jwk": EC.as_dict(private=True)}))


DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000


@pytest.mark.parametrize(
    "payload",
    [
        DEEP,
        b"[" * 100_000,
        b'{"a":' * 250 + b"1" + b"}" * 250,
        b'{"iss":"a","iss":"b"}',
        b'{"exp":' + b"9" * 100_000 + b"}",
        b'{"exp":' + b"9" * 19 + b"}",
        b'{"exp":NaN}',
        b'{"exp":Infinity}',
        b'{"exp":-Infinity}',
        b'{"exp":1e999}',
        b'{"sub":"\xff"}',
        b'{"sub":"\\ud800"}',
        b'\xef\xbb\xbf{"sub":"bom"}',
        b"[]",
        b'"text"',
        b"",
        b"{",
        b'{"a":1}x',
    ],
)
def test_JWT_09_hostile_json_is_refused_and_breaks_nothing(payload: bytes) -> None:
    token, headed = signed(payload), signed(head=payload)
    assert refused(token).startswith("jwt.")
    assert refused(headed).startswith("jwt.")
    assert seconds_of(lambda: (refused(token), refused(headed)), tries=2) < 1


def test_JWT_09_an_escaped_pair_is_a_character() -> None:
    assert read(signed(json.dumps(CLAIMS | {"name": "😀"}).encode()))["name"] == "😀"


@pytest.mark.parametrize(
    ("members", "rule"),
    [
        ({"exp": "1800000300"}, "jwt.time"),
        ({"exp": NOW + 300.5}, "jwt.time"),
        ({"exp": -1}, "jwt.time"),
        ({"exp": 10**17}, "jwt.time"),
        ({"exp": True}, "jwt.time"),
        ({"exp": None}, "jwt.time"),
        ({"exp": NOW - 60}, "jwt.exp"),
        ({"exp": NOW + 3_661}, "jwt.exp"),
        ({"nbf": NOW + 600}, "jwt.not_yet"),
        ({"nbf": "now"}, "jwt.time"),
        ({"iat": NOW + 600}, "jwt.not_yet"),
        ({"iat": 1.5}, "jwt.time"),
    ],
)
def test_JWT_10_times_are_whole_seconds_within_bounds(members: dict[str, Any], rule: str) -> None:
    assert refused(signed(CLAIMS | members)) == rule


def test_JWT_10_a_token_without_an_end_is_refused() -> None:
    assert refused(signed({name: value for name, value in CLAIMS.items() if name != "exp"})) == "jwt.exp"


@pytest.mark.parametrize(
    "members", [{"exp": NOW - 59}, {"exp": NOW + 3_660}, {"nbf": NOW + 60}, {"iat": NOW + 60}, {"nbf": 0}]
)
def test_honest_clocks_may_differ_by_a_minute(members: dict[str, Any]) -> None:
    assert read(signed(CLAIMS | members))["sub"] == "alice"


def test_JWT_10_there_is_a_last_second() -> None:
    for_ever = replace(EXPECTED, max_ahead=None)
    assert read(signed(CLAIMS | {"exp": jose.LAST_SECOND - 1}), for_ever)["sub"] == "alice"
    assert refused(signed(CLAIMS | {"exp": jose.LAST_SECOND}), for_ever) == "jwt.time"


def test_JWT_10_parts_of_a_second_count_as_nothing_where_they_may_be_written() -> None:
    others = replace(EXPECTED, whole_seconds=False)
    assert read(signed(CLAIMS | {"exp": NOW - 58.5, "iat": NOW + 60.9}), others)["sub"] == "alice"
    assert refused(signed(CLAIMS | {"exp": NOW - 59.5}), others) == "jwt.exp"
    assert refused(signed(CLAIMS | {"exp": "1800000300"}), others) == "jwt.time"


def test_tokens_of_our_own_clock_get_no_grace() -> None:
    ours = Expected(issuer=ISSUER, audience=AUDIENCE, types=EXPECTED.types, grace=0)
    assert refused(signed(CLAIMS | {"exp": NOW}), ours) == "jwt.exp"
    assert read(signed(CLAIMS | {"exp": NOW + 1}), ours)["sub"] == "alice"


@pytest.mark.parametrize(
    "aud", ["https://other.test", "https://api.test/", "https://API.test", [], ["https://other.test"], None, 1, {}]
)
def test_JWT_11_a_token_for_another_audience_is_refused(aud: object) -> None:
    assert refused(signed(CLAIMS | {"aud": aud})) == "jwt.aud"


def test_JWT_11_a_list_with_us_is_taken_unless_we_must_be_alone() -> None:
    assert read(signed(CLAIMS | {"aud": ["https://other.test", AUDIENCE]}))["sub"] == "alice"
    alone = Expected(issuer=ISSUER, audience=AUDIENCE, types=EXPECTED.types, sole_audience=True)
    assert refused(signed(CLAIMS | {"aud": [AUDIENCE]}), alone) == "jwt.aud"


@pytest.mark.parametrize(
    "iss", ["https://as.test/", "https://AS.test", "http://as.test", None, ["https://as.test"], ""]
)
def test_JWT_11_another_issuer_is_refused(iss: object) -> None:
    assert refused(signed(CLAIMS | {"iss": iss})) == "jwt.iss"


@pytest.mark.parametrize(
    "typ", ["JWT", "logout+jwt", "dpop+jwt", "oauth-authz-req+jwt", "", None, 1, ["at+jwt"], "at+jwt "]
)
def test_JWT_12_one_kind_of_token_is_not_another(typ: object) -> None:
    assert refused(signed(head=header(typ=typ))) == "jwt.typ"


def test_JWT_12_no_type_at_all_is_refused_unless_none_is_expected() -> None:
    assert read(signed(head={"alg": "ES256", "kid": "ec"}), replace(EXPECTED, types=frozenset({""}))) == CLAIMS
    assert refused(signed(head={"alg": "ES256", "kid": "ec"})) == "jwt.typ"


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_a_type_may_be_spelled_in_full(typ: str) -> None:
    assert read(signed(head=header(typ=typ))) == CLAIMS


def test_JWT_13_an_encrypted_token_is_refused_before_any_decryption() -> None:
    secret = OctKey.import_key(b"0" * 32)
    bomb = jwe.encrypt_compact({"alg": "dir", "enc": "A128CBC-HS256", "zip": "DEF"}, b"a" * 100_000, secret)
    assert refused(bomb) == "jwt.compact"
    costly = {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2**31, "p2s": "AAAA"}
    token = f"{b64(json.dumps(costly).encode())}.AA.AA.AA.AA"
    assert refused(token) == "jwt.compact"
    assert seconds_of(lambda: refused(token), tries=2) < 0.2


def test_a_header_that_was_read_before_is_judged_again() -> None:
    token = signed()
    read(token)
    assert refused(token, Expected(issuer=ISSUER, audience=AUDIENCE, types=frozenset({"jwt"}))) == "jwt.typ"
    other = Expected(issuer=ISSUER, audience=AUDIENCE, types=EXPECTED.types, algorithms=frozenset({"RS256"}))
    assert refused(token, other) == "jwt.alg"


def test_a_header_that_was_read_is_nobodys_to_change() -> None:
    header_read: Any = jose.take_apart(signed()).header
    with pytest.raises(TypeError):
        header_read["alg"] = "none"


def test_no_more_headers_are_remembered_than_there_is_room_for() -> None:
    token = signed()
    claims, signature = token.split(".")[1:]
    for number in range(2 * jose.HEADERS):
        kid = f"{number}"
        parts = jose.take_apart(f"{b64(json.dumps(header(kid=kid)).encode())}.{claims}.{signature}")
        assert parts.kid == kid
    assert jose.read_header.cache_info().currsize == jose.HEADERS
    assert read(token) == CLAIMS


@pytest.mark.parametrize("around", [b" ", b"\t\r\n "])
def test_white_space_around_the_claims_is_json(around: bytes) -> None:
    assert read(signed(around + json.dumps(CLAIMS).encode() + around)) == CLAIMS


@pytest.mark.parametrize("around", [b"\x0b", b"\x0c", "\u00a0".encode(), "\u2028".encode()])
def test_other_space_around_the_claims_is_not(around: bytes) -> None:
    assert refused(signed(around + json.dumps(CLAIMS).encode())) == "jwt.json"
    assert refused(signed(json.dumps(CLAIMS).encode() + around)) == "jwt.json"


def spare_bits(token: str) -> str:
    """Return the same bytes spelled with spare bits set in the last character."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) | 1]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t + "=",
        lambda t: t + "==",
        lambda t: " " + t,
        lambda t: t + "\n",
        lambda t: t.replace(".", "=.", 1),
        lambda t: t.replace(".", ". ", 1),
        lambda t: t + ".",
        lambda t: "." + t,
        lambda t: t.replace(".", "..", 1),
        lambda t: t[:40] + "+/" + t[42:],
        lambda t: t[:40] + "é" + t[41:],
        lambda t: t[:40] + "\0" + t[41:],
        lambda t: t.rpartition(".")[0],
        spare_bits,
        lambda _: "",
        lambda _: "a.b",
        lambda _: json.dumps({"payload": b64(b"{}"), "signatures": []}),
    ],
)
def test_JWT_14_there_is_one_spelling_of_a_token(spoil: Any) -> None:
    assert spoil(signed()) != signed()
    assert refused(spoil(signed())).startswith("jwt.")


def test_JWT_14_a_token_that_is_too_long_is_not_decoded() -> None:
    assert refused("A" * (jose.MAX_TOKEN + 1)) == "jwt.compact"
    assert refused(signed(CLAIMS | {"x": "y" * jose.MAX_TOKEN})) == "jwt.compact"
    assert read(signed(), replace(EXPECTED, max_bytes=len(signed()))) == CLAIMS
    assert refused(signed(), replace(EXPECTED, max_bytes=len(signed()) - 1)) == "jwt.compact"


@pytest.mark.parametrize(
    "signature",
    [bytes(64), bytes(63), bytes(65), b"", b"\xff" * 64],
)
def test_JWT_15_a_null_short_or_der_signature_is_refused(signature: bytes) -> None:
    unsigned = signed().rpartition(".")[0]
    assert refused(f"{unsigned}.{b64(signature)}") == "jwt.signature"


def test_JWT_15_our_own_signature_in_der_is_refused() -> None:
    unsigned, _, signature = signed().rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    assert refused(f"{unsigned}.{b64(der)}") == "jwt.signature"


def test_a_refusal_echoes_nothing_of_the_token() -> None:
    with pytest.raises(BadToken) as caught:
        read(signed(CLAIMS | {"iss": "https://stranger.test"}))
    assert "stranger" not in str(caught.value)
