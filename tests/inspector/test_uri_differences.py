"""What is wrong with an address, in words."""

from dataclasses import replace

import pytest
from tests.cost import seconds_of
from tests.world import CLIENTS

from gatelodge.inspector.explain import Case, explain
from gatelodge.protocol import rules
from gatelodge.protocol.params import Params
from gatelodge.protocol.registration import MAX_URIS
from gatelodge.protocol.targets import Apis
from gatelodge.protocol.uri_differences import MOST, closest, differences, differs_in_port, shown

REGISTERED = "https://rp.test/cb"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("https://rp.test/cb/", "has a trailing slash"),
        ("https://rp.test:8443/cb", "names the port 8443"),
        ("https://rp.test:443/cb", "names the port 443"),
        ("http://rp.test/cb", "begins with http instead of https"),
        ("HTTPS://rp.test/cb", "writes the scheme https in another case"),
        ("https://RP.test/cb", "writes the host in another case"),
        ("https://rp.test./cb", "has a dot after the host"),
        ("https://www.rp.test/cb", "says www.rp.test instead of rp.test"),
        ("https://rp.test/CB", "writes the path in another case"),
        ("https://rp.test/c%62", "percent-encodes the path differently"),
        ("https://rp.test/other", "has the path /other instead of /cb"),
        ("https://rp.test", "has the path nothing instead of /cb"),
        ("https://rp.test/cb?a=1", "has a query (a=…)"),
        ("https://rp.test/cb#x", "has a fragment"),
        ("https://me:pw@rp.test/cb", "names a user before the host"),
        (" https://rp.test/cb", "has white space around it"),
        ("https%3A%2F%2Frp.test%2Fcb", "is percent-encoded once too often"),
        ("https://rр.test/cb", "has a host with characters that only look like those of rp.test"),
        ("", "begins with no scheme instead of https"),
    ],
)
def test_a_difference_is_named(sent: str, said: str) -> None:
    assert said in differences(sent, REGISTERED)


def test_equal_addresses_do_not_differ() -> None:
    assert differences(REGISTERED, REGISTERED) == ()


@pytest.mark.parametrize(
    ("sent", "registered", "said"),
    [
        ("https://rp.test/cb", "https://rp.test/cb/", "lacks the trailing slash"),
        ("http://localhost:3000/cb", "http://localhost:8000/cb", "has port 3000 instead of 8000"),
        ("http://localhost/cb", "http://localhost:8000/cb", "lacks the port 8000"),
        ("http://127.0.0.1/cb", "http://localhost/cb", "says 127.0.0.1 instead of localhost, which is another host"),
        ("https://rp.test/cb", "https://rp.test/cb?a=b", "lacks the query ?a=b"),
        ("https://rp.test/cb?b=2&a=1", "https://rp.test/cb?a=1&b=2", "has the query in another order"),
        ("https://rp.test/cb?a=2", "https://rp.test/cb?a=1", "has another query"),
        ("com.example.app://cb", "com.example.app:/cb", "says cb instead of no host"),
        ("https://rp.test/c%62", "https://rp.test/cb", "percent-encodes the path differently"),
    ],
)
def test_differences_go_both_ways(sent: str, registered: str, said: str) -> None:
    assert said in differences(sent, registered)


def test_the_closest_is_the_one_with_the_fewest_differences() -> None:
    registered = ("https://other.test/x", "https://rp.test/cb", "http://localhost:3000/cb")

    assert closest("https://rp.test/cb/", registered) == "https://rp.test/cb"
    assert closest("http://localhost:3001/cb", registered) == "http://localhost:3000/cb"
    assert closest("anything", ()) is None


def test_of_equally_many_differences_the_one_that_is_written_most_alike_is_closest() -> None:
    registered = ("https://rp.test/callback/github", "https://rp.test/callback/gitlab", "https://rp.test/login")

    assert closest("https://rp.test/callback/gitlabb", registered) == "https://rp.test/callback/gitlab"


def test_on_loopback_only_the_port_may_differ() -> None:
    assert differs_in_port("http://127.0.0.1:65535/cb", "http://127.0.0.1/cb")
    assert differs_in_port("http://127.0.0.1/cb", "http://127.0.0.1:65535/cb")
    assert not differs_in_port("http://127.0.0.1:1/cb", "http://localhost/cb")
    assert not differs_in_port("https://rp.test:1/cb", "https://rp.test/cb")


@pytest.mark.parametrize(
    "sent",
    ["https://rp.test/" + "x" * 16_000, ":" * 16_000, "?" * 16_000, "https://[" + "a" * 16_000, "%41" * 5_000],
    ids=["a path", "colons", "queries", "an address", "escapes"],
)
def test_HTTP_17_telling_what_was_wrong_with_an_address_costs_a_few_milliseconds_at_most(sent: str) -> None:
    uris = tuple(f"https://app{number}.test/{'p' * 1_900}/{number}" for number in range(MAX_URIS))
    client = replace(next(c for c in CLIENTS if c.id == "web1"), redirect_uris=uris)
    case = Case(Params.of([("client_id", client.id), ("redirect_uri", sent)]), False, client, Apis(), "https://id.test")

    assert "is not registered for web1" in explain(rules.REDIRECT_EXACT, case)
    assert seconds_of(lambda: explain(rules.REDIRECT_EXACT, case), tries=20) < 0.01


def test_what_is_shown_has_no_value_no_user_and_no_fragment() -> None:
    text = shown("https://me:secret1@rp.test:1/cb?token=secret2&secret3#secret4")

    assert text == "https://…@rp.test:1/cb?token=…&…#…"


def test_what_is_shown_is_cut_and_plain() -> None:
    assert len(shown("https://rp.test/" + "x" * 20_000)) < 2 * MOST
    assert shown("https://rр.test/\u202e") == "https://r\\u0440.test/\\u202e"
