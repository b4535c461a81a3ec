"""Every flow runs for real, and what is shown of it is what was sent."""

import re

import pytest
from tests.playground.conftest import ISSUER, PLAYED, SCRIPT_OF, InMemory, Visitor
from tests.world import World

pytestmark = pytest.mark.anyio
RUNNABLE = [script.key for script in PLAYED]
OF_THEIR_OWN = ("step_up", "other_provider", "device")  # these have files of their own
WITHOUT_MORE = [key for key in RUNNABLE if key not in OF_THEIR_OWN]


@pytest.mark.parametrize("flow", WITHOUT_MORE)
async def test_a_flow_runs_to_its_end(visitor: Visitor, flow: str) -> None:
    await visitor.to_tokens(flow)
    for act in SCRIPT_OF[flow].after:
        assert visitor.next == act.key
        await visitor.press(act.key)

    assert visitor.next == "restart"
    assert visitor.refused == ""
    assert "arrow ghost" not in visitor.text


@pytest.mark.parametrize("flow", RUNNABLE)
async def test_before_it_begins_every_message_lies_ahead(visitor: Visitor, flow: str) -> None:
    text = await visitor.open(flow)

    assert text.count("arrow ghost") == 2 * len(SCRIPT_OF[flow].steps)
    assert 'id="messages"' not in text


async def test_the_messages_are_those_that_were_sent(visitor: Visitor) -> None:
    await visitor.to_tokens()
    await visitor.press("call")

    assert "POST /token HTTP/1.1" in visitor.text
    assert "grant_type=authorization_code" in visitor.text
    assert "code_challenge_method=S256" in visitor.text
    assert "a looking glass" in visitor.text
    assert {url.removeprefix(ISSUER).partition("?")[0] for url in InMemory.asked} == {
        *("/token", "/demo/api/orders", "/jwks", "/introspect"),
        "/.well-known/openid-configuration",
    }


async def test_tokens_are_decoded_and_explained(visitor: Visitor) -> None:
    text = await visitor.to_tokens()

    assert "at+jwt is an access token" in text
    assert "Whom it is for, one or several. Anybody else has to refuse it." in text
    assert "in 10 min 0 s" in text


async def test_a_public_client_sends_no_secret(visitor: Visitor) -> None:
    await visitor.to_tokens("public")

    assert "client_id=playground-public" in visitor.text
    assert "Authorization: Basic" not in visitor.text


async def test_who_says_no_is_believed(visitor: Visitor) -> None:
    await visitor.open("code")
    answer = await visitor.browser.http.post("/playground/code", data={"act": "authorize"})
    page = await visitor.browser.sign_in(await visitor.browser.follow(answer))
    await visitor.arrive(await visitor.browser.deny(page))

    assert "access_denied" in visitor.refused
    assert visitor.next == "restart"


async def test_the_password_is_neither_kept_nor_shown(visitor: Visitor) -> None:
    await visitor.to_tokens("password")
    await visitor.press("show")

    assert "wonderland" not in visitor.text.replace("alice has the password wonderland", "")
    assert "(your password)" in visitor.text


async def test_a_fragment_can_be_pasted_with_the_whole_address(visitor: Visitor) -> None:
    await visitor.open("implicit")
    answer = await visitor.browser.http.post("/playground/implicit", data={"act": "authorize"})
    page = await visitor.browser.walk(answer, "alice", "wonderland")
    assert 'name="answer"' in page.text
    posted = await visitor.browser.http.post("/playground/callback", data={"answer": f" {page.url} "})
    visitor.text = (await visitor.browser.follow(posted)).text

    assert visitor.next == "call"


async def test_a_page_left_before_the_answer_came_leads_back_to_the_server(visitor: Visitor) -> None:
    await visitor.open("code")
    await visitor.browser.http.post("/playground/code", data={"act": "authorize"})

    assert "Go to the server again" in await visitor.open("code")


async def test_who_signs_out_at_the_server_is_signed_out_of_the_application_that_is_told(world: World) -> None:
    visitor, other = Visitor(world, world.browser()), Visitor(world, world.browser())
    for one in (visitor, other):
        await one.to_tokens("logout")
    await visitor.press("passed_off")
    assert visitor.refused.startswith("The application refused it")
    assert visitor.rule == "client.logout_token"

    await visitor.press("leave")
    assert visitor.next == "told"
    await visitor.press("told")

    assert "POST /playground/backchannel-logout HTTP/1.1" in visitor.text
    assert visitor.next == "restart"
    assert 'id="tokens"' not in visitor.text
    assert not re.search(r"eyJ[\w-]{20}", visitor.text)
    await other.open("logout")
    assert other.next == "leave"
