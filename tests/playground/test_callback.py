"""An answer is taken for what was asked, whatever else somebody puts into it on its way through the browser."""

import json

import pytest
from tests.playground.conftest import CALLBACK, Visitor

from gatelodge.keys.secrets import b64

pytestmark = pytest.mark.anyio
DEEP = f'{{"a":{"[" * 3_000}{"]" * 3_000}}}'


def unsigned(claims: str) -> str:
    return f"{b64(b'{}')}.{b64(claims.encode())}."


async def bring(visitor: Visitor, address: str) -> None:
    await visitor.arrive(await visitor.browser.follow(await visitor.browser.http.get(address)))


@pytest.mark.parametrize("flow", ["code", "public"])
async def test_CL_13_tokens_that_nobody_asked_for_are_not_taken(visitor: Visitor, flow: str) -> None:
    address = await visitor.sent_back(flow)
    forged = unsigned(json.dumps({"sub": "somebody-else"}))
    await bring(visitor, f"{address}&access_token=a-token-of-somebody-else&id_token={forged}")

    assert visitor.next == "exchange"
    assert 'id="tokens"' not in visitor.text
    await visitor.press("exchange")
    assert visitor.refused == ""


@pytest.mark.parametrize(("flow", "name"), [("code", "code"), ("hybrid", "code"), ("implicit", "access_token")])
async def test_CL_13_an_answer_that_lacks_what_was_asked_for_is_refused(visitor: Visitor, flow: str, name: str) -> None:
    address = await visitor.sent_back(flow)
    start, mark, answer = address.partition("?" if flow == "code" else "#")
    left = "&".join(pair for pair in answer.split("&") if not pair.startswith(f"{name}="))
    await bring(visitor, f"{start}{mark}{left}")

    assert visitor.rule == "client.whole"
    assert visitor.next == "restart"


@pytest.mark.parametrize("act", ["authorize", "id_token_forged"])
async def test_JWT_09_an_id_token_that_nobody_can_read_is_refused_as_any_other(visitor: Visitor, act: str) -> None:
    await visitor.open("hybrid")
    await visitor.browser.http.post("/playground/hybrid", data={"act": act})
    await bring(visitor, f"{CALLBACK}?state=x&id_token={unsigned(DEEP)}")

    assert visitor.rule == "client.state"
