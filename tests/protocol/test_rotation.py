"""How long refresh tokens live."""

import pytest

from gatelodge.protocol.rotation import Expiry, Lifetimes, first_expiry, next_idle_expiry

LIFETIMES = Lifetimes(idle=100, absolute=1_000)


def test_a_family_dies_unused_or_old() -> None:
    assert first_expiry(LIFETIMES, 50) == Expiry(idle_at=150, at=1_050)


@pytest.mark.parametrize(("now", "idle_at"), [(0, 100), (899, 999), (900, 1_000), (999, 1_000), (5_000, 1_000)])
def test_RT_09_refreshing_never_moves_the_absolute_end(now: int, idle_at: int) -> None:
    assert next_idle_expiry(100, 1_000, now) == idle_at


def test_an_idle_lifetime_longer_than_the_absolute_one_does_not_count() -> None:
    assert first_expiry(Lifetimes(idle=500, absolute=100), 0) == Expiry(100, 100)
