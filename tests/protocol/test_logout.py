"""RP-initiated logout: whose hint, which client, where to."""

from dataclasses import replace
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import UnsafeRequest
from gatelodge.protocol.jwks import PublicKeys, read_jwk
from gatelodge.protocol.logout import Hint, LogoutRequest, ReturnAddress, find_return, must_ask, read_hint, read_request
from gatelodge.protocol.params import Params

NOW = 1_800_000_000
ISSUER = "https://as.test"
KEY = ECKey.generate_key("P-256", {"kid": "k1"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
PUBLIC = read_jwk(KEY.as_dict())
KEYS = PublicKeys((PUBLIC,) if PUBLIC else ())
WEB1 = Client("web1", "Web", "web", "client_secret_basic", post_logout_redirect_uris=("https://rp.test/bye",))
OTHERS_KEY = ECKey.generate_key("P-256", {"kid": "k1"})


def id_token(key: ECKey = KEY, typ: str = "JWT", **members: Any) -> str:
    claims = {"iss": ISSUER, "sub": "alice", "aud": "web1", "exp": NOW - 100_000, "iat": NOW - 100_600, "sid": "s1"}
    return jwt.encode({"alg": "ES256", "kid": "k1", "typ": typ}, claims | members, key)


def request(**params: str) -> LogoutRequest:
    return read_request(Params.of(params.items()), ISSUER, KEYS, NOW)


def test_an_expired_id_token_still_tells_who_it_was() -> None:
    assert read_hint(id_token(), ISSUER, KEYS, NOW) == Hint("alice", "web1", "s1")
    assert read_hint(id_token(sid=7), ISSUER, KEYS, NOW) == Hint("alice", "web1", None)


def test_whom_and_in_which_languages_are_read_as_they_are_said() -> None:
    said = request(logout_hint="alice@rp.test", ui_locales="de en")
    assert said == LogoutRequest(None, None, None, None, False, "alice@rp.test", ("de", "en"))


@pytest.mark.parametrize(
    "hint",
    [
        id_token(OTHERS_KEY),
        id_token(typ="at+jwt"),
        id_token(typ="logout+jwt"),
        id_token(iss="https://other.test"),
        id_token(sub=7),
        id_token(aud=["web1"]),
        id_token().rpartition(".")[0] + ".",
        id_token()[:-8] + "AAAAAAAA",
        "eyJhbGciOiJub25lIn0.e30.",
        "nonsense",
    ],
)
def test_JWT_12_a_hint_that_is_no_id_token_of_ours_is_none(hint: str) -> None:
    assert read_hint(hint, ISSUER, KEYS, NOW) is None
    assert request(id_token_hint=hint) == LogoutRequest(None, None, None, None, hint_unread=True)


@pytest.mark.parametrize(("alg", "taken"), [("RS256", True), ("PS256", False)])
def test_a_hint_is_signed_as_we_sign(alg: str, taken: bool) -> None:
    claims = {"iss": ISSUER, "sub": "alice", "aud": "web1", "exp": NOW}
    hint = jwt.encode({"alg": alg, "kid": "rsa", "typ": "JWT"}, claims, RSA, algorithms=[alg])
    key = read_jwk(RSA.as_dict())
    assert key is not None
    assert (read_hint(hint, ISSUER, PublicKeys((key,)), NOW) is not None) is taken


def test_ID_01_who_asks_with_a_hint_nobody_can_read_is_gone_back_to_only_if_they_say_who_they_are() -> None:
    bye = "https://rp.test/bye"
    assert find_return(request(id_token_hint="x", post_logout_redirect_uri=bye), None) is None
    with_name = request(id_token_hint="x", client_id="web1", post_logout_redirect_uri=bye)
    assert find_return(with_name, WEB1) == ReturnAddress(bye, None)


def test_the_hint_says_which_client_asks() -> None:
    assert request(id_token_hint=id_token()) == LogoutRequest("web1", Hint("alice", "web1", "s1"), None, None)
    assert request(id_token_hint=id_token(), client_id="web1").client_id == "web1"


def test_a_client_cannot_use_another_clients_hint() -> None:
    with pytest.raises(UnsafeRequest):
        request(id_token_hint=id_token(), client_id="web2")


def test_WEB_12_a_request_may_say_nothing_at_all() -> None:
    assert request() == LogoutRequest(None, None, None, None)
    assert find_return(request(state="x"), None) is None


def test_WEB_12_the_browser_goes_back_with_the_state_it_brought_or_none() -> None:
    with_state = request(client_id="web1", post_logout_redirect_uri="https://rp.test/bye", state="a b&c=é")
    assert find_return(with_state, WEB1) == ReturnAddress("https://rp.test/bye", "a b&c=é")
    assert ReturnAddress("https://rp.test/bye", "a b&c=é").location == "https://rp.test/bye?state=a%20b%26c%3D%C3%A9"
    assert ReturnAddress("https://rp.test/bye?x=1", "s").location == "https://rp.test/bye?x=1&state=s"
    assert ReturnAddress("https://rp.test/bye", None).location == "https://rp.test/bye"


@pytest.mark.parametrize(
    "uri",
    ["https://rp.test/bye/", "https://rp.test/bye?x=1", "https://RP.test/bye", "https://evil.test/bye", "javascript:1"],
)
def test_only_a_registered_address_is_gone_to(uri: str) -> None:
    with pytest.raises(UnsafeRequest):
        find_return(request(client_id="web1", post_logout_redirect_uri=uri), WEB1)


@pytest.mark.parametrize("client", [None, replace(WEB1, enabled=False)])
def test_without_a_known_client_nothing_is_registered(client: Client | None) -> None:
    for said in ({}, {"client_id": "web1"}, {"client_id": "web1", "id_token_hint": "x"}):
        with pytest.raises(UnsafeRequest):
            find_return(request(post_logout_redirect_uri="https://rp.test/bye", **said), client)


@pytest.mark.parametrize(
    ("hint", "ask"),
    [
        (None, True),
        (Hint("alice", "web1", "s1"), False),
        (Hint("alice", "web1", None), False),
        (Hint("alice", "web1", "s0"), True),
        (Hint("bob", "web1", "s1"), True),
    ],
)
def test_WEB_11_the_person_is_asked_unless_the_hint_is_of_this_session(hint: Hint | None, ask: bool) -> None:
    assert must_ask(LogoutRequest(None, hint, None, None), "alice", "s1") is ask
