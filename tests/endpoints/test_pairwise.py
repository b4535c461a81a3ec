"""Pairwise subjects: at each sector a person has another name, and it is the same wherever it is said."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from tests.outbox.test_logout import Application, applications, courier
from tests.world import ISSUER, World, answer_of, assert_redirected, refresh

from gatelodge.ops import sectors
from gatelodge.outbound import Outbound
from gatelodge.protocol import jose
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.subjects import Subjects, sector_of

pytestmark = pytest.mark.anyio

ALICE = "sub-alice"
CLIENT = Client("c", "C", "web", "none", redirect_uris=("https://a.test/cb",), subject_type="pairwise")


def said(token: str) -> dict[str, Any]:
    return dict(jose.take_apart(token).claims)


@pytest.fixture
async def pairwise(world: World) -> World:
    for client_id in ("web1", "web2", "post1"):
        await world.change_client(client_id, subject_type="pairwise")
    return world


async def test_JWT_18_each_sector_knows_a_person_by_another_name(pairwise: World) -> None:
    browser = pairwise.browser()
    subs = {one: said((await browser.tokens(one))["id_token"])["sub"] for one in ("web1", "web2", "post1", "trusted1")}

    assert subs["trusted1"] == ALICE
    assert subs["web1"] == subs["post1"]
    assert len({*subs.values()}) == 3
    bob = await pairwise.browser().tokens("web1", name="bob")
    assert said(bob["id_token"])["sub"] not in subs.values()


async def test_JWT_18_the_name_is_the_same_wherever_it_is_said_and_ours_is_nowhere(pairwise: World) -> None:
    tokens = await pairwise.browser().tokens()
    name = said(tokens["id_token"])["sub"]
    renewed = (await refresh(pairwise, tokens["refresh_token"])).json()
    told = [said(one[kind]) for one in (tokens, renewed) for kind in ("id_token", "access_token")]
    told += [
        (await pairwise.userinfo(renewed["access_token"])).json(),
        await pairwise.introspect(renewed["access_token"]),
        await pairwise.introspect(renewed["refresh_token"]),
    ]

    assert [one["sub"] for one in told] == [name] * 7
    assert ALICE not in json.dumps(told)


async def test_JWT_18_a_hint_means_who_is_called_so_at_that_client(pairwise: World) -> None:
    alice, bob = pairwise.browser(), pairwise.browser()
    hint = (await alice.tokens())["id_token"]
    await bob.answer(name="bob")

    assert "code" in answer_of(await alice.authorize(id_token_hint=hint, prompt="none"))
    assert_redirected(await bob.authorize(id_token_hint=hint, prompt="none"), "login_required")
    for name, known in ((said(hint)["sub"], True), (ALICE, False)):
        asked = json.dumps({"id_token": {"sub": {"value": name}}})
        answer = answer_of(await alice.authorize(prompt="none", claims=asked))
        assert ("code" in answer) is known


async def test_JWT_18_a_hint_signs_out_without_a_question_and_the_application_is_told_of_the_same_name(
    pairwise: World,
) -> None:
    shop, bye = Application(200), "https://rp.test/bye"
    async with applications(shop):
        await pairwise.change_client("web1", backchannel_logout_uri=shop.uri)
        browser = pairwise.browser()
        hint = (await browser.tokens())["id_token"]
        gone = await browser.http.get("/logout", params={"id_token_hint": hint, "post_logout_redirect_uri": bye})
        assert gone.headers["location"] == bye
        await courier(pairwise).look()

    (token,) = shop.heard
    assert said(token)["sub"] == said(hint)["sub"] != ALICE


async def test_the_metadata_has_both_kinds(world: World) -> None:
    async with world.http() as http:
        document = (await http.get(f"{ISSUER}/.well-known/openid-configuration")).json()
    assert document["subject_types_supported"] == ["public", "pairwise"]


def test_the_sector_is_a_host_and_only_a_clear_one() -> None:
    assert sector_of(CLIENT) == "a.test"
    assert sector_of(replace(CLIENT, redirect_uris=("https://A.test:8/cb", "https://a.test/2"))) == "a.test"
    assert sector_of(replace(CLIENT, redirect_uris=("https://a.test/cb", "https://b.test/cb"))) == ""
    assert sector_of(replace(CLIENT, redirect_uris=("com.example.app:/cb",))) == ""
    assert sector_of(replace(CLIENT, sector_identifier_uri="https://s.test/list")) == "s.test"


def test_a_name_follows_from_the_key_and_tells_nothing_of_sector_or_person() -> None:
    one, other = Subjects(b"k" * 32), Subjects(b"l" * 32)
    assert one.told(CLIENT, ALICE) != other.told(CLIENT, ALICE)
    assert "k" * 8 not in repr(one)
    assert one.named(CLIENT, one.told(CLIENT, ALICE))(ALICE)
    assert not one.named(CLIENT, "\ud800")(ALICE)


@asynccontextmanager
async def serving(body: str, status: int) -> AsyncGenerator[str]:
    """One answer on loopback, to whoever asks."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status} x\r\nlocation: /\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body.encode())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


LISTED = ["https://a.test/cb", "https://b.test/cb"]


@pytest.mark.parametrize(
    ("body", "status", "refusal"),
    [
        (json.dumps(LISTED), 200, None),
        (json.dumps(LISTED[:1]), 200, "lacks one"),
        (json.dumps([*LISTED[:1], {"https://b.test/cb": 1}]), 200, "lacks one"),
        (json.dumps({"redirect_uris": LISTED}), 200, "no JSON list"),
        (json.dumps(LISTED), 302, "no JSON list"),
        ("[" * 60_000, 200, "no JSON list"),
        ("x" * 70_000, 200, "no JSON list"),
    ],
)
async def test_JWT_18_the_list_of_a_sector_names_every_redirect_uri(
    body: str, status: int, refusal: str | None
) -> None:
    async with serving(body, status) as url:
        client = replace(CLIENT, redirect_uris=tuple(LISTED), sector_identifier_uri=url)
        if refusal is None:
            await sectors.check(client, Outbound(allow_loopback=True))
            return
        with pytest.raises(OAuthError, match=refusal) as refused:
            await sectors.check(client, Outbound(allow_loopback=True))
    assert refused.value.code == "invalid_client_metadata"


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/", "https://169.254.169.254/latest", "https://[::1]:1/"])
async def test_NET_nobody_is_sent_into_our_network_for_a_list(url: str) -> None:
    with pytest.raises(OAuthError, match="no JSON list") as refused:
        await sectors.check(replace(CLIENT, sector_identifier_uri=url), Outbound())
    assert "127" not in str(refused.value)
