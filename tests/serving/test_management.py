"""By which names the management listener is asked."""

import pytest

from gatelodge.serving.management import answers_to, name_in

OURS = frozenset({"metrics.example.com"})


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "[::1]:9000", "10.1.2.3", "localhost:9000", "gatelodge:9000", ""])
def test_addresses_and_names_of_the_local_network_are_answered(host: str) -> None:
    assert answers_to(name_in(host), OURS)


@pytest.mark.parametrize("host", ["metrics.example.com", "METRICS.example.com:9000"])
def test_a_name_the_operator_gave_is_answered(host: str) -> None:
    assert answers_to(name_in(host), OURS)


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "evil.test:9000",
        "127.0.0.1.evil.test",
        "metrics.example.com.evil.test",
        "evil.test.",
        "[::1.evil.test]:1",
    ],
)
def test_HTTP_18_any_other_name_is_not(host: str) -> None:
    assert not answers_to(name_in(host), OURS)
