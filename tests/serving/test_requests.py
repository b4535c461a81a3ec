"""Requests as no client sends them: refused at once, answered once, and nothing of them believed (catalogue 2.16)."""

import pytest
from tests.serving.conftest import Site
from tests.serving.raw import basic, body, request, status

SECOND = b"GET /jwks HTTP/1.1\r\nHost: %b\r\n\r\n"
TOKEN = b"POST /token HTTP/1.1\r\nHost: %b\r\nContent-Type: application/x-www-form-urlencoded\r\n"
GET = b"GET /jwks HTTP/1.1\r\nHost: %b\r\n"

# Each is followed by what would be a second request if the server saw another end of the first than a proxy does.
AMBIGUOUS = {
    "length and chunks": TOKEN + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": TOKEN + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": TOKEN + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\na=b&c",
    "two equal lengths": TOKEN + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\na=b&c",
    "a list of lengths": TOKEN + b"Content-Length: 5, 5\r\n\r\na=b&c",
    "a signed length": TOKEN + b"Content-Length: +5\r\n\r\na=b&c",
    "a negative length": TOKEN + b"Content-Length: -1\r\n\r\n",
    "a length in hex": TOKEN + b"Content-Length: 0x5\r\n\r\na=b&c",
    "another coding": TOKEN + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding after chunks": TOKEN + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunks twice": TOKEN + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a bare LF after a chunk's size": TOKEN + b"Transfer-Encoding: chunked\r\n\r\n5\na=b&c\r\n0\r\n\r\n",
    "a bare LF after a chunk": TOKEN + b"Transfer-Encoding: chunked\r\n\r\n5\r\na=b&c\n0\r\n\r\n",
    "a chunk's size of more than 64 bits": TOKEN + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
    "a bare LF after a line": b"GET /jwks HTTP/1.1\nHost: %b\n\n",
    "a bare CR in a line": GET + b"X-A: b\rX-C: d\r\n\r\n",
    "a folded line": GET + b"X-A: b\r\n c\r\n\r\n",
    "a folded length": TOKEN + b"Content-Length:\r\n 5\r\n\r\na=b&c",
    "a space before the colon": GET + b"X-A : b\r\n\r\n",
    "a space before the first line": GET + b" X-A: b\r\n\r\n",
    "a NUL in a line": GET + b"X-A: b\0c\r\n\r\n",
    "no name": GET + b": b\r\n\r\n",
    "no version": b"GET /jwks\r\nHost: %b\r\n\r\n",
    "version 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_HTTP_03_an_ambiguous_request_is_refused_and_the_connection_ends(site: Site, name: str):
    first = AMBIGUOUS[name]
    host = site.peer.host
    raw = first.replace(b"%b", host) + SECOND % host
    assert status(site.peer.send(raw)) == 400


def test_HTTP_03_a_megabyte_of_chunk_extension_is_not_read(site: Site):
    raw = (
        TOKEN % site.peer.host + b"Transfer-Encoding: chunked\r\n\r\n5;" + b"x" * 1_048_576 + b"\r\na=b&c\r\n0\r\n\r\n"
    )
    assert site.peer.send(raw)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413", b"")


def test_HTTP_03_a_well_formed_chunked_body_is_read(site: Site):
    form = b"grant_type=client_credentials&scope=jobs"
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (form[:7], form[7:], b""))
    headers = ("Transfer-Encoding: chunked", "Content-Type: application/x-www-form-urlencoded")
    head = request("POST", "/token", site.peer.host, *headers, basic("daemon", site.secret))
    assert status(site.peer.send(head + chunks)) == 200


@pytest.mark.parametrize(
    "host",
    [
        b"Host: evil.test\r\n",
        b"",
        b"Host: %b\r\nHost: evil.test\r\n",
        b"Host: %b\r\nHost: %b\r\n",
        b"Host: a/b?c\r\n",
        b"Host: %b@evil.test\r\n",
        b"Host: evil.test\r\nX-Forwarded-Host: %b\r\n",
        b"Host: %b.evil.test\r\n",
        b"Host: 127.0.0.1\r\n",
    ],
)
def test_HTTP_01_another_host_is_refused(site: Site, host: bytes):
    raw = b"GET /.well-known/openid-configuration HTTP/1.1\r\nConnection: close\r\n" + host.replace(
        b"%b", site.peer.host
    )
    answer = site.peer.send(raw + b"\r\n")
    assert status(answer) in (400, 421)
    assert b"evil" not in answer


@pytest.mark.parametrize(
    "target", ["http://evil.test/jwks", "http://%s/jwks", "//evil.test/jwks", "jwks", "*", "evil.test:443"]
)
def test_HTTP_01_only_a_path_is_a_request_target(site: Site, target: str):
    raw = request("GET", target.replace("%s", site.peer.host.decode()), site.peer.host)
    assert status(site.peer.send(raw)) in (400, 404)


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-Host: evil.test",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Prefix: /evil",
        "Forwarded: host=evil.test;proto=https",
        "X-Original-URL: /evil",
        "X-Rewrite-URL: /evil",
        "X-Forwarded-For: 192.0.2.7",
    ],
)
def test_HTTP_16_what_is_published_is_the_same_bytes_whatever_a_request_says(site: Site, header: str):
    path = "/.well-known/openid-configuration"
    assert body(site.peer.get(path, header)) == body(site.peer.get(path)) != b""


PATHS = (
    "//token",
    "/token/",
    "/TOKEN",
    "/%74oken",
    "/x/..;/token",
    "/./token",
    "/x/../token",
    "/token;a=b",
    "/token%00",
)


@pytest.mark.parametrize("path", PATHS)
def test_HTTP_13_a_path_is_compared_as_it_was_sent(site: Site, path: str):
    form = b"grant_type=client_credentials&scope=jobs"
    assert status(site.peer.post(path, form, basic("daemon", site.secret))) == 404


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override: POST", "X-Method-Override: POST", "X-HTTP-Method: POST"])
def test_HTTP_13_the_method_is_the_one_of_the_request_line(site: Site, header: str):
    answer = site.peer.get("/token?grant_type=client_credentials", header, basic("daemon", site.secret))
    assert status(answer) == 405
    assert b"allow: POST" in answer


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_HTTP_13_other_methods_are_refused(site: Site, method: str):
    assert status(site.peer.send(request(method, "/token", site.peer.host))) in (400, 405)


FORM = b"grant_type=client_credentials&scope=jobs"


@pytest.mark.parametrize(
    ("kind", "form", "expected"),
    [
        ("application/json", b'{"grant_type":"client_credentials"}', 415),
        ("application/x-www-form-urlencoded; charset=utf-16", FORM.decode().encode("utf-16"), 415),
        ("application/x-www-form-urlencoded; charset=utf-7", FORM, 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("text/plain", FORM, 415),
        ("", FORM, 415),
        ("application/x-www-form-urlencoded\r\nContent-Type: application/json", FORM, 415),
        ("application/x-www-form-urlencoded\r\nContent-Type: application/x-www-form-urlencoded", FORM, 415),
        ("application/x-www-form-urlencoded", FORM + b"&a=%00", 400),
        ("application/x-www-form-urlencoded", FORM + b"&a=%ff%fe", 400),
        ("application/x-www-form-urlencoded", FORM + b"&scope=jobs", 400),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=b" % i for i in range(500)), 400),
        ("application/x-www-form-urlencoded; charset=UTF-8", FORM, 200),
        ('application/x-www-form-urlencoded;charset="utf-8"', FORM, 200),
    ],
)
def test_HTTP_14_a_body_is_a_form_in_utf_8(site: Site, kind: str, form: bytes, expected: int):
    answer = site.peer.post("/token", form, basic("daemon", site.secret), kind=kind)
    assert status(answer) == expected
    assert b"cache-control: no-store" in answer


STATIC = ("..%2fpages.py", "%2e%2e/pages.py", "../pages.py", "..\\pages.py", "%2e%2e%2f%2e%2e%2fapp.py", "/etc/passwd")


@pytest.mark.parametrize("name", [*STATIC, "style.css%00", ".", ""])
def test_HTTP_15_static_files_are_those_that_were_meant(site: Site, name: str):
    assert status(site.peer.get(f"/static/{name}")) == 404


def test_a_head_that_is_too_long_is_refused_however_it_arrives(site: Site):
    long = "X-A: " + "a" * 40_000
    assert site.peer.get("/jwks", long)[:10] == b"HTTP/1.1 4"
    assert site.peer.get("/jwks?" + "a" * 40_000)[:10] == b"HTTP/1.1 4"
    assert status(site.peer.get("/jwks", *(f"X-{n}: a" for n in range(101)))) == 431


def test_a_body_that_is_too_long_is_refused_before_it_is_read(site: Site):
    host = site.peer.host
    assert status(site.peer.post("/token", b"a=" + b"b" * 65_536)) == 413
    assert status(site.peer.send(TOKEN % host + b"Content-Length: 99999999999\r\n\r\n")) == 413
    chunks = b"Transfer-Encoding: chunked\r\n\r\n" + b"8000\r\na=" + b"b" * 32_766 + b"\r\n"
    assert status(site.peer.send(TOKEN % host + chunks + b"10000\r\n" + b"b" * 65_536)) == 413
