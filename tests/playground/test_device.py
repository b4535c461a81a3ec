"""The flow of a device: it shows a code, somebody types it elsewhere, and it asks until they have decided."""

import re

import pytest
from tests.conftest import FakeClock
from tests.devices import compare
from tests.playground.conftest import Visitor
from tests.world import PASSWORDS, World

pytestmark = pytest.mark.anyio


async def decide(world: World, visitor: Visitor, *, allow: bool = True) -> str:
    """Open the page of the code in another browser, and answer."""
    found = re.search(r'id="elsewhere" href="([^"]+)"', visitor.text)
    assert found is not None
    browser = world.browser("127.0.0.1")
    page = await compare(browser, await browser.submit(await browser.get(found[1])))
    return (await browser.walk(page, "alice", PASSWORDS["alice"], allow=allow)).text


async def to_code(visitor: Visitor) -> None:
    await visitor.open("device")
    assert visitor.next == "device"
    await visitor.press("device")
    assert re.search(r'id="to-type">[BCDFGHJKLMNPQRSTVWXZ]{4}-[A-Z]{4}<', visitor.text)
    assert visitor.next == "poll"


async def test_a_device_shows_a_code_waits_and_calls_the_api(world: World, visitor: Visitor, clock: FakeClock) -> None:
    await to_code(visitor)
    await visitor.press("poll")
    assert visitor.refused == ""
    assert "authorization_pending" in visitor.text
    assert "Look at your device" in await decide(world, visitor)
    clock.advance(5)

    await visitor.press("poll")
    assert visitor.next == "call"
    assert "elsewhere" not in visitor.text.partition("<section")[0]
    await visitor.press("call")
    assert visitor.next == "restart"
    assert "arrow ghost" not in visitor.text
    await visitor.press("device_code_again")
    assert visitor.rule == "device.once"


async def test_a_no_ends_it(world: World, visitor: Visitor) -> None:
    await to_code(visitor)
    await decide(world, visitor, allow=False)
    await visitor.press("poll")

    assert "access_denied" in visitor.refused
    assert visitor.next == "restart"


async def test_every_way_to_break_it_before_somebody_decided(world: World, visitor: Visitor) -> None:
    await visitor.open("device")
    await visitor.press("scope_wider")
    assert visitor.rule == "scope.allowed"

    await visitor.press("restart")
    await to_code(visitor)
    await visitor.press("too_often")
    assert visitor.rule == "device.pace"
    await visitor.press("verifier_wrong_device")
    assert visitor.rule == "pkce.verifier"
    assert "Look at your device" in await decide(world, visitor)
    await visitor.press("poll")
    assert visitor.next == "call"
