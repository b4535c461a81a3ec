"""Failed proofs are limited where they come from, and nowhere else."""

from dataclasses import replace

import pytest
from tests.client_auth.samples import SECRET, Prove, basic

from gatelodge.client_auth import NotProven, TooManyFailures
from gatelodge.client_auth.throttle import PER_ADDRESS, PER_CLIENT, ROOM, WINDOW, FailureThrottle
from gatelodge.clock import Clock

pytestmark = pytest.mark.anyio
HERE, THERE = "192.0.2.1", "198.51.100.7"


async def test_CA_17_an_attacker_is_stopped_and_the_client_elsewhere_is_not(prove: Prove) -> None:
    outcomes: list[type[Exception]] = []
    for number in range(1_000):
        try:
            await prove(replace(basic("web1", f"guess-{number}"), address=HERE))
        except (NotProven, TooManyFailures) as refusal:
            outcomes.append(type(refusal))
    assert outcomes == [NotProven] * PER_CLIENT + [TooManyFailures] * (1_000 - PER_CLIENT)
    assert (await prove(replace(basic("web1", SECRET), address=THERE))).client.id == "web1"


async def test_CA_17_guessing_names_is_stopped_too(prove: Prove) -> None:
    outcomes: list[type[Exception]] = []
    for number in range(PER_ADDRESS + 5):
        try:
            await prove(replace(basic(f"client-{number}", "x"), address=HERE))
        except (NotProven, TooManyFailures) as refusal:
            outcomes.append(type(refusal))
    assert outcomes == [NotProven] * PER_ADDRESS + [TooManyFailures] * 5


async def test_a_client_at_home_behind_a_shared_address_goes_on(prove: Prove) -> None:
    await prove(replace(basic("web1", SECRET), address=HERE))
    for number in range(PER_ADDRESS):
        with pytest.raises(NotProven):
            await prove(replace(basic(f"client-{number}", "x"), address=HERE))
    assert (await prove(replace(basic("web1", SECRET), address=HERE))).client.id == "web1"


def test_it_says_when_to_come_back_and_then_lets_in(clock: Clock) -> None:
    throttle = FailureThrottle(clock)
    for _ in range(PER_CLIENT):
        throttle.admit("web1", HERE)
        throttle.failed("web1", HERE)
    with pytest.raises(TooManyFailures) as caught:
        throttle.admit("web1", HERE)
    assert 0 < caught.value.retry_after <= WINDOW + 1
    clock.advance(int(WINDOW))  # pyright: ignore[reportAttributeAccessIssue]
    throttle.admit("web1", HERE)


def test_addresses_of_one_household_count_together(clock: Clock) -> None:
    throttle = FailureThrottle(clock)
    for number in range(PER_CLIENT):
        throttle.failed("web1", f"2001:db8:1:1::{number:x}")
    with pytest.raises(TooManyFailures):
        throttle.admit("web1", "2001:db8:1:1:ffff::1")
    throttle.admit("web1", "2001:db8:1:2::1")


def test_ipv4_addresses_written_as_ipv6_are_not_one_household(clock: Clock) -> None:
    throttle = FailureThrottle(clock)
    for _ in range(PER_CLIENT):
        throttle.failed("web1", f"::ffff:{HERE}")
    throttle.admit("web1", f"::ffff:{THERE}")
    with pytest.raises(TooManyFailures):
        throttle.admit("web1", HERE)


def test_memory_is_bounded(clock: Clock) -> None:
    throttle = FailureThrottle(clock)
    for number in range(ROOM + 500):
        throttle.failed(f"client-{number}" * 100, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        throttle.succeeded(f"client-{number}", HERE)
    tables = (throttle._pairs, throttle._addresses, throttle._welcome)
    assert [len(table) for table in tables] == [ROOM, ROOM, ROOM]
    assert all(len(pair[0]) <= 64 for pair in throttle._pairs)
