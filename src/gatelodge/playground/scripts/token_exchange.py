"""Token exchange: an application passes on what it was allowed, for less; the new token says who acts (RFC 8693)."""

from collections.abc import Mapping

from gatelodge.playground.asking import ask, given, told
from gatelodge.playground.messages import FlowStep
from gatelodge.playground.runs import FlowRun
from gatelodge.playground.sample import WIDER
from gatelodge.playground.scenes import calling, exchange, front
from gatelodge.playground.script import Act, Break, Facts, Move, Script, Turn
from gatelodge.playground.snippets import Code
from gatelodge.protocol import rules
from gatelodge.protocol.token_exchange import ACCESS_TOKEN, GRANT_TYPE

ASKED = FlowStep(
    "pass_on",
    "client",
    "server",
    "POST /token: your token",
    "The application shows the token it has of you, and proves itself. The operator said which tokens it may exchange, "
    "for which APIs: the default is nothing.",
)
GIVEN = FlowStep(
    "passed_on",
    "server",
    "client",
    "a token that says who acts",
    "For one API and no identity. sub is still you, act is who acts for you. It ends with the first token, at the "
    "latest, and when you remove either application.",
)


async def _pass_on(turn: Turn) -> Move:
    return await _pass_on_with(turn, {})


async def _pass_on_for_more(turn: Turn) -> Move:
    return await _pass_on_with(turn, {"scope": WIDER})


async def _pass_on_elsewhere(turn: Turn) -> Move:
    return await _pass_on_with(turn, {"resource": turn.hands.sample.issuer})


async def _pass_on_what_was_changed(turn: Turn) -> Move:
    token = turn.run.tokens.access if turn.run.tokens else ""
    return await _pass_on_with(turn, {"subject_token": token[:-6] + token[-5:] + "A"})


async def _pass_on_with(turn: Turn, changed: Mapping[str, str]) -> Move:
    if turn.run.tokens is None:
        return Move(turn.run)
    form = {
        "grant_type": GRANT_TYPE,
        "subject_token": turn.run.tokens.access,
        "subject_token_type": ACCESS_TOKEN,
        "resource": turn.hands.sample.api,
        **changed,
    }
    sent = await ask(turn, form)
    return Move(await given(turn, await told(turn, sent, ASKED, GIVEN), sent))


def _has_a_token(run: FlowRun) -> bool:
    return run.tokens is not None


PASS_ON = Act(
    "pass_on",
    "Pass it on",
    "Something that acts for you, an assistant say, needs less than the application has. It gets a token of its own, "
    "which says so.",
    _pass_on,
    fits=_has_a_token,
)

TOKEN_EXCHANGE = Script(
    key="exchange",
    grant=GRANT_TYPE,
    name="Token exchange",
    lead="For an API that calls another API for somebody, or an agent that acts for them: their token becomes another "
    "one, for less, and it says who acts.",
    facts=Facts(
        person="once, before",
        secret="yes",
        refresh="no",
        when="APIs behind APIs, agents",
        section="RFC 8693",
        standing="special",
    ),
    steps=(*front.STEPS, *exchange.STEPS, ASKED, GIVEN, *calling.STEPS),
    begin=front.AUTHORIZE,
    with_code=exchange.EXCHANGE,
    with_tokens=(PASS_ON, calling.CALL),
    after=(PASS_ON, calling.CALL),
    breaks=(
        *front.FOREIGN_ANSWERS,
        Break(
            "pass_on_wider",
            "Ask for more than the token has",
            "An agent tries to come out with more than it was given.",
            rules.SCOPE_ALLOWED,
            "tokens",
            _pass_on_for_more,
            fits=_has_a_token,
        ),
        Break(
            "pass_on_elsewhere",
            "Ask for an API nobody said",
            "An agent tries a door that its operator did not open.",
            rules.EXCHANGE_TARGET,
            "tokens",
            _pass_on_elsewhere,
            fits=_has_a_token,
        ),
        Break(
            "pass_on_changed",
            "Pass on a token that was changed",
            "Somebody writes themselves a better one.",
            rules.EXCHANGE_SUBJECT,
            "tokens",
            _pass_on_what_was_changed,
            fits=_has_a_token,
        ),
    ),
    code=Code("acting", ("python",)),
    response_type="code",
)
