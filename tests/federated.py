"""A world whose people also come from another provider, which is a real one on a port and lies on order."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from tests.conftest import FakeClock
from tests.upstream import CLIENT, SECRET, UpstreamStub, upstream
from tests.world import Browser, World, config_for, open_world

from gatelodge.config.policies import DatabasePolicy, MailPolicy
from gatelodge.ops import providers as verbs
from gatelodge.protocol.provider import Provider
from gatelodge.stores import users
from gatelodge.telemetry.events import SERVER, Origin

HERE = "http://localhost:8000"  # a server on this machine may ask another one on it
OPERATOR = Origin("test", actor=SERVER)


@dataclass
class Federated:
    """The world and the provider, and how people walk between them."""

    world: World
    stub: UpstreamStub

    async def add(self, name: str = "corp", kind: str = "oidc", secret: str = SECRET, **members: Any) -> None:
        """Let people come from the stub, as if it were of this kind."""
        whole: dict[str, Any] = {"issuer": self.stub.issuer, "trusts_address": True} | members
        provider = Provider(name=name, kind=kind, label=name.title(), client_id=CLIENT, **whole)
        on = self.world.foundation
        await on.db.write(verbs.add, verbs.sealed(provider, secret, on.vault), OPERATOR, on.clock.now())
        await self.look()

    async def look(self) -> None:
        """Let the server notice what the operator changed, and how the providers are."""
        await self.world.foundation.registry.poll()
        await self.world.server.authn.upstream.providers.look()

    async def go(self, browser: Browser, page: httpx2.Response, name: str = "corp") -> httpx2.Response:
        """Press the button and return where the browser is sent."""
        return await browser.http.get(button_on(page, name))

    async def come_back(
        self, browser: Browser, sent: httpx2.Response, sub: str = "u-1", at: str = "corp", **claims: Any
    ) -> httpx2.Response:
        """Sign in there as somebody, come back, and go on as far as the server leads."""
        answer = self.stub.answer(sent.headers["location"], sub, **claims)
        return await browser.follow(await browser.http.get(f"/callback/{at}?{urlencode(answer)}"))

    async def sign_in(self, browser: Browser, sub: str = "u-1", **claims: Any) -> httpx2.Response:
        """Come to an application's request, and sign in by way of the provider."""
        return await self.come_back(browser, await self.go(browser, await browser.authorize()), sub, **claims)

    async def person(self, login: str) -> users.UserRecord | None:
        return await self.world.foundation.db.read(users.find_by_login, login)


def button_on(page: httpx2.Response, name: str = "corp") -> str:
    """Return where the button of a provider leads."""
    found = re.search(rf'href="([^"]*/login/with/{name}\?[^"]*)"', page.text)
    assert found is not None, page.text[:2000]
    return unescape(found[1])


@pytest.fixture
def stub(clock: FakeClock) -> Iterator[UpstreamStub]:
    with upstream(clock) as served:
        yield served


@pytest.fixture
async def federated(
    database_policy: DatabasePolicy, engine: str, clock: FakeClock, stub: UpstreamStub, anyio_backend: str
) -> AsyncIterator[Federated]:
    """A server at this machine, one provider not added yet. One database has a place, the other many."""
    mail = MailPolicy(
        url="smtp://mail.test", sender="id@example.org"
    )  # nobody sends it: nothing is looked at by itself
    config = replace(config_for(database_policy.url, HERE), mail=mail)
    places = 1_024 if engine == "postgres" else 1
    async with open_world(replace(config, database=replace(config.database, places=places)), clock) as world:
        yield Federated(world, stub)
