"""A code is redeemed by the client it was made for, from where it was asked, with the verifier of who asked."""

import pytest

from gatelodge.protocol.authorize import AuthorizationRequest
from gatelodge.protocol.client import Client
from gatelodge.protocol.code import CodeProof, check_code, draw_up
from gatelodge.protocol.errors import OAuthError

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CB = "https://rp.test/cb"

WEB1 = Client("web1", "Web", "web", "client_secret_basic", redirect_uris=(CB,))
WEB2 = Client("web2", "Evil", "web", "client_secret_basic", redirect_uris=("https://evil.test/cb",))
PROOF = CodeProof("web1", CB, CHALLENGE)
WITHOUT_CHALLENGE = CodeProof("web1", CB, None)
WITHOUT_REDIRECT = CodeProof("web1", None, CHALLENGE)


def refusal(proof: CodeProof, client: Client, redirect_uri: str | None, verifier: str | None) -> OAuthError:
    with pytest.raises(OAuthError) as refused:
        check_code(proof, client, redirect_uri, verifier)
    assert refused.value.code == "invalid_grant"
    assert refused.value.rule is not None
    return refused.value


def test_what_was_asked_is_what_must_be_proven():
    asked = AuthorizationRequest(
        client_id="web1",
        redirect_uri=CB,
        response_type="code",
        response_mode="query",
        scope=("openid",),
        code_challenge=CHALLENGE,
    )

    assert draw_up(asked) == PROOF


def test_the_client_that_asked_redeems_its_code():
    check_code(PROOF, WEB1, CB, VERIFIER)
    check_code(WITHOUT_CHALLENGE, WEB1, CB, None)


def test_CODE_03_another_client_does_not():
    assert refusal(PROOF, WEB2, CB, VERIFIER).description == "code was issued to another client"


def test_PK_02_a_verifier_without_a_challenge_is_a_downgrade():
    assert refusal(WITHOUT_CHALLENGE, WEB1, CB, VERIFIER).description == "code_verifier was sent but no code_challenge"


@pytest.mark.parametrize("verifier", [None, "", "a" * 43, VERIFIER[:-1] + "K", CHALLENGE, VERIFIER.lower()])
def test_PK_03_a_challenge_is_always_enforced(verifier: str | None):
    assert "code_verifier" in refusal(PROOF, WEB1, CB, verifier).description


@pytest.mark.parametrize("verifier", ["a" * 42, "a" * 129, VERIFIER + " ", VERIFIER + "%", VERIFIER + "é"])
def test_PK_08_a_malformed_verifier_is_refused(verifier: str):
    assert refusal(PROOF, WEB1, CB, verifier).description == "code_verifier is malformed"


def test_PK_10_a_stolen_code_is_worth_nothing_with_the_verifier_of_the_thief():
    assert "does not match" in refusal(PROOF, WEB1, CB, "b" * 43).description


@pytest.mark.parametrize("sent", [None, "https://rp.test/cb/", "https://rp.test:443/cb", "https://evil.test/cb"])
def test_RED_09_the_redirect_uri_comes_again_as_it_was(sent: str | None):
    assert "redirect_uri" in refusal(PROOF, WEB1, sent, VERIFIER).description


@pytest.mark.parametrize("sent", [None, CB])
def test_a_redirect_uri_that_was_left_out_may_be_left_out_again(sent: str | None):
    check_code(WITHOUT_REDIRECT, WEB1, sent, VERIFIER)


def test_but_it_is_no_other():
    assert "redirect_uri" in refusal(WITHOUT_REDIRECT, WEB1, "https://evil.test/cb", VERIFIER).description
