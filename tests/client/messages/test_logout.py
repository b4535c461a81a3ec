"""Logout tokens: what signs somebody out, and what does not."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.client.conftest import ISSUER, OTHER_KEY, Server, signed
from tests.conftest import FakeClock

from gatelodge.client import LogoutTokenRejected, OAuthClient
from gatelodge.protocol.logout_token import EVENT


def logout_token(clock: FakeClock, *, key: Any = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
    now = clock.now()
    claims = {
        "iss": ISSUER,
        "aud": "app",
        "sub": "alice",
        "sid": "a-session",
        "jti": "once",
        "iat": now,
        "exp": now + 120,
        "events": {EVENT: {}},
    } | changes
    whole = {name: value for name, value in claims.items() if value is not None}
    return signed(whole, **({"key": key} if key else {}), **(header or {"typ": "logout+jwt"}))


@pytest.mark.parametrize(
    ("changes", "who"),
    [
        ({}, ("alice", "a-session")),
        ({"sid": None}, ("alice", None)),
        ({"sub": None}, (None, "a-session")),
        ({"aud": ["app", "another"]}, ("alice", "a-session")),
        ({"header": {"typ": "JWT"}}, ("alice", "a-session")),
        ({"header": {}}, ("alice", "a-session")),
    ],
)
def test_a_good_one_says_whose_session_is_over(
    client: OAuthClient, clock: FakeClock, changes: dict[str, Any], who: tuple[str | None, str | None]
):
    over = client.read_logout_token(logout_token(clock, **changes))
    assert (over.sub, over.sid) == who
    assert (over.jti, over.forget_at) == ("once", clock.now() + 180)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.test"},
        {"aud": "another"},
        {"aud": None},
        {"sub": None, "sid": None},
        {"jti": None},
        {"jti": "a" * 300},
        {"iat": None},
        {"exp": None},
        {"exp": 1_800_000_000 - 60},
        {"exp": 1_800_000_000 + 86_400},
        {"events": None},
        {"events": {}},
        {"events": [EVENT]},
        {"events": {EVENT: True}},
        {"nonce": "n"},
        {"key": OTHER_KEY},
        {"header": {"typ": "at+jwt"}},
        {"header": {"typ": "logout+jwt", "kid": "another"}},
    ],
)
def test_one_that_is_wrong_in_one_thing_signs_nobody_out(
    client: OAuthClient, clock: FakeClock, changes: dict[str, Any]
):
    with pytest.raises(LogoutTokenRejected):
        client.read_logout_token(logout_token(clock, **changes))


@pytest.mark.parametrize("token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_signs_nobody_out(client: OAuthClient, server: Server, token: str):
    with pytest.raises(LogoutTokenRejected):
        client.read_logout_token(token)
    assert server.asked("/jwks") == []


def test_an_id_token_signs_nobody_out(client: OAuthClient, server: Server):
    with pytest.raises(LogoutTokenRejected):
        client.read_logout_token(server.id_token())


def test_the_browser_is_sent_to_the_server(client: OAuthClient):
    url = client.logout_url("an.id.token", state="not without an address")
    assert parse_qs(urlsplit(url).query) == {"id_token_hint": ["an.id.token"], "client_id": ["app"]}
