"""A code that came back is exchanged for tokens, by who asked for it, or by who caught it."""

from collections.abc import Mapping
from dataclasses import replace

from gatelodge.playground.asking import REPLAY_NOTE, ask, given, told
from gatelodge.playground.messages import FlowStep
from gatelodge.playground.runs import FlowRun
from gatelodge.playground.script import Act, Break, Move, Turn, Wait
from gatelodge.playground.snippets import Code
from gatelodge.protocol import rules

GRACE = 1  # seconds after which a code has certainly expired
WEB_APPLICATION = Code("code", ("fastapi", "django", "flask", "curl"))
PUBLIC_CLIENT = Code("public", ("javascript", "python", "curl"))

TOKEN = FlowStep(
    "token",
    "client",
    "server",
    "POST /token: code, verifier",
    "Server to server: the application proves itself with its secret, shows the code, and shows the verifier whose "
    "digest it sent at the beginning. Who stole the code has neither.",
)
TOKENS = FlowStep(
    "tokens",
    "server",
    "client",
    "tokens",
    "The access token opens the API, the refresh token gets new ones, the ID token tells the application who you are: "
    "it is believed once its signature, issuer, audience, end and nonce are checked.",
)
STEPS = (TOKEN, TOKENS)


async def _exchange(turn: Turn) -> Move:
    return await _exchange_with(turn, {})


async def _exchange_with(turn: Turn, changed: Mapping[str, str]) -> Move:
    if not turn.run.code:
        return Move(turn.run)
    exchange = await ask(turn, {**_form(turn, turn.run.code), **changed})
    spent = replace(await told(turn, exchange, TOKEN, TOKENS), code="", used=turn.run.code)
    if exchange.refused:
        return Move(replace(spent, over=True))
    return Move(await given(turn, spent, exchange, turn.run.nonce))


async def _show_wrong_verifier(turn: Turn) -> Move:
    return await _exchange_with(turn, {"code_verifier": turn.run.verifier[::-1]})


async def _name_another_address(turn: Turn) -> Move:
    return await _exchange_with(turn, {"redirect_uri": turn.hands.sample.callback + "/other"})


async def _guess_the_secret(turn: Turn) -> Move:
    """Ask with a wrong secret: the code is not even looked at."""
    if not turn.run.code:
        return Move(turn.run)
    exchange = await ask(turn, _form(turn, turn.run.code), guess="a-guess")
    return Move(await told(turn, exchange, TOKEN, TOKENS))


async def _wait_for_expiry(turn: Turn) -> Move:
    expired = turn.run.code_at + turn.hands.sample.code_lifetime + GRACE
    if turn.run.code and turn.hands.clock.now() < expired:
        return Move(replace(turn.run, until=expired))
    return await _exchange(turn)


async def _replay(turn: Turn) -> Move:
    exchange = await ask(turn, _form(turn, turn.run.used))
    return Move(replace(await told(turn, exchange, TOKEN, TOKENS, REPLAY_NOTE), ended=exchange.refused))


def _form(turn: Turn, code: str) -> Mapping[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": turn.hands.sample.callback,
        "code_verifier": turn.run.verifier,
    }


def _was_exchanged(run: FlowRun) -> bool:
    return bool(run.used)


EXCHANGE = Act(
    "exchange",
    "Exchange the code",
    "The code is here. It opens nothing: the application now exchanges it, server to server.",
    _exchange,
)
VERIFIER_WRONG = Break(
    "verifier_wrong",
    "A wrong verifier",
    "Somebody caught the code, and never had the verifier. A digest cannot be turned around. The code is spent by "
    "the attempt.",
    rules.PKCE_VERIFIER,
    "code",
    _show_wrong_verifier,
)
SECRET_WRONG = Break(
    "secret_wrong",
    "A wrong client secret",
    "Somebody caught the code, and does not have the secret. The code stays good: strangers must not be able to "
    "spend it.",
    rules.CLIENT_PROVEN,
    "code",
    _guess_the_secret,
)
REDIRECT_OTHER = Break(
    "redirect_other",
    "Another redirect URI in the exchange",
    "The code was caught at another address than the one it was made for.",
    rules.CODE_REDIRECT,
    "code",
    _name_another_address,
)
CODE_EXPIRED = Break(
    "code_expired",
    "An expired code",
    "Somebody finds the code later, in a log or a history. This takes as long as a code lives.",
    rules.CODE_VALID,
    "code",
    _wait_for_expiry,
    wait=Wait(
        "The code is good for a little longer. Nothing is pretended here, so wait until it has expired.",
        "Exchange the expired code",
    ),
)
CODE_REPLAYED = Break(
    "code_replayed",
    "The same code again",
    "Two parties have the code: one of them stole it. The server cannot know which, so it ends everything that "
    "came of it.",
    rules.CODE_ONCE,
    "tokens",
    _replay,
    fits=_was_exchanged,
)
BREAKS_OF_PUBLIC = (VERIFIER_WRONG, REDIRECT_OTHER, CODE_EXPIRED, CODE_REPLAYED)
BREAKS = (VERIFIER_WRONG, SECRET_WRONG, REDIRECT_OTHER, CODE_EXPIRED, CODE_REPLAYED)
