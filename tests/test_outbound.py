"""The only door out, pushed from inside: it must not open towards this machine or the network behind it."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trustme

from gatelodge.outbound import MAX_AT_ONCE, FetchFailed, Outbound

pytestmark = pytest.mark.anyio

LIMIT = 1_000
TOO_SLOW = "no answer in time"
FOREVER = 60.0  # seconds: nothing here takes as long, on however busy a machine
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Canary:
    """A listener that counts who comes."""

    port: int = 0
    visits: int = 0
    requests: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def listening(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Canary]:
    canary = Canary()

    async def visited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        canary.visits += 1
        try:
            canary.requests.append(await reader.readuntil(b"\r\n\r\n"))
            await serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(visited, "127.0.0.1", 0, ssl=tls)
    canary.port = server.sockets[0].getsockname()[1]
    try:
        yield canary
    finally:
        server.close()


def answering(raw: bytes) -> Serve:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return serve


def ok(body: bytes, *headers: bytes) -> bytes:
    head = (b"HTTP/1.1 200 OK", b"content-type: application/json", b"content-length: %d" % len(body), *headers)
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def resolving(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


async def refused(outbound: Outbound, url: str) -> str:
    with pytest.raises(FetchFailed) as caught:
        await outbound.get(url, LIMIT)
    return caught.value.reason


async def test_a_document_on_loopback_is_fetched_where_that_is_allowed() -> None:
    async with listening(answering(ok(b'{"keys":[]}'))) as canary:
        fetched = await Outbound(allow_loopback=True).get(f"http://127.0.0.1:{canary.port}/jwks?x=1", LIMIT)
    assert (fetched.status, fetched.content_type, fetched.body) == (200, "application/json", b'{"keys":[]}')
    assert canary.requests[0].startswith(b"GET /jwks?x=1 HTTP/1.1\r\n")


LOOPBACK = ["127.0.0.1", "[::1]", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "LOCALHOST", "localhost."]
INSIDE = [
    "0.0.0.0",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[::127.0.0.1]",
    "169.254.169.254",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "[fd00::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "224.0.0.1",
    "[ff02::1]",
    "255.255.255.255",
    "240.0.0.1",
    "198.18.0.1",
]


@pytest.mark.parametrize("host", LOOPBACK + INSIDE)
async def test_SS_01_no_address_of_this_machine_or_network_is_dialled(host: str) -> None:
    async with listening(answering(ok(b"{}"))) as canary:
        assert await refused(Outbound(), f"https://{host}:{canary.port}/") in (
            "the address may not be reached",
            "the name has no address",
        )
    assert canary.visits == 0


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", INSIDE)
async def test_SS_01_development_opens_loopback_and_nothing_else(host: str, scheme: str) -> None:
    outbound = Outbound(allow_loopback=True)
    assert await refused(outbound, f"{scheme}://{host}:9/") in (
        "the address may not be reached",
        "the name has no address",
    )


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "169.254.169.254", "10.1.2.3", "fd00::1", "fe80::1%eth0"])
async def test_SS_01_a_name_that_leads_inside_is_refused(address: str) -> None:
    async with listening(answering(ok(b"{}"))) as canary:
        outbound = Outbound(resolve=resolving(address))
        assert await refused(outbound, f"https://rp.test:{canary.port}/") == "the address may not be reached"
    assert canary.visits == 0


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://rp.test/",
        "gopher://rp.test/",
        "http://rp.test/",
        "https://",
        "https:///path",
        "//rp.test/",
        "rp.test",
        "",
        "https://user:pass@rp.test/",
        "https://rp.test@127.0.0.1/",
        "https://rp.test\\@127.0.0.1/",
        "https://rp.test/#fragment",
        "https://rp.test:0/",
        "https://rp.test:99999/",
        "https://rp.test:x/",
        "https://rp.test/\r\nHost: evil",
        "https://rp.test/ x",
        "https://rp.tést/",
        "https://[::1",
        "https://rp.test/" + "x" * 3_000,
    ],
)
async def test_SS_01_what_is_not_a_plain_https_url_is_not_even_resolved(url: str) -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"]

    assert await refused(Outbound(resolve=resolve), url) == "not a URL to fetch"
    assert asked == []


async def test_http_is_for_loopback_only() -> None:
    outbound = Outbound(allow_loopback=True, resolve=resolving("93.184.216.34"))
    assert await refused(outbound, "http://rp.test/") == "the address may not be reached"


async def test_SS_02_a_name_is_resolved_once_and_the_vetted_address_is_dialled() -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])

    async def resolve(host: str, port: int) -> list[str]:
        return next(answers)

    async with listening(answering(ok(b"{}"))) as canary:
        outbound = Outbound(allow_loopback=True, resolve=resolve)
        assert (await outbound.get(f"http://rp.test:{canary.port}/", LIMIT)).status == 200
        assert f"host: rp.test:{canary.port}".encode() in canary.requests[0].lower()
        assert await refused(outbound, f"http://rp.test:{canary.port}/") == "the address may not be reached"


@pytest.mark.parametrize(
    "addresses", [("93.184.216.34", "::1"), ("127.0.0.1", "93.184.216.34"), ("8.8.8.8", "10.0.0.1")]
)
async def test_SS_02_one_bad_address_condemns_the_name(addresses: tuple[str, ...]) -> None:
    async with listening(answering(ok(b"{}"))) as canary:
        outbound = Outbound(resolve=resolving(*addresses))
        assert await refused(outbound, f"https://rp.test:{canary.port}/") == "the address may not be reached"
    assert canary.visits == 0


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    async with listening(answering(ok(b"{}"))) as canary:
        outbound = Outbound(allow_loopback=True, resolve=resolving("::1", "127.0.0.1"))
        assert (await outbound.get(f"http://rp.test:{canary.port}/", LIMIT)).status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_SS_03_a_redirect_is_not_followed(status: int) -> None:
    async with listening(answering(ok(b"secret"))) as target:
        location = f"http://127.0.0.1:{target.port}/".encode()
        moved = b"HTTP/1.1 %d Moved\r\nlocation: %s\r\ncontent-length: 0\r\n\r\n" % (status, location)
        async with listening(answering(moved)) as canary:
            fetched = await Outbound(allow_loopback=True).get(f"http://127.0.0.1:{canary.port}/", LIMIT)
    assert fetched.status == status
    assert target.visits == 0


async def slow_headers(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"x" * 10_000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def slow_body(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n")
    for _ in range(900):  # 45 s
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def endless_body(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 10_000)
        await writer.drain()


async def silence(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(FOREVER)


MANY_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"".join(b"x-%d: %s\r\n" % (n, b"y" * 50) for n in range(10_000)) + b"\r\n"


@pytest.mark.parametrize(
    ("serve", "reason"),
    [
        (slow_headers, TOO_SLOW),
        (slow_body, TOO_SLOW),
        (silence, TOO_SLOW),
        (endless_body, "the answer is too large"),
        (answering(ok(b"x" * (LIMIT + 1))), "the answer is too large"),
        (answering(ok(gzip.compress(b"x" * 10_000_000), b"content-encoding: gzip")), "compressed"),
        (answering(MANY_HEADERS), "Error"),
        (answering(b"garbage\r\n\r\n"), "Error"),
        (answering(b""), "Error"),
        (answering(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\ncut"), "Error"),
    ],
    ids=["headers", "body", "silence", "endless", "large", "gzip", "many", "garbage", "nothing", "cut"],
)
async def test_SS_04_a_hostile_answer_costs_little_and_fails(serve: Serve, reason: str) -> None:
    async with listening(serve) as canary, asyncio.timeout(FOREVER / 4):
        outbound = Outbound(allow_loopback=True, deadline=0.3 if reason == TOO_SLOW else FOREVER)
        assert reason in await refused(outbound, f"http://127.0.0.1:{canary.port}/")


async def test_SS_04_the_deadline_holds_for_a_name_that_never_resolves() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.sleep(10)
        return []

    assert await refused(Outbound(resolve=resolve, deadline=0.1), "https://rp.test/") == "no answer in time"


async def test_SS_04_only_so_many_fetches_run_at_once() -> None:
    open_now: list[int] = [0]
    peak: list[int] = [0]
    full = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now[0] += 1
        peak[0] = max(peak[0], open_now[0])
        if peak[0] == MAX_AT_ONCE:
            full.set()
        await full.wait()
        await asyncio.sleep(0.05)  # in which one too many would be seen
        open_now[0] -= 1
        writer.write(ok(b"{}"))
        await writer.drain()

    async with listening(serve) as canary:
        outbound = Outbound(allow_loopback=True)
        url = f"http://127.0.0.1:{canary.port}/"
        await asyncio.gather(*(outbound.get(url, LIMIT) for _ in range(MAX_AT_ONCE * 3)))
    assert (canary.visits, peak[0]) == (MAX_AT_ONCE * 3, MAX_AT_ONCE)


async def test_SS_08_a_proxy_in_the_environment_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(answering(ok(b"{}"))) as proxy, listening(answering(ok(b"[]"))) as canary:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        fetched = await Outbound(allow_loopback=True).get(f"http://127.0.0.1:{canary.port}/", LIMIT)
    assert fetched.body == b"[]"
    assert proxy.visits == 0


def served_by(ca: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)
    return context


def believing(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    ca.configure_trust(context)
    return context


async def test_the_certificate_must_be_of_the_name_not_of_the_address() -> None:
    ca = trustme.CA()
    asked: list[str | None] = []
    tls = served_by(ca, "rp.test")
    tls.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with listening(answering(ok(b"{}")), tls) as canary:
        outbound = Outbound(allow_loopback=True, resolve=resolving("127.0.0.1"), tls=believing(ca))
        assert (await outbound.get(f"https://rp.test:{canary.port}/", LIMIT)).status == 200
        assert asked == ["rp.test"]
        assert await refused(outbound, f"https://other.test:{canary.port}/") == "ConnectError"


async def test_an_unknown_authority_is_not_believed() -> None:
    async with listening(answering(ok(b"{}")), served_by(trustme.CA(), "rp.test")) as canary:
        outbound = Outbound(allow_loopback=True, resolve=resolving("127.0.0.1"))
        assert await refused(outbound, f"https://rp.test:{canary.port}/") == "ConnectError"
