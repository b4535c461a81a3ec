"""WIRE-01: where a request ends is what its framing says, whatever else it offers; a proxy in front changes nothing."""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from tests.serving.conftest import Site
from tests.serving.proxies import PROGRAMS, proxy
from tests.serving.raw import FORM, Peer, basic, body, is_silent, read_answers, read_to_end, status

ASKED = b"grant_type=client_credentials&scope=jobs"
SMUGGLED = b"GET /jwks HTTP/1.1\r\nHost: %b\r\n\r\n"
PAUSE = 0.3  # seconds in which an answer to the head alone would come

OFFERS = {
    "h2c, as Java sends it": ("Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAEAAEAA", "Upgrade: h2c"),
    "websocket": ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    "several": ("Connection: keep-alive, upgrade", "Upgrade: TLS/1.2, HTTP/3", "Upgrade: h2c"),
}


@dataclass(frozen=True)
class Way:
    """A way to the server: `peer` is who is connected to, `host` is what the server is called."""

    peer: Peer
    host: bytes
    proof: str

    def head(self, *headers: str, path: str = "/token", version: str = "1.1") -> bytes:
        lines = (f"POST {path} HTTP/{version}", f"Host: {self.host.decode()}", f"Content-Type: {FORM}", *headers)
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    def request(self, *headers: str, form: bytes = ASKED) -> bytes:
        """A token request that has its proof with it."""
        return self.head(self.proof, f"Content-Length: {len(form)}", *headers) + form


@pytest.fixture(scope="module", params=["direct", *PROGRAMS])
def way(request: pytest.FixtureRequest, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Generator[Way]:
    proof, name = basic("daemon", site.secret), request.param
    with ExitStack() as stack:
        direct = name == "direct"
        port = site.peer.port
        if not direct:
            port = stack.enter_context(proxy(name, tmp_path_factory.mktemp(name), port))
        yield Way(Peer(port), site.peer.host, proof)


@pytest.fixture
def direct(site: Site) -> Way:
    return Way(site.peer, site.peer.host, basic("daemon", site.secret))


@pytest.mark.parametrize("offer", OFFERS)
def test_WIRE_01_an_offered_upgrade_is_ignored_and_the_request_is_read_whole(way: Way, offer: str):
    with way.peer.connect() as connection:
        for _ in range(2):  # and the connection goes on
            connection.sendall(way.request(*OFFERS[offer]))
            (answer,) = read_answers(connection, 1)
            assert status(answer) == 200
            assert b"access_token" in body(answer)


@pytest.mark.parametrize("offer", OFFERS)
def test_WIRE_01_the_body_of_a_request_that_offers_an_upgrade_is_no_request(way: Way, offer: str):
    hidden = SMUGGLED % way.host
    with way.peer.connect() as connection:
        connection.sendall(way.head(way.proof, f"Content-Length: {len(hidden)}", *OFFERS[offer]))
        assert is_silent(connection, PAUSE)
        connection.sendall(hidden)
        (answer,) = read_answers(connection, 1)
        assert status(answer) == 400
        assert is_silent(connection, PAUSE)


@pytest.mark.parametrize("offer", OFFERS)
def test_WIRE_01_a_chunked_body_belongs_to_the_request_that_offers_an_upgrade(way: Way, offer: str):
    with way.peer.connect() as connection:
        connection.sendall(way.head(way.proof, "Transfer-Encoding: chunked", *OFFERS[offer]))
        assert is_silent(connection, PAUSE)
        connection.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(ASKED), ASKED))
        (answer,) = read_answers(connection, 1)
        assert status(answer) == 200


def test_WIRE_01_a_head_that_offers_an_upgrade_may_arrive_in_any_pieces(direct: Way):
    whole = direct.request(*OFFERS["several"])
    for cut in (1, 20, whole.index(b"Upgrade"), whole.index(b"\r\n\r\n") + 2, len(whole) - 3):
        with direct.peer.connect() as connection:
            for part in (whole[:cut], whole[cut:]):
                connection.sendall(part)
                is_silent(connection, 0.02)
            (answer,) = read_answers(connection, 1)
            assert status(answer) == 200


@pytest.mark.parametrize(
    "framing",
    [
        ("Content-Length: 4", "Transfer-Encoding: chunked"),
        ("Content-Length: 4", "Content-Length: 5"),
        ("Content-Length: +4",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunked, identity",),
    ],
    ids=str,
)
def test_WIRE_01_ambiguous_framing_is_refused_beside_an_upgrade_too(direct: Way, framing: tuple[str, ...]):
    raw = direct.head(*OFFERS["websocket"], *framing) + b"0\r\n\r\n" + SMUGGLED % direct.host
    assert status(direct.peer.send(raw)) == 400


def test_WIRE_01_a_head_that_offers_an_upgrade_is_as_short_as_any(direct: Way):
    raw = direct.head("X-A: " + "a" * 40_000, *OFFERS["websocket"], "Content-Length: 0")
    assert direct.peer.send(raw)[:12] in (b"HTTP/1.1 400", b"")


@pytest.mark.parametrize("offer", ["", *OFFERS])
def test_WIRE_01_pipelined_requests_are_answered_one_by_one_and_in_order(way: Way, offer: str):
    offered = OFFERS.get(offer, ())
    forms = [ASKED, ASKED.replace(b"jobs", b"other"), ASKED, b"grant_type=unknown", ASKED]
    with way.peer.connect() as connection:
        connection.sendall(b"".join(way.request(*offered, form=form) for form in forms))
        answers = read_answers(connection, len(forms))
        assert [status(answer) for answer in answers] == [200, 400, 200, 400, 200]
        assert [b"invalid_scope" in answers[1], b"unsupported_grant_type" in answers[3]] == [True, True]
        assert is_silent(connection, PAUSE)


TRAILERS: dict[str, Callable[[Way], bytes]] = {
    "a proof": lambda way: way.proof.encode(),
    "a host": lambda way: b"Host: evil.test",
    "an address": lambda way: b"X-Forwarded-For: 192.0.2.1",
    "an upgrade": lambda way: b"Connection: upgrade\r\nUpgrade: h2c",
}


@pytest.mark.parametrize("name", TRAILERS)
def test_WIRE_01_a_trailer_is_no_header(way: Way, name: str):
    chunks = b"%x\r\n%b\r\n0\r\n%b\r\n\r\n" % (len(ASKED), ASKED, TRAILERS[name](way))
    proven = name != "a proof"
    with way.peer.connect() as connection:
        connection.sendall(way.head("Transfer-Encoding: chunked", *[way.proof] * proven) + chunks)
        (answer,) = read_answers(connection, 1)
        assert status(answer) == (200 if proven else 401)
        connection.sendall(way.request())
        (answer,) = read_answers(connection, 1)
        assert status(answer) == 200


def test_WIRE_01_who_asks_before_sending_is_told_to_go_on(way: Way):
    with way.peer.connect() as connection:
        connection.sendall(way.head(way.proof, f"Content-Length: {len(ASKED)}", "Expect: 100-continue"))
        assert connection.recv(1_000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(ASKED)
        (answer,) = read_answers(connection, 1)
        assert status(answer) == 200


def test_WIRE_01_who_asks_before_sending_and_is_refused_sends_no_more(direct: Way):
    hidden = SMUGGLED % direct.host
    head = direct.head(f"Content-Length: {len(hidden)}", "Expect: 100-continue", path="/nothing")
    with direct.peer.connect() as connection:
        assert status(read_to_end(connection, head)) == 404


def test_WIRE_01_an_older_version_cannot_offer_an_upgrade_either(direct: Way):
    raw = direct.head(direct.proof, f"Content-Length: {len(ASKED)}", *OFFERS["websocket"], version="1.0") + ASKED
    assert status(direct.peer.send(raw)) == 200
