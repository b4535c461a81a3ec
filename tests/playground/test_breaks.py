"""Every way to break it is refused by whom and for what it says, and nobody pretends."""

import pytest
from tests.conftest import FakeClock
from tests.playground.conftest import PLAYED, Visitor

from gatelodge.playground.scripts.authorization_code import AUTHORIZATION_CODE

pytestmark = pytest.mark.anyio
BY_ACT = {one.act: one for script in PLAYED for one in script.breaks}
ON_THE_WAY = {one.act for one in BY_ACT.values() if one.tampering}
BEFORE = [one.act for one in AUTHORIZATION_CODE.breaks if one.stage == "before"]
WITH_A_CODE = [one.act for one in AUTHORIZATION_CODE.breaks if one.stage == "code" and not one.wait]
WITH_TOKENS = [one.act for one in AUTHORIZATION_CODE.breaks if one.stage == "tokens"]
BY_CLIENT, BY_API = {"state_missing", "state_changed", *ON_THE_WAY}, {"order", "token_changed"}


def assert_refused(visitor: Visitor, act: str) -> None:
    who = "application" if act in BY_CLIENT else "API" if act in BY_API else "server"
    assert visitor.refused.startswith(f"The {who} refused it")
    assert visitor.rule == BY_ACT[act].rule.id
    assert BY_ACT[act].rule.section in visitor.refused


@pytest.mark.parametrize("flow", ["code", "public", "implicit", "hybrid"])
@pytest.mark.parametrize("act", BEFORE)
async def test_an_authorization_request_that_is_broken_is_refused(visitor: Visitor, flow: str, act: str) -> None:
    assert f'value="{act}"' in await visitor.open(flow)
    await visitor.press(act)

    assert_refused(visitor, act)
    assert visitor.next == "restart"


@pytest.mark.parametrize(
    ("flow", "act", "section"),
    [
        ("implicit", "id_token_forged", "OIDC Core 3.2.2.11"),
        ("hybrid", "id_token_forged", "OIDC Core 3.2.2.11"),
        ("implicit", "token_swapped", "OIDC Core 3.2.2.9"),
        ("hybrid", "code_swapped", "OIDC Core 3.3.2.10"),
    ],
)
async def test_an_answer_that_is_changed_on_its_way_is_refused(
    visitor: Visitor, flow: str, act: str, section: str
) -> None:
    assert f'value="{act}"' in await visitor.open(flow)
    await visitor.press(act)

    assert_refused(visitor, act)
    assert section in visitor.refused
    assert visitor.next == "restart"
    assert 'id="tokens"' not in visitor.text


@pytest.mark.parametrize("flow", ["code", "public", "machine"])
@pytest.mark.parametrize("act", sorted(ON_THE_WAY))
async def test_what_no_browser_carries_cannot_be_changed_there(visitor: Visitor, flow: str, act: str) -> None:
    assert f'value="{act}"' not in await visitor.open(flow)


async def test_who_says_no_to_an_attempt_is_told_that_they_said_no(visitor: Visitor) -> None:
    await visitor.open("implicit")
    answer = await visitor.browser.http.post("/playground/implicit", data={"act": "id_token_forged"})
    page = await visitor.browser.sign_in(await visitor.browser.follow(answer))
    await visitor.arrive(await visitor.browser.deny(page))

    assert "access_denied" in visitor.refused
    assert "client.signature" not in visitor.text


@pytest.mark.parametrize("act", WITH_A_CODE)
async def test_an_exchange_that_is_broken_is_refused(visitor: Visitor, act: str) -> None:
    await visitor.open("code")
    await visitor.press("authorize")
    assert f'value="{act}"' in visitor.text
    await visitor.press(act)

    assert_refused(visitor, act)


@pytest.mark.parametrize("act", WITH_TOKENS)
async def test_tokens_that_are_misused_are_refused(visitor: Visitor, act: str) -> None:
    await visitor.to_tokens()
    assert f'value="{act}"' in visitor.text
    await visitor.press(act)

    assert_refused(visitor, act)


@pytest.mark.parametrize("act", ["secret_wrong_machine", "scope_wider"])
async def test_a_machine_that_is_broken_is_refused(visitor: Visitor, act: str) -> None:
    assert f'value="{act}"' in await visitor.open("machine")
    await visitor.press(act)

    assert_refused(visitor, act)


@pytest.mark.parametrize("act", ["push_guessed", "name_of_another"])
async def test_a_push_that_is_broken_is_refused(visitor: Visitor, act: str) -> None:
    assert f'value="{act}"' in await visitor.open("pushed")
    await visitor.press(act)

    assert_refused(visitor, act)
    assert visitor.next == "restart"


async def test_a_name_is_spent_by_its_answer(visitor: Visitor) -> None:
    await visitor.to_tokens("pushed")
    assert "POST /par HTTP/1.1" in visitor.text
    assert "request_uri=urn" in visitor.text
    await visitor.press("name_again")

    assert_refused(visitor, "name_again")


async def test_an_expired_code_really_expires(visitor: Visitor, clock: FakeClock) -> None:
    await visitor.open("code")
    await visitor.press("authorize")
    await visitor.press("code_expired")
    assert 'data-seconds="61"' in visitor.text
    assert visitor.refused == ""
    clock.advance(61)
    await visitor.press("code_expired")

    assert_refused(visitor, "code_expired")


async def test_who_does_not_have_the_secret_cannot_spend_the_code(visitor: Visitor) -> None:
    await visitor.open("code")
    await visitor.press("authorize")
    await visitor.press("secret_wrong")
    await visitor.press("exchange")

    assert 'id="tokens"' in visitor.text


async def test_a_replayed_code_ends_what_came_of_it(visitor: Visitor) -> None:
    await visitor.to_tokens()
    await visitor.press("code_replayed")
    assert "the server ended the whole sign-in" in visitor.text
    assert visitor.next == "refresh"
    await visitor.press("refresh")

    assert "invalid_grant" in visitor.refused
    assert visitor.next == "restart"


@pytest.mark.parametrize(("act", "still"), [("order", "call"), ("refresh_wider", "refresh")])
async def test_an_attempt_does_not_count_as_the_step_it_resembles(visitor: Visitor, act: str, still: str) -> None:
    await visitor.to_tokens("refresh" if still == "refresh" else "code")
    ahead = visitor.text.count("arrow ghost")
    await visitor.press(act)

    assert visitor.next == still
    assert visitor.text.count("arrow ghost") == ahead


async def test_an_attempt_after_everything_ended_is_not_offered(visitor: Visitor) -> None:
    await visitor.to_tokens()
    await visitor.press("refresh_replayed")

    assert "arrow ghost" not in visitor.text
    assert 'id="break"' not in visitor.text


async def test_a_refusal_leads_to_the_checks_of_its_request(visitor: Visitor) -> None:
    await visitor.open("code")
    await visitor.press("redirect_changed")

    assert "yours has a trailing slash" in visitor.refused
    found = visitor.text.partition('href="/inspector/')[2].partition('"')[0]
    trace = await visitor.browser.http.get(f"/inspector/{found}")
    assert "redirect_uri equals a registered value" in trace.text


async def test_an_answer_that_comes_twice_is_taken_once(visitor: Visitor) -> None:
    back = await visitor.sent_back("code")
    await visitor.browser.http.get(back)
    await visitor.arrive(await visitor.browser.follow(await visitor.browser.http.get(back)))

    assert visitor.rule == "client.state"
