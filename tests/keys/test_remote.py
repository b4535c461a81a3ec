"""Keys a client publishes: how often they are fetched, and what happens when they cannot be."""

import asyncio
import json
from typing import cast

import pytest
from joserfc.jwk import ECKey, OctKey

from gatelodge.clock import Clock
from gatelodge.keys.remote import COOLDOWN, FRESH, LAST_GOOD, MAX_WAITING, ROOM, RemoteKeys
from gatelodge.outbound import Fetched, FetchFailed, Outbound

pytestmark = pytest.mark.anyio

URI = "https://rp.test/jwks"
KEYS = {kid: ECKey.generate_key("P-256", {"kid": kid}).as_dict(private=False) for kid in ("a", "b")}
BAD = {
    "private": ECKey.generate_key("P-256", {"kid": "bad"}).as_dict(private=True),
    "symmetric": OctKey.import_key(b"0" * 32).as_dict(private=True, kid="bad"),
    "no point": {"kty": "EC", "crv": "P-256", "kid": "bad", "x": "AA", "y": "AA"},
    "no object": 7,
}


class Publisher:
    """Stands where the network is: publishes what it is told, and counts who asks."""

    def __init__(self) -> None:
        self.fetches = 0
        self.answer = self.publishing("a")
        self.down = False
        self.gate = asyncio.Event()
        self.gate.set()

    @staticmethod
    def publishing(*kids: str) -> Fetched:
        return Fetched(200, "application/json", json.dumps({"keys": [KEYS[kid] for kid in kids]}).encode())

    async def get(self, url: str, max_bytes: int) -> Fetched:
        self.fetches += 1
        await self.gate.wait()
        if self.down:
            raise FetchFailed("down")
        return self.answer


@pytest.fixture
def publisher(anyio_backend: str) -> Publisher:
    return Publisher()


@pytest.fixture
def remote(publisher: Publisher, clock: Clock) -> RemoteKeys:
    return RemoteKeys(cast("Outbound", publisher), clock)


def later(clock: Clock, seconds: float) -> None:
    clock.advance(int(seconds))  # pyright: ignore[reportAttributeAccessIssue]


async def test_a_known_key_is_fetched_once(remote: RemoteKeys, publisher: Publisher) -> None:
    for _ in range(10):
        assert await remote.find(URI, "a", "ES256") is not None
    assert publisher.fetches == 1


async def test_CA_13_a_flood_of_unknown_names_causes_one_fetch_per_interval(
    remote: RemoteKeys, publisher: Publisher, clock: Clock
) -> None:
    for number in range(1_000):
        assert await remote.find(URI, f"random-{number}", "ES256") is None
    assert publisher.fetches == 1
    later(clock, COOLDOWN)
    for number in range(1_000):
        await remote.find(URI, f"random-{number}", "ES256")
    assert publisher.fetches == 2


async def test_CA_13_a_flood_at_once_causes_one_fetch_and_most_fail_fast(
    remote: RemoteKeys, publisher: Publisher
) -> None:
    publisher.gate.clear()
    asked = [asyncio.create_task(remote.find(URI, "a", "ES256")) for _ in range(1_000)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert sum(task.done() for task in asked) >= 1_000 - MAX_WAITING
    publisher.gate.set()
    found = [key for key in await asyncio.gather(*asked) if key is not None]
    assert publisher.fetches == 1
    assert len(found) == MAX_WAITING


async def test_RT_14_a_new_key_is_found_after_the_cooldown(
    remote: RemoteKeys, publisher: Publisher, clock: Clock
) -> None:
    await remote.find(URI, "a", "ES256")
    publisher.answer = publisher.publishing("b")
    assert await remote.find(URI, "b", "ES256") is None
    later(clock, COOLDOWN)
    assert await remote.find(URI, "b", "ES256") is not None
    assert COOLDOWN <= 60


@pytest.mark.parametrize(
    "answer",
    [
        Fetched(500, "", b""),
        Fetched(404, "", b"not found"),
        Fetched(200, "", b""),
        Fetched(200, "", b'{"keys":[]}'),
        Fetched(200, "", b"<html>"),
        Fetched(302, "", b""),
    ],
)
async def test_the_last_good_set_is_kept_when_nothing_good_comes(
    remote: RemoteKeys, publisher: Publisher, clock: Clock, answer: Fetched
) -> None:
    await remote.find(URI, "a", "ES256")
    publisher.answer = answer
    later(clock, FRESH)
    assert await remote.find(URI, "a", "ES256") is not None
    assert publisher.fetches == 2


async def test_a_key_that_was_taken_back_is_gone_when_the_set_is_looked_at_again(
    remote: RemoteKeys, publisher: Publisher, clock: Clock
) -> None:
    await remote.find(URI, "a", "ES256")
    publisher.answer = publisher.publishing("b")
    later(clock, FRESH)
    assert await remote.find(URI, "a", "ES256") is None


@pytest.mark.parametrize("bad", BAD)
async def test_RS_21_one_bad_key_of_a_client_spoils_no_other_and_verifies_nothing(
    remote: RemoteKeys, publisher: Publisher, bad: str
) -> None:
    document = {"keys": [BAD[bad], KEYS["a"]]}
    publisher.answer = Fetched(200, "application/json", json.dumps(document).encode())
    assert await remote.find(URI, "a", "ES256") is not None
    assert await remote.find(URI, "bad", "ES256") is None
    assert await remote.find(URI, "bad", "HS256") is None


async def test_the_last_good_set_is_not_trusted_for_ever(
    remote: RemoteKeys, publisher: Publisher, clock: Clock
) -> None:
    await remote.find(URI, "a", "ES256")
    publisher.down = True
    later(clock, LAST_GOOD - 1)
    assert await remote.find(URI, "a", "ES256") is not None
    later(clock, 1)
    assert await remote.find(URI, "a", "ES256") is None


async def test_a_publisher_that_is_down_is_not_asked_again_at_once(
    remote: RemoteKeys, publisher: Publisher, clock: Clock
) -> None:
    publisher.down = True
    for _ in range(100):
        assert await remote.find(URI, "a", "ES256") is None
    assert publisher.fetches == 1


async def test_one_clients_flood_does_not_cool_another_clients_set(remote: RemoteKeys) -> None:
    await remote.find(URI, "unknown", "ES256")
    assert await remote.find("https://other.test/jwks", "a", "ES256") is not None


async def test_memory_is_bounded(remote: RemoteKeys) -> None:
    for number in range(ROOM + 5):
        await remote.find(f"https://rp{number}.test/jwks", "a", "ES256")
        await remote.find(URI, "a", "ES256")
    assert len(remote._held) == ROOM
    assert URI in remote._held  # in use all the time
