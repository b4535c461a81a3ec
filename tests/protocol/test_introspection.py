"""What an API is told about a token."""

from gatelodge.protocol.introspection import INACTIVE, active, introspection_reply


def test_IR_02_a_token_that_does_not_work_is_inactive_and_nothing_more() -> None:
    assert introspection_reply(INACTIVE).json == {"active": False}


def test_an_active_token_says_what_it_is_good_for() -> None:
    claims = {"iss": "i", "sub": "s", "aud": "a", "client_id": "c", "scope": "x", "iat": 1, "exp": 2, "jti": "j"}
    assert active(claims, "alice") == {"active": True, "token_type": "Bearer", "username": "alice", **claims}


def test_what_is_ours_alone_is_not_told() -> None:
    assert "grant_id" not in active({"sub": "s", "grant_id": "g"})
    assert "username" not in active({"sub": "s"})


def test_no_cache_keeps_an_answer() -> None:
    assert ("cache-control", "no-store") in introspection_reply(INACTIVE).headers
