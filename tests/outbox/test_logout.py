"""Applications are told of the end of a session: really, over HTTP, whatever they make of it."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.conftest import FakeClock
from tests.private_network import private_address, private_server
from tests.world import CODE, ISSUER, RP, SCOPES, WITH_CODE, World
from tests.worlds import world as world

from gatelodge.client.messages.logout import validate_logout_token
from gatelodge.client.messages.registration import ClientConfig, NoAuth
from gatelodge.config.policies import DAY, SessionPolicy
from gatelodge.outbound import Outbound, Resolve
from gatelodge.outbox.courier import Courier
from gatelodge.outbox.logout import LogoutNotice
from gatelodge.protocol import jose
from gatelodge.protocol.client import Client
from gatelodge.stores import audit, clients, outbox
from gatelodge.stores.outbox import Parcel

pytestmark = pytest.mark.anyio

PATIENCE = 0.5  # seconds in place of five


@dataclass
class Application:
    """An application that hears: its tokens, and what it answers, or `None` if it takes and says nothing."""

    status: int | None = 200
    port: int = 0
    heard: list[str] = field(default_factory=list)
    headers: bytes = b""
    hangs: bool = False
    serving: set[asyncio.Task[Any]] = field(default_factory=set[asyncio.Task[Any]])

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}/backchannel-logout?from=id"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            self.serving.add(task)
        try:
            await self._hear(reader, writer)
        finally:
            writer.close()

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        self.heard.append(parse_qs((await reader.readexactly(length)).decode())["logout_token"][0])
        assert head.startswith("post /backchannel-logout?from=id http/1.1\r\n")
        assert "content-type: application/x-www-form-urlencoded\r\n" in head
        if self.hangs:
            await reader.read()  # until whoever waits has had enough
            return
        if self.status is not None:
            writer.write(b"HTTP/1.1 %d x\r\ncontent-length: 0\r\n%s\r\n" % (self.status, self.headers))
            await writer.drain()


@asynccontextmanager
async def applications(*them: Application) -> AsyncGenerator[None]:
    servers = [await asyncio.start_server(one.serve, "127.0.0.1", 0) for one in them]
    for one, server in zip(them, servers, strict=True):
        one.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        for server in servers:
            server.close()
        await asyncio.gather(*(task for one in them for task in one.serving))


def courier(world: World, resolve: Resolve | None = None, *, loopback: bool = True) -> Courier:
    return courier_by(world, Outbound(allow_loopback=loopback, resolve=resolve, deadline=PATIENCE))


def courier_by(world: World, door: Outbound, *own_hosts: str) -> Courier:
    """The courier of a server whose operator named these hosts of their own network."""
    config = replace(world.foundation.config, sessions=SessionPolicy(logout_hosts=own_hosts))
    on = replace(world.foundation, config=config, outbound=door)
    return Courier(on.db, on.clock, LogoutNotice.open(on))


async def sign_in_and_out(world: World, *told: str) -> dict[str, Any]:
    """Sign alice in for these clients and out again; return what the last ID token said."""
    browser = world.browser()
    tokens = [await browser.tokens(client_id) for client_id in told]
    page = await browser.submit(await browser.get("/logout"), decision="sign_out")
    assert page.status_code == 200
    return dict(jose.take_apart(tokens[-1]["id_token"]).claims)


async def add_client(world: World, client_id: str, uri: str) -> None:
    """Register an operator's own client that is told of sign-outs."""
    client = Client(
        client_id,
        client_id,
        "spa",
        "none",
        redirect_uris=(RP,),
        grants=WITH_CODE,
        response_types=CODE,
        scopes=SCOPES,
        trusted=True,
        backchannel_logout_uri=uri,
    )
    await world.foundation.db.write(clients.add, client, world.foundation.clock.now())
    await world.foundation.registry.poll()


async def left(world: World) -> list[Parcel]:
    return await world.foundation.db.read(outbox.list_open, 99)


@pytest.mark.parametrize(("status", "alg"), [(200, "RS256"), (204, "ES256")])
async def test_an_application_is_told_once_in_a_token_that_is_one(world: World, status: int, alg: str) -> None:
    shop = Application(status)
    async with applications(shop):
        await world.change_client("web1", backchannel_logout_uri=shop.uri, id_token_alg=alg)
        said = await sign_in_and_out(world, "web1")
        assert shop.heard == []  # no answer to a person waits for an application
        for _ in range(2):
            await courier(world).look()

    (token,) = shop.heard
    assert await left(world) == []
    now, keys = world.foundation.clock.now(), world.foundation.keys.ring.at(world.foundation.clock.now())
    over = validate_logout_token(token, keys, ClientConfig(issuer=ISSUER, client_id="web1", auth=NoAuth()), now)
    parts = jose.take_apart(token)
    assert (over.sub, over.sid) == ("sub-alice", said["sid"])
    assert (parts.header["typ"], parts.header["alg"]) == ("logout+jwt", alg)
    assert (parts.claims["iat"], parts.claims["exp"]) == (now, now + 120)
    assert parts.claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert "nonce" not in parts.claims


async def test_who_knows_sessions_by_their_sid_is_told_of_that_alone(world: World) -> None:
    shop = Application()
    async with applications(shop):
        await world.change_client("web1", backchannel_logout_uri=shop.uri, backchannel_needs_sid=True)
        said = await sign_in_and_out(world, "web1")
        await courier(world).look()

    claims = jose.take_apart(shop.heard[0]).claims
    assert (claims["sid"], "sub" in claims) == (said["sid"], False)


async def test_JWT_12_a_logout_token_is_good_for_nothing_else(world: World) -> None:
    shop = Application()
    async with applications(shop):
        await world.change_client("web1", backchannel_logout_uri=shop.uri)
        await sign_in_and_out(world, "web1")
        await courier(world).look()
    (token,) = shop.heard

    assert (await world.userinfo(token)).status_code == 401
    assert await world.introspect(token) == {"active": False}
    page = await world.browser().get(f"/logout?id_token_hint={token}&post_logout_redirect_uri=https://rp.test/bye")
    assert page.status_code == 200


async def test_FLT_33_what_is_answered_with_500_is_told_ever_less_often_for_a_day(
    world: World, clock: FakeClock
) -> None:
    shop = Application(500)
    async with applications(shop):
        await world.change_client("web1", backchannel_logout_uri=shop.uri)
        await sign_in_and_out(world, "web1")
        began, waits = clock.now(), list[int]()
        while (parcel := (await left(world))[0]).dead_at is None:
            clock.at = parcel.due_at
            await world.foundation.registry.poll()
            await courier(world).look()
            waits.append(clock.now() - began)

    hour = 3_600
    first = [0, 1, 6, 36, 336, 336 + hour]
    assert waits == [*first, *(336 + 7 * hour + 6 * hour * further for further in range(3))]
    assert waits[-1] < DAY
    assert parcel.reason == "the client answered 500"
    assert len({jose.take_apart(token).claims["jti"] for token in shop.heard}) == len(waits)
    assert all(jose.take_apart(token).claims["iat"] - began == at for token, at in zip(shop.heard, waits, strict=True))
    trail = await world.foundation.db.read(audit.list_recent, 99)
    (told,) = [entry for entry in trail if entry.event == "delivery_given_up"]
    assert (told.detail["kind"], told.user_id) == ("logout", world.people["alice"].id)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda: Application(hangs=True), "no answer in time"),
        (lambda: Application(None), "RemoteProtocolError"),
        (lambda: Application(302, headers=b"location: http://127.0.0.1/\r\n"), "the client answered 302"),
        (lambda: Application(503), "the client answered 503"),
    ],
    ids=["hangs", "accepts and drops", "sends elsewhere", "is busy"],
)
async def test_FLT_33_who_does_not_take_it_is_told_again_a_second_later(
    world: World, clock: FakeClock, made: Callable[[], Application], reason: str
) -> None:
    shop = made()
    async with applications(shop):
        await world.change_client("web1", backchannel_logout_uri=shop.uri)
        await sign_in_and_out(world, "web1")
        await courier(world).look()
        (waiting,) = await left(world)
        assert (waiting.reason, waiting.due_at, waiting.dead_at) == (reason, clock.now() + 1, None)

        shop.hangs, shop.status = False, 200
        clock.advance(1)
        await courier(world).look()

    assert await left(world) == []


async def test_FLT_33_those_who_hang_keep_nobody_else_waiting(world: World) -> None:
    hanging, shop = [Application(hangs=True) for _ in range(12)], Application()
    async with applications(*hanging, shop):
        for number, one in enumerate(hanging):
            await add_client(world, f"hangs-{number}", one.uri)
        await world.change_client("web1", backchannel_logout_uri=shop.uri)
        browser = world.browser()
        for number in range(12):
            await browser.code(f"hangs-{number}")
        await browser.tokens("web1")
        await browser.submit(await browser.get("/logout"), decision="sign_out")

        await courier(world).look()

    assert len(shop.heard) == 1
    assert {row.recipient for row in await left(world)} == {f"hangs-{number}" for number in range(12)}


async def test_an_application_that_refuses_the_token_is_told_no_more(world: World) -> None:
    shop = Application(400)
    async with applications(shop):
        await world.change_client("web1", backchannel_logout_uri=shop.uri)
        await sign_in_and_out(world, "web1")
        for _ in range(2):
            await courier(world).look()

    (dead,) = await left(world)
    assert dead.dead_at is not None
    assert dead.reason == "the client refuses the logout token: it answered 400"
    assert len(shop.heard) == 1


async def disable(world: World, uri: str) -> None:
    await world.change_client("web1", enabled=False)


async def hear_no_more(world: World, uri: str) -> None:
    await world.change_client("web1", backchannel_logout_uri=None)


async def replace_client(world: World, uri: str) -> None:
    await world.foundation.db.write(clients.remove, "web1")
    await add_client(world, "web1", uri)


@pytest.mark.parametrize("change", [disable, hear_no_more, replace_client])
async def test_who_is_gone_or_another_client_of_that_name_is_told_nothing(
    world: World, change: Callable[[World, str], Any]
) -> None:
    shop = Application()
    async with applications(shop):
        await world.change_client("web1", backchannel_logout_uri=shop.uri)
        await sign_in_and_out(world, "web1")
        await change(world, shop.uri)
        await courier(world).look()

    assert shop.heard == []
    assert (await left(world))[0].dead_at is not None


@pytest.mark.parametrize(
    "uri",
    [
        "https://inside.test:{}/backchannel-logout",
        "https://127.0.0.1:{}/",
        "http://localhost:{}/",
        "https://10.0.0.1:{}/",
    ],
)
async def test_SS_01_SS_02_nobody_inside_is_told(world: World, uri: str) -> None:
    """A name that resolves to this machine is no way in, whoever registered it."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["203.0.113.1", "127.0.0.1"] if host == "inside.test" else [host.replace("localhost", "127.0.0.1")]

    shop = Application()
    async with applications(shop):
        await world.change_client("web1", backchannel_logout_uri=uri.format(shop.port))
        await sign_in_and_out(world, "web1")
        await courier(world, resolve, loopback=False).look()

    assert shop.heard == []
    assert (await left(world))[0].reason in ("the address may not be reached", "not a URL to fetch")


async def test_SS_01_SS_02_inside_the_own_network_only_who_the_operator_named_is_told(
    world: World, tmp_path: Path
) -> None:
    address = private_address()

    async def resolve(host: str, port: int) -> list[str]:
        return ["169.254.169.254"] if host == "metadata.internal" else [address]

    with private_server(tmp_path, address, "shop.internal", "other.internal", "metadata.internal") as inside:
        inside.answers["/backchannel-logout"] = (200, {})
        believed = ssl.create_default_context(cafile=str(inside.authority))
        port, named = urlsplit(inside.issuer).port, ("Shop.internal", "metadata.internal")
        door = Outbound(resolve=resolve, tls=believed, deadline=5)
        for host, told in (
            ("other.internal", 0),
            ("metadata.internal", 0),
            ("sub.shop.internal", 0),
            ("shop.internal", 1),
        ):
            await world.change_client("web1", backchannel_logout_uri=f"https://{host}:{port}/backchannel-logout")
            await sign_in_and_out(world, "web1")
            await courier_by(world, door, *named).look()
            assert inside.heard == ["/backchannel-logout"] * told, host
            assert [row.reason for row in await left(world)] == ["the address may not be reached"] * (not told), host
            for row in await left(world):
                await world.foundation.db.write(outbox.drop, row.id)
        await world.change_client("web1", backchannel_logout_uri=f"https://shop.internal:{port}/backchannel-logout")
        await sign_in_and_out(world, "web1")
        await courier_by(world, door).look()
        assert len(inside.heard) == 1, "and without the setting nobody is"
