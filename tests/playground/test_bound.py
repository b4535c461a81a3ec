"""A token that is bound to a key, played: what passes, and what a thief gets of it."""

import pytest
from tests.playground.conftest import Visitor

from gatelodge.playground.scripts.bound_token import BOUND_TOKEN

pytestmark = pytest.mark.anyio
SAID = {
    "bound_as_bearer": "invalid_token",
    "bound_other_key": "invalid_token",
    "bound_again": "invalid_dpop_proof",
    "bound_elsewhere": "invalid_dpop_proof",
}


async def test_a_token_is_asked_for_and_shown_with_proofs(visitor: Visitor) -> None:
    await visitor.to_tokens("bound")
    assert "DPoP: eyJ" in visitor.text
    assert "The key it is bound to" in visitor.text

    await visitor.press("call")
    assert visitor.refused == ""
    assert "a looking glass" in visitor.text
    assert "Authorization: DPoP " in visitor.text


@pytest.mark.parametrize("act", [one.act for one in BOUND_TOKEN.breaks])
async def test_whoever_has_the_token_and_not_the_key_is_refused_by_the_api(visitor: Visitor, act: str) -> None:
    await visitor.to_tokens("bound")
    await visitor.press(act)

    assert visitor.refused.startswith("The API refused it")
    assert SAID[act] in visitor.refused
    rule = next(one.rule for one in BOUND_TOKEN.breaks if one.act == act)
    assert (visitor.rule, rule.section in visitor.refused) == (rule.id, True)

    await visitor.press("call")  # and the application goes on
    assert visitor.refused == ""
