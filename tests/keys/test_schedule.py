"""Plans: who hands over to whom, and when."""

import pytest

from gatelodge.keys.keyring import NewKey, state
from gatelodge.keys.schedule import (
    Change,
    Schedule,
    is_due,
    missing,
    plan_first,
    plan_retire,
    plan_rotation,
    plan_succession,
)
from gatelodge.stores.signing_keys import NEVER, SigningKey

BY_TIME = Schedule(period=1_000, publish_ahead=100, keep=50)
BY_COMMAND = Schedule(period=0, publish_ahead=100, keep=50)


def key(kid: str) -> NewKey:
    return NewKey(kid, "ES256", "{}", b"")


def after(rows: list[SigningKey], change: Change) -> list[SigningKey]:
    changed = {row.kid: row for row in change.changed}
    return [changed.get(row.kid, row) for row in rows] + list(change.added)


def begun(schedule: Schedule = BY_TIME) -> list[SigningKey]:
    return after([], plan_first(key("a"), key("b"), 0, schedule))


def states(rows: list[SigningKey], now: int) -> dict[str, str]:
    return {row.kid: state(row, now) for row in rows}


def test_the_first_key_signs_at_once_and_the_next_one_is_published() -> None:
    assert states(begun(), 0) == {"a": "active", "b": "next"}


def test_every_algorithm_gets_its_first_key_once() -> None:
    assert missing([]) == ("RS256", "ES256")
    assert missing(begun()) == ("RS256",)


def test_FLT_25_an_algorithm_whose_keys_are_all_gone_is_not_begun_again() -> None:
    gone = [SigningKey("a", "ES256", "{}", b"", 0, 0, 1, 2)]
    assert "ES256" not in missing(gone)


def test_the_hand_over_happens_by_itself() -> None:
    rows = begun()
    assert states(rows, 999) == {"a": "active", "b": "next"}
    assert states(rows, 1_000) == {"a": "retired", "b": "active"}
    assert states(rows, 1_050) == {"a": "removed", "b": "active"}


def test_a_new_next_key_is_due_when_the_last_one_took_over() -> None:
    rows = begun()
    assert not is_due(rows, "ES256", 999)
    assert is_due(rows, "ES256", 1_000)
    rows = after(rows, plan_succession(rows, "ES256", key("c"), 1_000, BY_TIME))
    assert states(rows, 1_000) == {"a": "retired", "b": "active", "c": "next"}
    assert states(rows, 2_000) == {"a": "removed", "b": "retired", "c": "active"}


def test_a_second_worker_that_plans_the_same_finds_nothing_to_do() -> None:
    rows = begun()
    rows = after(rows, plan_succession(rows, "ES256", key("c"), 1_000, BY_TIME))
    assert not plan_succession(rows, "ES256", key("d"), 1_000, BY_TIME)


def test_a_rotation_that_was_missed_for_years_still_publishes_ahead() -> None:
    rows = begun()
    rows = after(rows, plan_succession(rows, "ES256", key("c"), 50_000, BY_TIME))
    assert states(rows, 50_099) == {"a": "removed", "b": "active", "c": "next"}
    assert states(rows, 50_100) == {"a": "removed", "b": "retired", "c": "active"}


def test_without_a_period_keys_rotate_by_command_only() -> None:
    rows = begun(BY_COMMAND)
    assert states(rows, NEVER - 1) == {"a": "active", "b": "next"}
    rows = after(rows, plan_rotation(rows, "ES256", 500, BY_COMMAND))
    assert states(rows, 500) == {"a": "retired", "b": "active"}
    rows = after(rows, plan_succession(rows, "ES256", key("c"), 500, BY_COMMAND))
    assert states(rows, NEVER - 1)["c"] == "next"


def test_FLT_24_a_rotation_waits_until_the_next_key_was_published_long_enough() -> None:
    rows = begun()
    rows = after(rows, plan_rotation(rows, "ES256", 30, BY_TIME))
    assert states(rows, 99) == {"a": "active", "b": "next"}
    assert states(rows, 100) == {"a": "retired", "b": "active"}


def test_a_rotation_without_a_next_key_changes_nothing() -> None:
    assert plan_rotation(begun()[:1], "ES256", 30, BY_TIME) == Change()


def test_a_rotation_never_delays_what_was_planned() -> None:
    rows = begun()
    rows = after(rows, plan_rotation(rows, "ES256", 950, BY_TIME))
    assert states(rows, 950) == {"a": "retired", "b": "active"}


@pytest.mark.parametrize("now", [0, 150, 999])
def test_at_every_moment_exactly_one_key_signs(now: int) -> None:
    rows = after(begun(), plan_rotation(begun(), "ES256", now, BY_TIME))
    for moment in range(0, 3_000, 7):
        if is_due(rows, "ES256", moment):
            rows = after(rows, plan_succession(rows, "ES256", key(f"n{moment}"), moment, BY_TIME))
        assert list(states(rows, moment).values()).count("active") == 1


def test_a_retired_key_stays_published_until_its_last_token_is_dead() -> None:
    rows = after(begun(), plan_retire(begun(), "a", 10, BY_TIME))
    assert states(rows, 10) == {"a": "retired", "b": "active"}
    assert states(rows, 59)["a"] == "retired"
    assert states(rows, 60)["a"] == "removed"


def test_FLT_24_a_compromised_key_is_gone_at_once() -> None:
    rows = after(begun(), plan_retire(begun(), "a", 10, BY_TIME, compromised=True))
    assert states(rows, 10) == {"a": "removed", "b": "active"}


def test_retiring_the_next_key_makes_another_one_due_and_leaves_no_gap() -> None:
    rows = after(begun(), plan_retire(begun(), "b", 10, BY_TIME))
    assert is_due(rows, "ES256", 10)
    rows = after(rows, plan_succession(rows, "ES256", key("c"), 10, BY_TIME))
    assert states(rows, 999) == {"a": "active", "b": "removed", "c": "next"}
    assert states(rows, 1_000) == {"a": "retired", "b": "removed", "c": "active"}


def test_when_every_key_was_retired_the_next_one_made_signs_at_once() -> None:
    rows = begun()
    for kid in ("b", "a"):
        rows = after(rows, plan_retire(rows, kid, 10, BY_TIME))
    rows = after(rows, plan_succession(rows, "ES256", key("c"), 11, BY_TIME))
    assert states(rows, 11)["c"] == "active"


@pytest.mark.parametrize("kid", ["unknown", "a"])
def test_retiring_what_is_not_there_or_retired_already_says_so(kid: str) -> None:
    rows = after(begun(), plan_retire(begun(), "a", 10, BY_TIME))
    with pytest.raises(LookupError):
        plan_retire(rows, kid, 20, BY_TIME)
