"""HEAD looks as a GET would and does nothing (RFC 9110 9.2.1)."""

from urllib.parse import urlencode

import pytest
from tests.world import World, answer_of, request_for

from gatelodge.app import routes
from gatelodge.database.tx import Tx

pytestmark = pytest.mark.anyio

ACTS = {"/authorize", "/device", "/logout"}


async def tickets(tx: Tx) -> int:
    rows = await tx.all("select id from tickets")
    return len(rows)


async def test_a_HEAD_of_the_authorization_endpoint_issues_no_code_and_parks_nothing(world: World):
    browser = world.browser()
    await browser.answer()
    before = await world.foundation.db.read(tickets)

    for client in ("web1", "trusted1", "two-uris"):
        looked = await browser.http.head("/authorize?" + urlencode(request_for(client)))

        assert (looked.status_code, looked.headers["allow"]) == (405, "GET, POST")
        assert "location" not in looked.headers
    assert await world.foundation.db.read(tickets) == before


async def test_a_HEAD_of_the_logout_endpoint_signs_nobody_out(world: World):
    browser = world.browser()
    hint = (await browser.tokens())["id_token"]

    looked = await browser.http.head("/logout?" + urlencode({"id_token_hint": hint}))

    assert looked.status_code == 405
    assert "code" in answer_of(await browser.authorize(prompt="none"))


async def test_every_address_that_only_shows_something_answers_a_HEAD_without_a_body(world: World):
    shown = routes(world.server)
    looking = {route.path for route in shown if "GET" in route.handlers and "{" not in route.path} - ACTS
    assert {"/", "/jwks", "/login", "/consent", "/userinfo"} <= looking
    async with world.http() as http:
        for path in looking:
            got, looked = await http.get(path), await http.head(path)
            assert (looked.status_code, looked.content) == (got.status_code, b""), path
