"""The inspector's pages, in the demo, where everybody may look: readable without scripts, and safe to look at."""

import re
from dataclasses import replace
from html import unescape

import httpx2
import pytest
from tests.inspector.conftest import traced, tracing_of
from tests.world import RP, World, assert_page400, open_world, request_for

from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.inspector import traces

pytestmark = pytest.mark.anyio


async def refused(world: World, **changes: str) -> httpx2.Response:
    async with world.http() as http:
        return await http.get("/authorize", params=request_for(**{"redirect_uri": RP + "/", **changes}))


async def page(world: World, path: str) -> httpx2.Response:
    async with world.http() as http:
        return await http.get(path)


async def test_the_error_page_leads_to_the_trace(demo: World):
    error = await refused(demo)
    link = re.search(r'href="(/inspector/[0-9a-f]{16})"', error.text)
    assert link is not None
    shown = await page(demo, link[1])

    assert_page400(error)
    assert link[1].endswith(error.headers["x-request-id"])
    assert shown.status_code == 200
    assert "yours has a trailing slash" in shown.text
    assert "RFC 9700 4.1.3" in shown.text
    assert shown.text.count('class="held"') == 5
    assert shown.text.count('class="refused"') == 1


async def test_the_list_shows_the_newest_first(demo: World):
    await page(demo, "/jwks")
    error = await refused(demo)
    ids = re.findall(r'href="/inspector/([0-9a-f]{16})"', (await page(demo, "/inspector")).text)

    assert len(ids) == 2
    assert ids[0] == error.headers["x-request-id"]


async def test_the_list_can_be_narrowed(demo: World):
    await page(demo, "/jwks")
    await refused(demo)
    await refused(demo, client_id="two-uris", redirect_uri="https://rp.test/other")

    async def listed(query: str) -> int:
        return (await page(demo, f"/inspector?{query}")).text.count('href="/inspector/')

    assert await listed("") == 3
    assert await listed("client=web1") == 1
    assert await listed("endpoint=jwks") == 1
    assert await listed("endpoint=authorization") == 2
    assert await listed("outcome=refused") == 2
    assert await listed("outcome=answered") == 1
    assert await listed("client=web1&outcome=answered") == 0
    assert await listed("outcome=bogus") == 3


async def test_looking_leaves_no_trace(demo: World):
    for _ in range(3):
        await page(demo, "/inspector")
        await page(demo, "/inspector/0123456789abcdef")

    assert await tracing_of(demo).recent(10, "", "", None) == []


async def test_a_request_that_left_no_trace_is_not_found(demo: World):
    for name in ("0123456789abcdef", "x", "..%2f", "%22%3E"):
        assert_page400(await page(demo, f"/inspector/{name}"), status=404)


ATTACK = '"><script>alert(1)</script>'


async def test_what_a_stranger_sent_is_escaped(demo: World):
    errors = [
        await refused(demo, redirect_uri=f"https://rp.test/{ATTACK}"),
        await refused(demo, redirect_uri=f"https://rp.test/cb?{ATTACK}=1"),
        await refused(demo, redirect_uri=RP, scope=ATTACK),
        await refused(demo, redirect_uri=RP, resource=f"https://api.test/{ATTACK}"),
    ]
    shown = [await page(demo, "/inspector/" + error.headers["x-request-id"]) for error in errors]
    lists = [await page(demo, "/inspector"), await page(demo, f"/inspector?client={ATTACK}&endpoint={ATTACK}")]

    assert [answer.status_code for answer in (*shown, *lists)] == [200] * 6
    assert [answer.url for answer in (*shown, *lists) if "<script>" in answer.text] == []
    assert "alert(1)" in unescape(shown[0].text)  # it is there, and harmless


async def test_the_pages_work_without_scripts_and_load_nothing_foreign(demo: World):
    error = await refused(demo)
    listed, shown = await page(demo, "/inspector"), await page(demo, "/inspector/" + error.headers["x-request-id"])

    assert '<noscript><meta http-equiv="refresh"' in listed.text
    assert "<script" not in shown.text
    assert "script-src" not in shown.headers["content-security-policy"]
    assert "default-src 'none'" in listed.headers["content-security-policy"]
    for answer in (listed, shown):
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)


async def test_the_list_can_be_paused(demo: World):
    paused = await page(demo, "/inspector?client=web1&live=off")

    assert "<script" not in paused.text
    assert 'http-equiv="refresh"' not in paused.text
    assert 'href="/inspector?client=web1&amp;endpoint=&amp;outcome=&amp;live=on"' in paused.text


async def test_a_demo_whose_inspector_is_off_says_so(sqlite_policy: DatabasePolicy, clock: Clock):
    async with open_world(traced(sqlite_policy.url, demo=True, inspector=False), clock) as world:
        error = await refused(world)
        for path in ("/inspector", "/inspector/" + error.headers["x-request-id"]):
            shown = await page(world, path)
            assert shown.status_code == 404
            assert "GATELODGE_SERVER_INSPECTOR=true" in shown.text
        assert "/inspector" not in error.text


async def test_below_a_path_links_lead_to_their_own_pages(sqlite_policy: DatabasePolicy, clock: Clock):
    config = traced(sqlite_policy.url, demo=True)
    config = replace(config, server=replace(config.server, issuer="http://localhost:8000/p"))
    async with open_world(config, clock) as world:
        error = await page(world, "/authorize?client_id=nobody")  # the client adds /p itself
        link = re.search(r'href="(/p/inspector/[0-9a-f]{16})"', error.text)
        assert link is not None

        assert (await page(world, link[1].removeprefix("/p"))).status_code == 200


async def test_a_lost_database_is_told_as_such(demo: World, monkeypatch: pytest.MonkeyPatch):
    from gatelodge.database.tx import Unavailable

    async def lost(*_args: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(traces, "list_recent", lost)

    assert_page400(await page(demo, "/inspector"), status=503)
