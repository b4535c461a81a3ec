"""Failed proofs cost where they come from, and never a client that proves itself."""

from collections import Counter
from dataclasses import replace

import pytest
from structlog.testing import capture_logs
from tests.client_auth.samples import CLIENTS, GOOD, SECRET, Attempt, Prove, asserted, assertion, basic

from gatelodge.client_auth import NotProven, TooManyFailures
from gatelodge.client_auth.throttle import LIMIT, LONGEST, WINDOW, FailureThrottle, Slowed
from gatelodge.clock import Clock

pytestmark = pytest.mark.anyio
HERE, THERE = "192.0.2.1", "198.51.100.7"
UNREADABLE = Attempt(headers={"authorization": "Basic what"})


async def outcome(prove: Prove, attempt: Attempt) -> type[Exception] | None:
    try:
        await prove(attempt)
    except (NotProven, TooManyFailures) as refusal:
        return type(refusal)
    return None


@pytest.mark.parametrize("bad", [basic("web1", "guess"), basic("made-up", "x"), UNREADABLE, Attempt()])
async def test_CA_17_who_fails_all_the_time_is_told_to_wait(prove: Prove, bad: Attempt) -> None:
    outcomes = [await outcome(prove, bad) for _ in range(LIMIT + 5)]
    assert outcomes == [NotProven] * (LIMIT - 1) + [TooManyFailures] * 6
    assert await outcome(prove, replace(bad, address=THERE)) is NotProven


@pytest.mark.parametrize("failures", [25, LIMIT, 3 * LIMIT])
@pytest.mark.parametrize("name", GOOD)
async def test_CA_20_failures_of_a_client_do_not_keep_it_out(prove: Prove, name: str, failures: int) -> None:
    client_id = CLIENTS[name].id
    for _ in range(failures):
        assert await outcome(prove, basic(client_id, "gls_wrong")) is not None
    assert (await prove(GOOD[name](client_id))).client.id == client_id


async def test_CA_21_an_assertion_sent_forty_times_does_not_spoil_the_next(prove: Prove) -> None:
    replayed = asserted(assertion())
    outcomes = [await outcome(prove, replayed) for _ in range(LIMIT + 5)]
    assert (outcomes[0], outcomes[40], outcomes[-1]) == (None, NotProven, TooManyFailures)
    assert (await prove(asserted(assertion(jti="another")))).client.id == "pkj1"


async def test_a_flood_of_failures_is_a_few_lines_of_the_log(prove: Prove) -> None:
    with capture_logs() as lines:
        for _ in range(3 * LIMIT):
            await outcome(prove, basic("web1", "gls_wrong"))
    assert Counter(line["event"] for line in lines) == {"client_auth_failed": LIMIT - 1, "client_auth_throttled": 3}
    assert [line["wait"] for line in lines if "wait" in line] == [int(WINDOW * factor) + 1 for factor in (1, 2, 4)]


async def test_the_log_names_the_client_and_its_method_but_nobody_made_up(prove: Prove) -> None:
    with capture_logs() as lines:
        await outcome(prove, Attempt({"client_id": "pkj1", "client_secret": SECRET}))
        await outcome(prove, basic("made-up", "x"))
        await outcome(prove, UNREADABLE)
    assert [(line.get("client_id"), line["method"], line["registered"], line["reason"]) for line in lines] == [
        ("pkj1", "client_secret_post", "private_key_jwt", "client.proven"),
        (None, "client_secret_basic", "", "client.proven"),
        (None, "", "", "client.basic"),
    ]


def test_the_wait_doubles_and_is_over_at_last(clock: Clock) -> None:
    throttle = FailureThrottle(clock)
    waits = [slowed.wait for _ in range(20 * LIMIT) if (slowed := throttle.failed(HERE)) and slowed.just_now]
    assert waits[:4] == [int(WINDOW * factor) + 1 for factor in (1, 2, 4, 8)]
    assert max(waits) == LONGEST + 1
    assert throttle.failed(HERE) == Slowed(int(LONGEST) + 1, just_now=False)
    clock.advance(int(LONGEST))  # pyright: ignore[reportAttributeAccessIssue]
    assert throttle.failed(HERE) is None


def test_a_few_failures_a_minute_are_forgotten(clock: Clock) -> None:
    throttle = FailureThrottle(clock)
    for _ in range(3):
        assert [throttle.failed(HERE) for _ in range(LIMIT - 1)] == [None] * (LIMIT - 1)
        clock.advance(int(WINDOW))  # pyright: ignore[reportAttributeAccessIssue]


def test_failing_on_does_not_lengthen_the_wait(clock: Clock) -> None:
    throttle = FailureThrottle(clock)
    for _ in range(LIMIT):
        throttle.failed(HERE)
    clock.advance(10)  # pyright: ignore[reportAttributeAccessIssue]
    assert throttle.failed(HERE) == Slowed(int(WINDOW) - 10 + 1, just_now=False)
