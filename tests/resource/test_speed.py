"""Local verification is fast enough to be done for every request."""

from bench.verify import FLOOR, first_time, rate, sample, seen_before


def test_tokens_that_come_again_are_verified_fast_enough_on_one_core() -> None:
    assert rate(seen_before(sample("ES256")), rounds=3) > FLOOR


def test_a_token_that_is_new_costs_little_more_than_its_signature() -> None:
    assert rate(first_time(sample("RS256")), rounds=3) > 2_000  # a slow, busy core; it is many times that
