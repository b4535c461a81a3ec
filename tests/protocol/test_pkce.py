"""PKCE: S256 or nothing, required of everybody but one exempt confidential client."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.pkce import challenge, is_challenge, is_verifier, proves, read_challenge

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
VERIFIERS = st.text(UNRESERVED, min_size=43, max_size=128)

# The example of RFC 7636, Appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

WEB1 = Client("web1", "Web", "web", "client_secret_basic")
EXEMPT = Client("legacy", "Old", "web", "client_secret_basic", pkce_exempt=True)
WRONGLY_EXEMPT = Client("spa1", "App", "spa", "none", pkce_exempt=True)


def test_the_example_of_the_specification_proves_itself():
    assert challenge(VERIFIER) == CHALLENGE
    assert proves(VERIFIER, CHALLENGE)


@given(VERIFIERS, VERIFIERS)
def test_PK_10_a_verifier_proves_its_own_challenge_and_no_other(mine: str, other: str):
    assert is_challenge(challenge(mine))
    assert proves(mine, challenge(mine))
    assert proves(other, challenge(mine)) is (mine == other)


@given(st.text() | VERIFIERS, st.text())
def test_whatever_comes_in_proves_nothing(verifier: str, expected: str):
    assert not proves(verifier, expected)


def test_a_challenge_is_not_its_own_verifier():
    assert not proves(CHALLENGE, CHALLENGE)


@pytest.mark.parametrize(
    "text", ["a" * 42, "a" * 129, "a" * 42 + " ", "a" * 42 + "%", "a" * 42 + "é", "a" * 42 + "\n", "a" * 43 + "\n", ""]
)
def test_PK_08_a_verifier_of_other_length_or_letters_is_none(text: str):
    assert not is_verifier(text)
    assert not proves(text, CHALLENGE)


@pytest.mark.parametrize("length", [43, 128])
def test_PK_08_the_shortest_and_the_longest_verifier_prove(length: int):
    assert proves("a" * length, challenge("a" * length))


def test_a_challenge_that_fits_is_taken():
    params = Params.of([("code_challenge", CHALLENGE), ("code_challenge_method", "S256")])

    assert read_challenge(params, WEB1) == read_challenge(params, EXEMPT) == CHALLENGE


@pytest.mark.parametrize("method", ["S512", "s256", "none", "plain", "S256 ", "", None])
@pytest.mark.parametrize("client", [WEB1, EXEMPT])
def test_PK_06_another_method_is_refused(method: str | None, client: Client):
    fields = [("code_challenge", CHALLENGE)] + ([("code_challenge_method", method)] if method is not None else [])

    with pytest.raises(OAuthError, match="code_challenge_method must be S256") as refusal:
        read_challenge(Params.of(fields), client)
    assert refusal.value.code == "invalid_request"


@pytest.mark.parametrize(
    "text",
    [CHALLENGE[:-1], CHALLENGE + "A", CHALLENGE[:-1] + "=", CHALLENGE[:-1] + "+", CHALLENGE[:-1] + "/", "é" * 43, ""],
)
@pytest.mark.parametrize("client", [WEB1, EXEMPT])
def test_PK_07_a_challenge_of_other_length_or_letters_is_refused(text: str, client: Client):
    params = Params.of([("code_challenge", text), ("code_challenge_method", "S256")])

    with pytest.raises(OAuthError, match="code_challenge is") as refusal:
        read_challenge(params, client)
    assert refusal.value.code == "invalid_request"


@pytest.mark.parametrize("client", [WEB1, WRONGLY_EXEMPT])
def test_a_request_without_challenge_is_refused(client: Client):
    with pytest.raises(OAuthError, match="code_challenge is missing"):
        read_challenge(Params.of([]), client)


def test_only_an_exempt_confidential_client_may_go_without():
    assert read_challenge(Params.of([]), EXEMPT) is None
