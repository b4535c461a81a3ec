"""What an answer of the authorization endpoint leaves behind, and that it is given once."""

import anyio
import httpx2
import pytest
from structlog.testing import capture_logs
from tests.world import World, answer_of, assert_page400, audited, request_for

pytestmark = pytest.mark.anyio


async def test_a_code_is_told_as_an_answer_and_as_no_token(world: World):
    browser = world.browser()
    await browser.answer()
    with capture_logs() as said:
        answered = await browser.authorize()
    assert set(answer_of(answered)) == {"code", "state", "iss"}
    assert [line["event"] for line in said if line["event"] != "signed_in"] == ["authorization_answered"]
    assert await audited(world, answered) == [], "tokens, and the warning of a legacy way, are told when there are some"


async def test_a_request_that_waits_is_answered_once_however_many_tabs_go_on_at_once(world: World):
    browser = world.browser()
    login = await browser.follow(await browser.http.get("/authorize", params=request_for("trusted1")))
    signed_in = await browser.post_form(login, username="alice", password="wonderland")
    answers: list[httpx2.Response] = []

    async def go_on() -> None:
        answers.append(await browser.http.get(signed_in.headers["location"]))

    async with anyio.create_task_group() as tabs:
        for _ in range(8):
            tabs.start_soon(go_on)
    redirected = [one.headers["location"] for one in answers if one.status_code == 303]
    assert len([where for where in redirected if "code=" in where]) == 1
    for other in (one for one in answers if one.status_code != 303):
        assert_page400(other)
