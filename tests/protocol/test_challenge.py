"""Exact WWW-Authenticate values."""

import pytest

from gatelodge.protocol.challenge import basic, bearer, bearer_reply
from gatelodge.protocol.errors import ErrorCode, OAuthError


def test_a_request_without_a_token_is_told_no_error() -> None:
    assert bearer() == 'Bearer realm="gatelodge"'
    assert bearer_reply().status == 401
    assert bearer_reply().json is None


def test_an_error_is_told_with_its_description_and_the_scope_that_would_do() -> None:
    assert bearer("insufficient_scope", "the token lacks a scope", ("openid", "email")) == (
        'Bearer realm="gatelodge", error="insufficient_scope", error_description="the token lacks a scope",'
        ' scope="openid email"'
    )


def test_the_metadata_of_the_resource_is_named() -> None:
    assert bearer(resource_metadata="https://api.test/.well-known/x").endswith(
        ', resource_metadata="https://api.test/.well-known/x"'
    )


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\r\nSet-Cookie: x", "a\0b", "é"])
def test_nothing_ends_the_quotes_or_the_header(text: str) -> None:
    value = bearer("invalid_token", text)
    assert value.count('"') == 6
    assert value.isprintable()
    assert value.isascii()
    assert "\\" not in value


@pytest.mark.parametrize(
    ("code", "status"), [("invalid_request", 400), ("invalid_token", 401), ("insufficient_scope", 403)]
)
def test_a_refusal_has_the_status_of_its_error(code: ErrorCode, status: int) -> None:
    reply = bearer_reply(OAuthError(code, "why"))
    assert reply.status == status
    assert dict(reply.headers)["www-authenticate"].startswith(f'Bearer realm="gatelodge", error="{code}"')
    assert dict(reply.headers)["cache-control"] == "no-store"


def test_basic_names_its_charset() -> None:
    assert basic() == 'Basic realm="gatelodge", charset="UTF-8"'
