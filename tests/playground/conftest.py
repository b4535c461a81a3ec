"""A playground whose sample application reaches its server in memory, and somebody who plays with it."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from html import unescape

import httpx2
import pytest
from tests.conftest import FakeClock
from tests.world import PASSWORDS, Browser, World, config_for, open_world

from gatelodge.config.policies import Config, DatabasePolicy, LegacyPolicy
from gatelodge.demo import planting as demo
from gatelodge.outbound import Call, Fetched, Outbound
from gatelodge.outbox.courier import Courier
from gatelodge.outbox.logout import LogoutNotice
from gatelodge.playground import room
from gatelodge.playground.scripts import SCRIPTS

ISSUER = "http://localhost:8000"
CALLBACK = f"{ISSUER}/playground/callback"
SCRIPT_OF = {script.key: script for script in SCRIPTS}
PLAYED = [script for script in SCRIPTS if script.begin]
ALL_ON = LegacyPolicy(password=True, implicit=True, hybrid=True)


class InMemory(Outbound):
    """The way out, of which the other end is the server itself; notes where it was sent.

    `change` is somebody on the line, who makes of an answer from a path what they like.
    """

    world: World | None = None
    asked: tuple[str, ...] = ()
    change: Callable[[str, bytes], bytes] = staticmethod(lambda path, body: body)

    async def send(self, call: Call, url: str, max_bytes: int) -> Fetched:
        InMemory.asked = (*InMemory.asked, url)
        assert InMemory.world is not None
        async with InMemory.world.http("127.0.0.1") as http:
            got = await http.request(call.method, url, data=call.form, headers=dict(call.headers))
        body = InMemory.change(got.url.path, got.content)
        return Fetched(got.status_code, got.headers.get("content-type", ""), body, dict(got.headers))


def playing(url: str, *, is_demo: bool = True, legacy: LegacyPolicy = ALL_ON) -> Config:
    """A configuration with a playground."""
    config = config_for(url, issuer=ISSUER, legacy=legacy)
    return replace(config, server=replace(config.server, playground=True, inspector=is_demo), demo=is_demo)


@dataclass
class Visitor:
    """Alice, in a browser of her own, at the playground."""

    world: World
    browser: Browser
    flow: str = "code"
    text: str = ""

    async def open(self, flow: str, query: str = "") -> str:
        """Go to the page of a flow."""
        self.flow = flow
        self.text = (await self.browser.http.get(f"/playground/{flow}{query}")).text
        return self.text

    async def press(self, act: str, **fields: str) -> str:
        """Press a button, and sign in or allow if the server asks."""
        answer = await self.browser.http.post(f"/playground/{self.flow}", data={"act": act, **fields})
        assert answer.status_code == 303, answer.text[:500]
        page = await self.browser.walk(answer, "alice", PASSWORDS["alice"])
        await self.courier.look()
        return await self.arrive(page)

    @property
    def courier(self) -> Courier:
        """What the server tells applications with, every two seconds."""
        on = self.world.foundation
        return Courier(
            on.db, on.clock, LogoutNotice(ISSUER, on.registry, on.keys, InMemory(), on.clock, on.entropy, on.subjects)
        )

    async def sent_back(self, flow: str) -> str:
        """Begin a flow, sign in and allow; return where the server sends the browser then, which it did not open."""
        self.flow, http = flow, self.browser.http
        page = await http.post(f"/playground/{flow}", data={"act": "authorize"})
        while not page.headers.get("location", "").startswith(CALLBACK):
            page = await http.get(page.headers["location"]) if page.status_code == 303 else page
            if page.url.path == "/login":
                page = await self.browser.post_form(page, username="alice", password=PASSWORDS["alice"])
            elif page.url.path == "/consent":
                page = await self.browser.post_form(page, scope=["openid", "orders:read"], decision="allow")
        return page.headers["location"]

    async def arrive(self, page: httpx2.Response) -> str:
        """Bring a fragment to the application as the script of its page does."""
        fragment = page.url.fragment
        if page.url.path == "/playground/callback" and fragment:
            posted = await self.browser.http.post("/playground/callback", data={"answer": fragment})
            page = await self.browser.follow(posted)
        self.text = page.text
        return self.text

    async def to_tokens(self, flow: str = "code") -> str:
        """Walk through a flow until the application has tokens."""
        await self.open(flow)
        for _ in range(3):
            if any(f'value="{act}"' in self.text for act in ("userinfo", "call", "leave")):
                return self.text
            await self.press(self.next, username="alice", password=PASSWORDS["alice"])
        raise AssertionError(self.text)

    @property
    def next(self) -> str:
        """The act the page proposes."""
        found = re.search(r'id="next" name="act" value="(\w+)"', self.text)
        return found[1] if found else ""

    @property
    def refused(self) -> str:
        """What the page says of a refusal, `""` if there was none."""
        found = re.search(r'id="refused">(.*?)</div>', self.text, re.S)
        return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[1]))).strip() if found else ""

    @property
    def rule(self) -> str:
        """The id of the rule that refused."""
        found = re.search(r'class="where">[^<]*<code>([^<]+)</code>', self.text)
        return found[1] if found else ""


@pytest.fixture
async def world(
    sqlite_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """A demo, with its applications."""
    monkeypatch.setattr(room, "Outbound", InMemory)
    monkeypatch.setattr(InMemory, "change", staticmethod(lambda path, body: body))
    async with open_world(playing(sqlite_policy.url), clock) as opened:
        await opened.foundation.db.write(demo.plant, ISSUER, {"alice": "", "bob": ""}, clock.now())
        await opened.foundation.registry.poll()
        InMemory.world, InMemory.asked = opened, ()
        monkeypatch.setattr(opened.server.granting.contexts.workloads.remote, "_outbound", InMemory())
        yield opened


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor(world, world.browser())
