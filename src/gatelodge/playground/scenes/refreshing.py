"""A refresh token gets new tokens, until an old one comes again."""

from dataclasses import replace

from gatelodge.playground.asking import REPLAY_NOTE, ask, given, told
from gatelodge.playground.messages import FlowStep
from gatelodge.playground.runs import FlowRun
from gatelodge.playground.sample import WIDER
from gatelodge.playground.script import Act, Break, Move, Turn
from gatelodge.protocol import rules

ASKED = FlowStep(
    "refresh",
    "client",
    "server",
    "POST /token: refresh token",
    "When the access token has ended, the refresh token gets a new one, without you.",
)
GIVEN = FlowStep(
    "refreshed",
    "server",
    "client",
    "new tokens",
    "A new access token and a new refresh token: the old one is over. If it ever comes again, somebody has a copy, and "
    "the whole family ends.",
)
STEPS = (ASKED, GIVEN)


async def _refresh(turn: Turn) -> Move:
    return await _refresh_with(turn, {})


async def _refresh_for_more(turn: Turn) -> Move:
    return await _refresh_with(turn, {"scope": f"{turn.script.scope} {WIDER}"})


async def _refresh_with(turn: Turn, more: dict[str, str]) -> Move:
    if turn.run.tokens is None or not turn.run.tokens.refresh:
        return Move(turn.run)
    exchange = await ask(turn, _form(turn.run.tokens.refresh[-1]) | more)
    return Move(await given(turn, await told(turn, exchange, ASKED, GIVEN), exchange))


async def _replay(turn: Turn) -> Move:
    """Refresh until the first token is two generations old: the one before may come again if an answer was lost."""
    run = turn.run
    while run.refusal is None and run.tokens is not None and len(run.tokens.refresh) < 3:
        run = (await _refresh(replace(turn, run=run))).run
    if run.refusal is not None or run.tokens is None:
        return Move(run)
    exchange = await ask(turn, _form(run.tokens.refresh[0]))
    replayed = await told(replace(turn, run=run), exchange, ASKED, GIVEN, REPLAY_NOTE)
    return Move(replace(replayed, ended=exchange.refused))


def _form(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token}


def _can_refresh(run: FlowRun) -> bool:
    return run.tokens is not None and bool(run.tokens.refresh)


def _goes_on(run: FlowRun) -> bool:
    return _can_refresh(run) and not run.ended


def _was_ended_by_an_attempt(run: FlowRun) -> bool:
    return _can_refresh(run) and bool(run.broken)


REFRESH = Act(
    "refresh",
    "Refresh",
    "The access token lives for minutes. The refresh token gets a new one, without you.",
    _refresh,
    fits=_goes_on,
)
ALL_THE_SAME = Act(
    "refresh",
    "Refresh all the same",
    "Nobody can tell a thief from the application, so the server ended the whole sign-in. See for yourself.",
    _refresh,
    fits=_was_ended_by_an_attempt,
)
REFRESH_REPLAYED = Break(
    "refresh_replayed",
    "An old refresh token again",
    "The application refreshes twice, then somebody with a copy of the first refresh token comes. The whole family "
    "ends, for the thief and for the application.",
    rules.REFRESH_ONCE,
    "tokens",
    _replay,
    fits=_can_refresh,
)
REFRESH_WIDER = Break(
    "refresh_wider",
    "A refresh with a wider scope",
    "The application tries to get more out of a refresh than the person allowed.",
    rules.SCOPE_GRANTED,
    "tokens",
    _refresh_for_more,
    fits=_can_refresh,
)
BREAKS = (REFRESH_REPLAYED, REFRESH_WIDER)
