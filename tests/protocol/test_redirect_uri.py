"""A redirect URI is one that was registered, byte for byte, and what may be registered is plain."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelodge.protocol.client import Client, ClientType
from gatelodge.protocol.redirect_uri import (
    MAX_LENGTH,
    defect,
    is_custom_scheme,
    is_registered,
    origin_of,
    private_schemes,
    url_defect,
)

CB = "https://rp.test/cb"
WEB1 = Client("web1", "Web", "web", "client_secret_basic", redirect_uris=(CB,))
QUERY = Client("query", "Web", "web", "client_secret_basic", redirect_uris=(CB + "?a=b&c=d",))
NAT1 = Client(
    "nat1",
    "Native",
    "native",
    "none",
    redirect_uris=("http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost/cb", "com.example.app:/cb"),
)
DEV = Client(
    "dev", "Web", "web", "client_secret_basic", redirect_uris=("http://localhost:8000/cb", "http://127.0.0.1/cb")
)

NEVER_WEB1 = [
    ("RED-01", "https://rp.test/cb/../evil"),
    ("RED-01", "https://rp.test/cb/..%2Fx"),
    ("RED-01", "https://rp.test/cb/..;/x"),
    ("RED-01", "https://rp.test/cb%252f..%252fx"),
    ("RED-01", "https://rp.test/x/../cb"),
    ("RED-01", "https://rp.test/./cb"),
    ("RED-01", "https://rp.test/%63b"),
    ("RED-05", "HTTPS://RP.TEST/cb"),
    ("RED-05", "https://rp.test/CB"),
    ("RED-05", "https://RP.test/cb"),
    ("RED-06", "https://rp.test/cb/"),
    ("RED-06", "https://rp.test:443/cb"),
    ("RED-06", "https://rp.test./cb"),
    ("RED-06", "https://rp.test//cb"),
    ("RED-07", "https://rp.test/cb?a=b"),
    ("RED-07", "https://rp.test/cb?"),
    ("RED-07", "https://rp.test/cb#"),
    ("RED-07", "https://rp.test/cb#x"),
    ("RED-08", "https://rp.test/cb;evil=1"),
    ("RED-08", "https://rp.test/cb;"),
    ("RED-11", "https://rp.test:99999/cb"),
    ("RED-11", "https://rp.test:0/cb"),
    ("RED-11", "https://rp.test:-1/cb"),
    ("RED-11", "https://rp.test:８０/cb"),
    ("RED-11", "https://[not-an-ip]/cb"),
    ("RED-11", "https://[::1/cb"),
    ("RED-15", "https://r\u0440.test/cb"),  # a Cyrillic er
    ("RED-15", "https://rp。test/cb"),
    ("RED-15", "https://rp.test／cb"),
    ("RED-15", "https://xn--r-itb.test/cb"),
    ("RED-15", "https://rp.test/c\u0308b"),
    ("userinfo", "https://rp.test@evil.test/cb"),
    ("userinfo", "https://user@rp.test/cb"),
    ("backslash", "https://rp.test\\@evil.test/cb"),
    ("prefix", "https://rp.test/c"),
    ("suffix", "https://rp.test/cbx"),
    ("subdomain", "https://x.rp.test/cb"),
    ("other host", "https://rp.test.evil.test/cb"),
    ("scheme", "http://rp.test/cb"),
    ("space", " https://rp.test/cb"),
    ("newline", "https://rp.test/cb\n"),
    ("NUL", "https://rp.test/cb\x00"),
    ("nothing", ""),
]


@pytest.mark.parametrize(("row", "sent"), NEVER_WEB1, ids=[f"{row}-{sent!a}" for row, sent in NEVER_WEB1])
def test_RED_01_05_06_07_08_11_15_nothing_but_the_registered_bytes(row: str, sent: str):
    assert not is_registered(sent, WEB1)


def test_the_registered_one_is_registered():
    assert is_registered(CB, WEB1)


@pytest.mark.parametrize("query", ["?c=d&a=b", "?a=b&c=d&e=f", "?a=b", "?a=b&c=D", "?a=b&c=d&", ""])
def test_RED_07_a_registered_query_is_sent_exactly(query: str):
    assert is_registered(CB + "?a=b&c=d", QUERY)
    assert not is_registered(CB + query, QUERY)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
@pytest.mark.parametrize("port", ["", ":1", ":80", ":51004", ":65535"])
def test_RED_09_a_native_client_listens_on_any_loopback_port(host: str, port: str):
    assert is_registered(f"http://{host}{port}/cb", NAT1)


NEVER_NAT1 = [
    "http://127.0.0.1:51004/cb/",
    "http://127.0.0.1:51004/CB",
    "http://127.0.0.1:51004/cb?a=b",
    "http://127.0.0.1:51004/cb#x",
    "http://127.0.0.1:51004",
    "https://127.0.0.1:51004/cb",
    "HTTP://127.0.0.1:51004/cb",
    "http://127.0.0.2:51004/cb",
    "http://127.1:51004/cb",
    "http://2130706433:51004/cb",
    "http://0x7f.0.0.1/cb",
    "http://[::ffff:127.0.0.1]:51004/cb",
    "http://[0:0:0:0:0:0:0:1]:51004/cb",
    "http://LOCALHOST:51004/cb",
    "http://localhost.:51004/cb",
    "http://localhost.evil.test:51004/cb",
    "http://127.0.0.1.evil.test/cb",
    "http://127.0.0.1:80@evil.test/cb",
    "http://user@127.0.0.1:80/cb",
    "http://127.0.0.1:/cb",
    "http://127.0.0.1:0/cb",
    "http://127.0.0.1:-1/cb",
    "http://127.0.0.1:+80/cb",
    "http://127.0.0.1:080/cb",
    "http://127.0.0.1:65536/cb",
    "http://127.0.0.1:99999/cb",
    "http://127.0.0.1:８０/cb",
    "http://127.0.0.1:80:80/cb",
    "http://127.0.0.1:51004/cb\n",
    "http://127.0.0.1:51004\\cb",
    "com.example.app://cb",
    "COM.EXAMPLE.APP:/cb",
    "com.example.app:/cb/",
    "com.example.app:cb",
]


@pytest.mark.parametrize("sent", NEVER_NAT1)
def test_RED_11_12_but_nothing_else_may_differ(sent: str):
    assert not is_registered(sent, NAT1)


def test_RED_12_a_private_use_scheme_is_taken_exactly():
    assert is_registered("com.example.app:/cb", NAT1)


@pytest.mark.parametrize("host", ["localhost", "[::1]"])
def test_RED_09_the_loopback_host_is_the_registered_one(host: str):
    ipv4_only = replace(NAT1, redirect_uris=("http://127.0.0.1/cb",))

    assert is_registered("http://127.0.0.1:51004/cb", ipv4_only)
    assert not is_registered(f"http://{host}:51004/cb", ipv4_only)


@pytest.mark.parametrize("sent", ["http://localhost:8001/cb", "http://localhost/cb", "http://127.0.0.1:8000/cb"])
def test_only_native_clients_may_pick_their_port(sent: str):
    assert is_registered("http://localhost:8000/cb", DEV)
    assert not is_registered(sent, DEV)


@given(st.text() | st.text("htps:/.?#@[]%\\:127.0cbrp ").map(lambda tail: "http://127.0.0.1" + tail))
def test_whatever_is_sent_only_equals_are_registered(sent: str):
    assert is_registered(sent, WEB1) is (sent == CB)
    if is_registered(sent, NAT1):
        assert sent.endswith("/cb")
        assert sent.startswith(("http://127.0.0.1", "http://[::1]", "http://localhost", "com.example.app:"))


FINE = [
    ("web", "https://rp.test/cb"),
    ("web", "https://rp.test"),
    ("web", "https://rp.test/"),
    ("web", "https://rp.test:8443/cb?a=b&c=%20"),
    ("web", "https://[2001:db8::1]:8443/cb"),
    ("web", "http://localhost:8000/cb"),
    ("spa", "http://127.0.0.1:5173/cb"),
    ("native", "http://[::1]/cb"),
    ("native", "com.example.app:/cb"),
    ("native", "https://app.test/cb"),
    ("web", "https://" + "a" * 61 + ".test" * 38 + ".o/cb"),  # 253 characters
]


@pytest.mark.parametrize(("client_type", "uri"), FINE)
def test_what_may_be_registered(client_type: ClientType, uri: str):
    assert defect(uri, client_type) is None


BROKEN = [
    ("RED-12", "native", "myapp:/cb", "redirect.scheme"),
    ("RED-12", "native", "com.example.app://cb", "redirect.scheme"),
    ("RED-12", "native", "com.example.app:cb", "redirect.scheme"),
    ("RED-12", "native", "COM.EXAMPLE.APP:/cb", "redirect.scheme"),
    ("RED-12", "native", ".app:/cb", "redirect.scheme"),
    ("RED-12", "web", "com.example.app:/cb", "redirect.scheme"),
    ("RED-12", "spa", "com.example.app:/cb", "redirect.scheme"),
    ("RED-13", "native", "javascript:alert(1)", "redirect.scheme"),
    ("RED-13", "native", "javascript:/alert(1)", "redirect.scheme"),
    ("RED-13", "native", "JavaScript:alert(1)", "redirect.scheme"),
    ("RED-13", "native", "\tjavascript:alert(1)", "redirect.syntax"),
    ("RED-13", "native", "\x00javascript:alert(1)", "redirect.syntax"),
    ("RED-13", "native", "java\nscript:alert(1)", "redirect.syntax"),
    ("RED-13", "native", "data:text/html,x", "redirect.scheme"),
    ("RED-13", "native", "vbscript:x", "redirect.scheme"),
    ("RED-13", "native", "file:///etc/passwd", "redirect.scheme"),
    ("RED-13", "native", "blob:https://rp.test/x", "redirect.scheme"),
    ("RED-13", "native", "about:blank", "redirect.scheme"),
    ("RED-13", "native", "intent:/x", "redirect.scheme"),
    ("http", "web", "http://rp.test/cb", "redirect.https"),
    ("http", "native", "http://127.0.0.2/cb", "redirect.https"),
    ("http", "native", "http://localhost.evil.test/cb", "redirect.https"),
    ("http", "native", "http://2130706433/cb", "redirect.https"),
    ("http", "native", "http://0.0.0.0/cb", "redirect.https"),
    ("fragment", "web", "https://rp.test/cb#x", "redirect.fragment"),
    ("fragment", "web", "https://rp.test/cb#", "redirect.fragment"),
    ("fragment", "native", "com.example.app:/cb#x", "redirect.fragment"),
    ("userinfo", "web", "https://user@rp.test/cb", "redirect.userinfo"),
    ("userinfo", "web", "https://user:pass@rp.test/cb", "redirect.userinfo"),
    ("userinfo", "web", "https://rp.test:80@evil.test/cb", "redirect.userinfo"),
    ("host", "web", "https:///cb", "redirect.host"),
    ("host", "web", "https://*.rp.test/cb", "redirect.host"),
    ("host", "web", "https://rp..test/cb", "redirect.host"),
    ("host", "web", "https://rp.test./cb", "redirect.host"),
    ("host", "web", "https://-rp.test/cb", "redirect.host"),
    ("host", "web", "https://rp%2etest/cb", "redirect.host"),
    ("host", "web", "https://[not-an-ip]/cb", "redirect.host"),
    ("host", "web", "https://[::1/cb", "redirect.host"),
    ("host", "web", "https://[::1]x/cb", "redirect.host"),
    ("host", "web", "https://[fe80::1%25eth0]/cb", "redirect.host"),
    ("host", "web", "https://" + "a" * 64 + ".test/cb", "redirect.host"),
    ("host", "web", "https://[2001:db8::g]/cb", "redirect.host"),
    ("host", "web", "https://" + "a" * 61 + ".test" * 38 + ".oo/cb", "redirect.host"),
    ("port", "web", "https://rp.test:/cb", "redirect.port"),
    ("port", "web", "https://rp.test:0/cb", "redirect.port"),
    ("port", "web", "https://rp.test:-1/cb", "redirect.port"),
    ("port", "web", "https://rp.test:65536/cb", "redirect.port"),
    ("port", "web", "https://rp.test:99999/cb", "redirect.port"),
    ("port", "web", "https://rp.test:80:80/cb", "redirect.port"),
    ("path", "web", "https://rp.test/cb/../evil", "redirect.path"),
    ("path", "web", "https://rp.test/./cb", "redirect.path"),
    ("path", "web", "https://rp.test/cb/..", "redirect.path"),
    ("path", "web", "https://rp.test/cb/%2e%2E/evil", "redirect.path"),
    ("path", "web", "https://rp.test/cb/.%2e/evil", "redirect.path"),
    ("path", "web", "https://rp.test/cb/..;/x", "redirect.path"),
    ("web form", "web", "https:rp.test/cb", "redirect.scheme"),
    ("web form", "web", "https:/rp.test/cb", "redirect.scheme"),
    ("web form", "web", "HTTPS://rp.test/cb", "redirect.scheme"),
    ("web form", "web", "//rp.test/cb", "redirect.scheme"),
    ("web form", "web", "/cb", "redirect.scheme"),
    ("syntax", "web", "", "redirect.syntax"),
    ("syntax", "web", "https://rp.test/a b", "redirect.syntax"),
    ("syntax", "web", "https://rp.test\\cb", "redirect.syntax"),
    ("syntax", "web", "https://rp.test/%", "redirect.syntax"),
    ("syntax", "web", "https://rp.test/%zz", "redirect.syntax"),
    ("syntax", "web", "https://rp.test/cb\n", "redirect.syntax"),
    ("syntax", "web", "https://rp.test:８０/cb", "redirect.syntax"),
    ("syntax", "web", "https://r\u0440.test/cb", "redirect.syntax"),
    ("syntax", "web", "https://rp。test/cb", "redirect.syntax"),
    ("syntax", "web", "https://rp.test/" + "a" * MAX_LENGTH, "redirect.syntax"),
]


@pytest.mark.parametrize(
    ("row", "client_type", "uri", "rule"),
    BROKEN,
    ids=[f"{row}-{client_type}-{uri[:40]!a}" for row, client_type, uri, _ in BROKEN],
)
def test_RED_12_13_what_may_not_be_registered(row: str, client_type: ClientType, uri: str, rule: str):
    broken = defect(uri, client_type)

    assert broken is not None
    assert broken.id == rule


@given(st.text() | st.text("htps:/.?#@[]%\\:a1- ").map(lambda tail: "https://" + tail))
def test_whatever_is_registered_is_plain_and_safe(uri: str):
    if url_defect(uri) is None:
        assert uri.startswith(("https://", "http://127.0.0.1", "http://[::1]", "http://localhost"))
        assert uri.isascii()
        assert not any(bad in uri for bad in "\\# \t\n")
        assert "@" not in re.split("[/?]", uri.partition("://")[2])[0]


def test_HTTP_07_a_long_hostile_uri_is_refused_at_once():
    assert not is_registered("http://[" + ":" * 60_000, NAT1)
    assert url_defect("https://[" + ":" * 1_900 + "]/cb") is not None
    assert url_defect("https://" + "a-" * 900 + "/cb") is not None


def test_an_operator_speaks_out_a_scheme_that_opens_an_application_alone_and_no_other():
    assert is_custom_scheme("cursor")
    assert not is_custom_scheme("Cursor")
    assert not is_custom_scheme("javascript")
    for permitted, uri, rule in (
        (("cursor",), "cursor://cb", None),
        (("cursor",), "cursor:cb", "redirect.scheme"),
        (("cursor",), "other://cb", "redirect.scheme"),
        (("javascript",), "javascript:/cb", "redirect.scheme"),
    ):
        broken = defect(uri, "native", permitted)
        assert (broken and broken.id) == rule
    assert defect("cursor://cb", "web", ("cursor",)) is not None


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://RP.test/a/b?c", "https://rp.test"),
        ("https://rp.test:443/a", "https://rp.test"),
        ("https://rp.test:8443", "https://rp.test:8443"),
        ("https://rp.test:80/", "https://rp.test:80"),
        ("https://rp.test?a=/b", "https://rp.test"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("https://rp.test@evil.test/", ""),
        ("javascript:alert(1)", ""),
        ("//rp.test/", ""),
    ],
)
def test_an_origin_is_told_as_browsers_compare_it(url: str, origin: str):
    assert origin_of(url) == origin


def test_what_opens_an_application_of_a_device_is_neither_https_nor_http():
    assert private_schemes(["https://rp.test/cb", "http://127.0.0.1/cb", "com.example:/cb"]) == {"com.example"}
