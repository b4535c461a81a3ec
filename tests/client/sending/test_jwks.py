"""A server's keys: kept, looked at again when there is reason to, and never too often."""

import pytest
from tests.client.conftest import ISSUER, KEY, Server, json_answer
from tests.conftest import FakeClock

from gatelodge.client import HttpResponse, ServerUnavailable, UnexpectedAnswer
from gatelodge.client.sending.jwks import COOLDOWN, FRESH, LAST_GOOD, RETRY, AsyncJwksCache, JwksCache

pytestmark = pytest.mark.anyio

NEW = {**KEY.as_dict(private=False), "kid": "key-2"}


@pytest.fixture
def keys(server: Server, clock: FakeClock) -> JwksCache:
    return JwksCache(f"{ISSUER}/jwks", server, clock)


def test_keys_are_fetched_once(keys: JwksCache, server: Server):
    for _ in range(10):
        assert keys.keys_for("key-1", "ES256").find("key-1", "ES256") is not None
    assert len(server.requests) == 1


def test_a_flood_of_unknown_names_causes_one_fetch_per_cooldown(keys: JwksCache, server: Server, clock: FakeClock):
    keys.keys_for("key-1", "ES256")
    for number in range(100):
        assert keys.keys_for(f"made-up-{number}", "ES256").find(f"made-up-{number}", "ES256") is None
    assert len(server.requests) == 1
    clock.advance(int(COOLDOWN))
    for number in range(100):
        keys.keys_for(f"made-up-{number}", "ES256")
    assert len(server.requests) == 2


def test_a_new_key_is_found_without_waiting_for_the_old_set_to_age(keys: JwksCache, server: Server, clock: FakeClock):
    keys.keys_for("key-1", "ES256")
    clock.advance(int(COOLDOWN))
    server.answers["/jwks"] = lambda _: json_answer({"keys": [NEW]})
    assert keys.keys_for("key-2", "ES256").find("key-2", "ES256") is not None


def test_a_key_that_was_taken_away_is_forgotten_when_the_set_is_no_longer_fresh(
    keys: JwksCache, server: Server, clock: FakeClock
):
    keys.keys_for("key-1", "ES256")
    server.answers["/jwks"] = lambda _: json_answer({"keys": [NEW]})
    clock.advance(int(FRESH))
    assert keys.keys_for("key-1", "ES256").find("key-1", "ES256") is None


BROKEN = {
    "500": HttpResponse(500),
    "empty": json_answer({"keys": []}),
    "404": HttpResponse(404),
    "not JSON": HttpResponse(200, {}, b"<html>"),
    "a private key": json_answer({"keys": [KEY.as_dict(private=True)]}),
    "too large": HttpResponse(200, {}, b'{"keys": [' + b" " * 100_000 + b"]}"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_the_last_good_set_serves_while_the_server_fails(
    keys: JwksCache, server: Server, clock: FakeClock, broken: HttpResponse
):
    keys.keys_for("key-1", "ES256")
    server.answers["/jwks"] = lambda _: broken
    clock.advance(int(FRESH))
    for _ in range(10):
        assert keys.keys_for("key-1", "ES256").find("key-1", "ES256") is not None
    assert len(server.requests) == 2


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_without_any_keys_nothing_is_decided(keys: JwksCache, server: Server, clock: FakeClock, broken: HttpResponse):
    server.answers["/jwks"] = lambda _: broken
    for _ in range(10):
        with pytest.raises((ServerUnavailable, UnexpectedAnswer)):
            keys.keys_for("key-1", "ES256")
    assert len(server.requests) == 1
    clock.advance(int(RETRY))
    server.answers["/jwks"] = lambda _: json_answer({"keys": [NEW]})
    assert keys.keys_for("key-2", "ES256").find("key-2", "ES256") is not None


def test_keys_of_yesterday_are_not_believed_for_ever(keys: JwksCache, server: Server, clock: FakeClock):
    keys.keys_for("key-1", "ES256")
    server.answers["/jwks"] = lambda _: HttpResponse(500)
    clock.advance(int(LAST_GOOD))
    with pytest.raises(ServerUnavailable):
        keys.keys_for("key-1", "ES256")


async def test_tasks_have_the_same_cache(server: Server, clock: FakeClock):
    keys = AsyncJwksCache(f"{ISSUER}/jwks", server.task, clock)
    assert keys.known("key-1", "ES256") is None
    assert (await keys.keys_for("key-1", "ES256")).find("key-1", "ES256") is not None
    assert keys.known("key-1", "ES256") is not None
    assert (await keys.keys_for("made-up", "ES256")).find("made-up", "ES256") is None
    assert len(server.requests) == 1
