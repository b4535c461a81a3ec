"""Addresses that mean the same are equal in their normal form, and no two others are."""

import pytest

from gatelodge.protocol.http_uri import MAX_LENGTH, without_query

NORMAL = "https://id.test/a%20b/~c"


@pytest.mark.parametrize(
    "uri",
    [
        NORMAL,
        "HTTPS://ID.Test/a%20b/~c",
        "https://id.test:443/a%20b/~c",
        "https://id.test:/a%20b/~c",
        "https://id.test/a%20b/%7ec",
        "https://id.test/x/../a%20b/./%7Ec",
        "https://id.test/a%20b/~c?x=1#y",
    ],
)
def test_DP_02_what_means_the_same_is_equal(uri: str) -> None:
    assert without_query(uri) == NORMAL


def test_the_examples_of_the_rfc() -> None:
    assert without_query("http://example.com") == without_query("http://EXAMPLE.com:80/") == "http://example.com/"
    assert without_query("https://x.test/a/b/c/./../../g") == "https://x.test/a/g"
    assert without_query("https://x.test/a/..") == "https://x.test/"
    assert without_query("https://x.test/../../a/.") == "https://x.test/a/"
    assert without_query("https://[::1]:8443/a%2fb") == "https://[::1]:8443/a%2Fb"


def test_what_means_something_else_is_not_equal() -> None:
    others = ["http://id.test/a", "https://id.test/A", "https://id.test/a/", "https://id.test:444/a", "https://id.test"]
    assert len({without_query(uri) for uri in (*others, "https://id.test/a", "https://id.test/%41%2f")}) == 7


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "id.test/a",
        "ftp://id.test/",
        "https:/id.test/a",
        "https://",
        "https://user@id.test/a",
        "https://id.test:x/a",
        "https://id.test\\@evil.test/a",
        "https://id.test/a b",
        "https://id.test/%zz",
        "https://id.test/ü",
        "https://id.test/" + "a" * MAX_LENGTH,
    ],
)
def test_what_is_no_plain_address_has_no_normal_form(uri: str) -> None:
    assert without_query(uri) is None
