"""What the token endpoint answers."""

import pytest

from gatelodge.protocol.errors import ErrorCode, OAuthError
from gatelodge.protocol.token import TokenSet, refusal, token_reply, too_many

TOKENS = TokenSet(access_token="at", expires_in=600, scope=("openid", "email"))


def test_an_answer_holds_what_was_issued_and_nothing_else() -> None:
    assert token_reply(TOKENS).json == {
        "access_token": "at",
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": "openid email",
    }


def test_refresh_and_id_token_are_there_when_they_were_issued() -> None:
    tokens = TokenSet(access_token="at", expires_in=600, scope=(), refresh_token="glr_x", id_token="i")
    json = token_reply(tokens).json or {}
    assert (json["refresh_token"], json["id_token"]) == ("glr_x", "i")


def test_no_cache_keeps_a_token_or_a_refusal() -> None:
    for reply in (token_reply(TOKENS), refusal(OAuthError("invalid_grant", "no")), too_many(5)):
        assert ("cache-control", "no-store") in reply.headers
        assert ("pragma", "no-cache") in reply.headers


def test_a_token_set_shows_no_token() -> None:
    assert "secret-at" not in repr(TokenSet(access_token="secret-at", expires_in=1, scope=("a",)))


@pytest.mark.parametrize(
    ("code", "status"),
    [("invalid_request", 400), ("invalid_grant", 400), ("invalid_client", 401), ("invalid_scope", 400)],
)
def test_a_refusal_has_the_status_of_its_code(code: ErrorCode, status: int) -> None:
    assert refusal(OAuthError(code, "why")).status == status
    assert refusal(OAuthError(code, "why")).json == {"error": code, "error_description": "why"}


@pytest.mark.parametrize(("code", "challenged"), [("invalid_client", True), ("invalid_grant", False)])
def test_a_401_names_the_scheme_that_works_and_nothing_else_does(code: ErrorCode, challenged: bool) -> None:
    headers = dict(refusal(OAuthError(code, "no")).headers)
    assert ("www-authenticate" in headers) is challenged
    assert headers.get("www-authenticate", "Basic ").startswith("Basic ")


def test_too_many_failures_say_when_to_come_back() -> None:
    assert (too_many(17).status, dict(too_many(17).headers)["retry-after"]) == (429, "17")
