"""Local verification is fast enough to be done for every request: beside the signature alone, on the same core."""

import pytest
from bench.verify import first_time, sample, seen_before, signature_alone, times_as_much


def test_a_token_that_comes_again_costs_a_part_of_its_signature() -> None:
    tokens = sample("ES256")
    assert times_as_much(seen_before(tokens), signature_alone(tokens)) < 1 / 3  # a tenth


@pytest.mark.parametrize(("alg", "most"), [("ES256", 2), ("RS256", 4)])  # 1.4 and 2
def test_a_token_that_is_new_costs_little_more_than_its_signature(alg: str, most: float) -> None:
    tokens = sample(alg)
    assert times_as_much(first_time(tokens), signature_alone(tokens)) < most
