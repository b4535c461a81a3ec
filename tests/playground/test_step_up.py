"""A stronger sign-in, message by message (RFC 9470)."""

from urllib.parse import unquote

import pytest
from tests.authn.factors import code_of, give_app
from tests.playground.conftest import Visitor
from tests.world import PASSWORDS, World

pytestmark = pytest.mark.anyio


async def to_challenge(visitor: Visitor) -> None:
    """Sign alice in with her password, and be told by the API that this is too little."""
    await visitor.open("step_up")
    for act in ("authorize", "exchange", "card"):
        assert visitor.next == act
        await visitor.press(act)


async def step_up(visitor: Visitor, world: World) -> None:
    """Go to the server again, and show a code of the app that alice has by now."""
    await give_app(world.foundation, world.people["alice"].id)
    assert visitor.next == "send_again"
    answer = await visitor.browser.http.post("/playground/step_up", data={"act": "send_again"})
    assert "acr_values=2" in answer.headers["location"]
    assert '"essential": true' in unquote(answer.headers["location"])
    page = await visitor.browser.submit(await visitor.browser.follow(answer), code=code_of(world.foundation))
    await visitor.arrive(page)
    await visitor.press("exchange")


async def test_the_api_names_what_it_wants_and_the_next_token_has_it(visitor: Visitor, world: World) -> None:
    await to_challenge(visitor)
    assert "401 Unauthorized" in visitor.text
    assert "acr_values=&#34;2&#34;" in visitor.text
    assert visitor.refused == ""
    await step_up(visitor, world)
    assert visitor.next == "card_again"
    await visitor.press("card_again")

    assert "&#34;ends_in&#34;: &#34;1865&#34;" in visitor.text
    assert visitor.refused == ""
    assert visitor.next == "restart"
    assert "arrow ghost" not in visitor.text


async def test_who_has_no_second_factor_sets_one_up_and_proves_the_first_before(visitor: Visitor) -> None:
    await to_challenge(visitor)
    answer = await visitor.browser.http.post("/playground/step_up", data={"act": "send_again"})
    page = await visitor.browser.follow(answer)
    assert page.url.path == "/login"

    assert (await visitor.browser.sign_in(page)).url.path.startswith("/login/set-up/")


async def test_the_token_of_the_first_sign_in_does_not_grow_stronger(visitor: Visitor, world: World) -> None:
    await to_challenge(visitor)
    assert 'value="old_token"' not in visitor.text
    await step_up(visitor, world)
    assert 'value="old_token"' in visitor.text
    await visitor.press("old_token")

    assert visitor.refused.startswith("The API refused it")
    assert visitor.rule == "token.sign_in"
    assert "RFC 9470" in visitor.refused
    assert visitor.next == "card_again"


async def test_the_answer_to_the_first_request_is_no_answer_to_the_second(visitor: Visitor) -> None:
    await visitor.open("step_up")
    sent = await visitor.browser.http.post("/playground/step_up", data={"act": "authorize"})
    first = sent.headers["location"].partition("&state=")[2].partition("&")[0]
    await visitor.arrive(await visitor.browser.walk(sent, "alice", PASSWORDS["alice"]))
    await visitor.press("exchange")
    await visitor.press("card")
    again = await visitor.browser.http.post("/playground/step_up", data={"act": "send_again"})

    assert f"state={first}" not in again.headers["location"]
    await visitor.arrive(
        await visitor.browser.follow(await visitor.browser.http.get(f"/playground/callback?code=x&state={first}"))
    )
    assert visitor.rule == "client.state"


async def test_who_showed_two_factors_at_once_is_let_in_at_once(visitor: Visitor, world: World) -> None:
    await give_app(world.foundation, world.people["alice"].id)
    await visitor.open("step_up")
    answer = await visitor.browser.http.post("/playground/step_up", data={"act": "authorize"})
    page = await visitor.browser.sign_in(await visitor.browser.follow(answer))
    page = await visitor.browser.submit(page, code=code_of(world.foundation))
    await visitor.arrive(await visitor.browser.allow(page))
    await visitor.press("exchange")
    await visitor.press("card")

    assert "&#34;ends_in&#34;: &#34;1865&#34;" in visitor.text
    assert visitor.next == "restart"
    assert "arrow ghost" not in visitor.text
