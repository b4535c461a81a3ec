"""A sign-in through another provider, message by message; the provider is a real one on a port."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.conftest import FakeClock
from tests.federated import Federated
from tests.playground.conftest import InMemory, Visitor
from tests.upstream import UpstreamStub, upstream
from tests.world import World

pytestmark = pytest.mark.anyio
CAROL: dict[str, Any] = {"name": "Carol", "email": "carol@corp.example", "email_verified": True}


@pytest.fixture
def stub(clock: FakeClock) -> Iterator[UpstreamStub]:
    with upstream(clock) as served:
        yield served


@pytest.fixture
async def federated(world: World, stub: UpstreamStub) -> Federated:
    whole = Federated(world, stub)
    await whole.add(new_accounts=True)
    return whole


async def test_what_passes_between_server_and_provider_is_shown(visitor: Visitor, federated: Federated) -> None:
    await visitor.open("other_provider")
    sent = await visitor.browser.http.post("/playground/other_provider", data={"act": "authorize"})
    asked = await federated.go(visitor.browser, await visitor.browser.follow(sent))
    now = federated.stub.clock.now()  # the server asked for a fresh sign-in
    page = await federated.come_back(visitor.browser, asked, auth_time=now, **CAROL)
    await visitor.arrive(await visitor.browser.allow(page))
    assert "GET /login/with/corp" in visitor.text
    assert "code_challenge_method=S256" in visitor.text
    assert f"Location: {federated.stub.issuer}/authorization" in visitor.text
    assert visitor.next == "exchange"
    await visitor.press("exchange")

    assert "an ID token: iss, sub" in visitor.text
    await visitor.press("userinfo")
    assert visitor.refused == ""
    assert visitor.next == "restart"
    assert "arrow ghost" not in visitor.text


async def test_the_look_ahead_is_of_another_browser(visitor: Visitor, federated: Federated) -> None:
    await visitor.open("other_provider")
    sent = await visitor.browser.http.post("/playground/other_provider", data={"act": "authorize"})
    page = await visitor.browser.follow(sent)
    asked = parse_qs(urlsplit((await federated.go(visitor.browser, page)).headers["location"]).query)
    await visitor.open("other_provider")
    await visitor.press("show")

    assert asked["state"][0] not in visitor.text


async def test_without_the_provider_nothing_is_said_of_it(visitor: Visitor, federated: Federated) -> None:
    assert federated.stub.issuer
    await visitor.open("other_provider")
    await visitor.press("authorize")
    await visitor.press("exchange")

    assert "an ID token: iss, sub" not in visitor.text
    assert "you → Gatelodge" in visitor.text
    assert 'id="tokens"' in visitor.text


@pytest.mark.parametrize(("act", "rule"), [("other_browser", "upstream.state"), ("other_iss", "upstream.iss")])
async def test_an_answer_that_is_not_this_ones_signs_nobody_in(
    visitor: Visitor, federated: Federated, act: str, rule: str
) -> None:
    await visitor.open("other_provider")
    await visitor.press(act)

    assert visitor.refused.startswith("The server refused it")
    assert visitor.rule == rule
    assert "Location: /login/failed" in visitor.text
    assert "Gatelodge, and back: nobody is signed in" in visitor.text
    assert visitor.next == "restart"
    assert not [path for path, _ in federated.stub.heard if path == "/token"]
    assert any("/callback/corp?" in url for url in InMemory.asked)


async def test_where_there_is_no_other_provider_it_says_so(visitor: Visitor) -> None:
    await visitor.open("other_provider")
    await visitor.press("authorize")

    assert "no other provider" in (await visitor.open("other_provider"))
    assert visitor.next == "restart"
