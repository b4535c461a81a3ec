"""Logos of clients: read once from a file or an address, judged, and shown from here alone."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.pictures import png
from tests.test_outbound import answering, listening
from tests.world import World, assert_page400
from tests.worlds import world as world

from gatelodge.config.policies import LegacyPolicy
from gatelodge.ops import logos
from gatelodge.ops.client_drafts import kept, new_secret
from gatelodge.ops.logos import Logo
from gatelodge.ops.refusals import OperationRefused
from gatelodge.outbound import Outbound
from gatelodge.protocol.picture import MAX_BYTES
from gatelodge.stores import clients
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

LEGACY, ORIGIN = LegacyPolicy(password=True, implicit=True, hybrid=True), Origin("test")
INSIDE, OUTSIDE = Outbound(allow_loopback=True), Outbound()


def served(body: bytes, status: bytes = b"200 OK", *headers: bytes) -> bytes:
    head = (b"HTTP/1.1 " + status, b"content-type: image/svg+xml", b"content-length: %d" % len(body), *headers)
    return b"\r\n".join(head) + b"\r\n\r\n" + body


async def give(world: World, logo: Logo | None, client_id: str = "web1") -> None:
    """Give a client a logo as `gatelodge clients change` does."""
    on, secret = world.foundation, kept(new_secret(world.foundation.entropy))
    said = logos.said_of(logo)
    await on.db.write(logos.change, client_id, said, logo, secret, LEGACY, ORIGIN, on.clock.now())
    await on.registry.poll()


@pytest.fixture
async def logo(tmp_path: Path) -> Logo:
    (file := tmp_path / "orchard.png").write_bytes(png())
    return await logos.read_logo(str(file), OUTSIDE)


async def test_a_logo_is_shown_where_the_client_asks_and_in_the_account(world: World, logo: Logo) -> None:
    await give(world, logo)
    browser, picture = world.browser(), f'src="/logo/{logo.name}"'

    page = await browser.authorize()
    assert picture in page.text
    consent = await browser.sign_in(page)
    assert picture in consent.text
    await browser.allow(consent)
    assert picture in (await browser.authorize(prompt="select_account")).text
    assert picture in (await browser.get("/account/apps")).text

    await give(world, None)
    assert "/logo/" not in (await world.browser().authorize()).text
    assert_page400(await browser.get(f"/logo/{logo.name}"), status=404)


async def test_CM_05_it_is_sent_as_what_it_is_and_can_do_nothing(world: World, logo: Logo) -> None:
    await give(world, logo)

    answer = await world.browser().get(f"/logo/{logo.name}")

    assert (answer.content, answer.headers["content-type"]) == (png(), "image/png")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "immutable" in answer.headers["cache-control"]
    for name in ("0123456789abcdef.png", "x.svg", logo.name.replace(".png", ".svg"), "..%2Fstyle.css"):
        assert_page400(await world.browser().get(f"/logo/{name}"), status=404)
    policy = (await world.browser().authorize()).headers["content-security-policy"]
    assert "img-src 'self'" in policy


async def test_an_address_is_fetched_once_and_kept(world: World) -> None:
    async with listening(answering(served(png()))) as canary:
        url = f"http://127.0.0.1:{canary.port}/logo"
        logo = await logos.read_logo(url, INSIDE)
        await give(world, logo)
        for _ in range(3):
            assert (await world.browser().get(f"/logo/{logo.name}")).status_code == 200
    assert len(canary.requests) == 1
    client = await world.foundation.db.read(clients.find, "web1")
    assert client is not None
    assert (client.logo, client.logo_uri) == (logo.name, url)


async def test_CM_05_SS_01_SS_03_what_is_no_picture_or_leads_inside_is_refused(tmp_path: Path) -> None:
    answers = {
        "no PNG": served(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        "too large": served(png() + bytes(MAX_BYTES)),
        "it answered 302": served(b"", b"302 Found", b"location: https://rp.test/other"),
        "it answered 404": served(png(), b"404 Not Found"),
    }
    for words, answer in answers.items():
        async with listening(answering(answer)) as canary:
            with pytest.raises(OperationRefused, match=words):
                await logos.read_logo(f"http://127.0.0.1:{canary.port}/", INSIDE)
        assert len(canary.requests) == 1
    (tmp_path / "logo.png").write_bytes(b"<svg/>")
    for source in (
        "https://127.0.0.1:1/",
        "https://[::1]:1/",
        "http://rp.test/x",
        str(tmp_path),
        str(tmp_path / "logo.png"),
    ):
        with pytest.raises(OperationRefused):
            await logos.read_logo(source, OUTSIDE)


async def test_two_clients_of_one_picture_keep_it_each(world: World, logo: Logo) -> None:
    await give(world, logo)
    await give(world, replace(logo, uri="https://rp.test/logo"), "web2")
    await give(world, None)

    assert (await world.browser().get(f"/logo/{logo.name}")).status_code == 200
    await world.foundation.db.write(clients.remove, "web2")
    assert_page400(await world.browser().get(f"/logo/{logo.name}"), status=404)
