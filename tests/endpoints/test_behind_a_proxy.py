"""Who a request comes from: the peer, or whom a named proxy names; one address is one, however it is written."""

import pytest

from gatelodge.config.policies import ServerPolicy
from gatelodge.config.site import site_of
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.reading import check_origin_of_request, client_address

SITE = site_of(ServerPolicy(issuer="https://id.test", proxies=("192.0.2.1", "10.0.0.0/8")))


def address(peer: str, forwarded: str = "") -> str:
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    return client_address({"client": (peer, 4711)}, headers, SITE)


def test_a_stranger_is_who_they_are_whatever_they_say():
    assert address("203.0.113.9", "198.51.100.7") == "203.0.113.9"


def test_of_a_chain_the_last_that_is_no_proxy_counts():
    assert address("192.0.2.1", "1.1.1.1, 198.51.100.7, 10.1.2.3") == "198.51.100.7"
    assert address("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("198.51.100.7:50123", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("::FFFF:198.51.100.7", "198.51.100.7"),
        ("[::ffff:198.51.100.7]:50123", "198.51.100.7"),
        ("[2001:db8::7]:50123", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("unknown", "unknown"),
    ],
)
def test_an_address_is_the_same_with_a_port_and_dressed_as_another_kind(written: str, one: str):
    assert address("192.0.2.1", written) == one
    assert address("192.0.2.1", f"{written}, 10.0.0.2:443") == one


def test_a_proxy_is_known_on_a_socket_that_takes_both_kinds():
    assert address("::ffff:192.0.2.1", "198.51.100.7") == "198.51.100.7"
    scope = {"client": ("::ffff:192.0.2.1", 4711), "scheme": "http"}
    check_origin_of_request(scope, {"host": "id.test", "x-forwarded-proto": "https"}, SITE)
    with pytest.raises(HttpRefusal):
        check_origin_of_request(scope, {"host": "id.test"}, SITE)
