"""What happens at one address is counted there, for a window of time and within bounds."""

import pytest

from gatelodge.foundation.counts import ROOM, AddressCounts

HERE, THERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def counts() -> AddressCounts:
    return AddressCounts(window=60.0)


def test_a_window_begins_with_the_first_and_is_over_after_its_time(counts: AddressCounts) -> None:
    assert [counts.one_more(HERE, now).count for now in (5.0, 6.0, 64.9, 65.0, 66.0)] == [1, 2, 3, 1, 2]
    assert counts.one_more(HERE, 66.0).until == 125.0


def test_whoever_counts_may_move_the_end(counts: AddressCounts) -> None:
    counts.one_more(HERE, 0.0).until = 100.0
    assert [counts.one_more(HERE, now).count for now in (99.0, 100.0)] == [2, 1]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8:1:1::1", "2001:db8:1:1:ffff::1", True),
        ("2001:db8:1:1::1", "2001:db8:1:2::1", False),
        (f"::ffff:{HERE}", HERE, True),
        (f"::ffff:{HERE}", f"::ffff:{THERE}", False),
    ],
)
def test_addresses_of_one_household_count_together(counts: AddressCounts, one: str, other: str, together: bool) -> None:
    counts.one_more(one, 0.0)
    assert counts.one_more(other, 0.0).count == 1 + together


def test_memory_is_bounded_and_who_goes_on_is_not_forgotten(counts: AddressCounts) -> None:
    counts.one_more(THERE, 0.0)
    for number in range(ROOM + 500):
        counts.one_more(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0.0)
        counts.one_more(HERE, 0.0)
    assert len(counts) == ROOM
    assert counts.one_more(HERE, 0.0).count == ROOM + 501
    assert counts.one_more(THERE, 0.0).count == 1
