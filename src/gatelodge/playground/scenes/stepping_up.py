"""An API wants a stronger sign-in than the token tells of, and the application gets one (RFC 9470)."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from gatelodge.playground.asking import reply_label
from gatelodge.playground.messages import FlowStep, Message
from gatelodge.playground.refusals import of_api
from gatelodge.playground.runs import FlowRun, unguessable
from gatelodge.playground.scenes import exchange, front
from gatelodge.playground.script import AGAIN, Act, Break, Move, Turn
from gatelodge.protocol import rules

_ACR_VALUES = re.compile(r'acr_values="([^"]*)"')

ASKED = FlowStep(
    "card",
    "client",
    "api",
    "GET /card with the token",
    "Your orders anybody may see who signed in as you. The card that pays for them is another matter.",
)
CHALLENGED = FlowStep(
    "challenged",
    "api",
    "client",
    "401: sign in more strongly",
    "The token is good and its scope suffices. Its acr says that one factor was shown. acr_values says which would do, "
    "so the application need not guess.",
)
SEND = replace(
    front.SEND,
    key=front.SEND.key + AGAIN,
    label="go again, with acr_values",
    why="A new request with a new state, nonce and verifier, and with the acr_values that the API named. By themselves "
    "they are a wish. claims says that less will not do: then who has no second factor sets one up on the way.",
)
ASK = replace(
    front.ASK, key=front.ASK.key + AGAIN, why="The server sees who is there, and that they showed too little."
)
SIGN_IN = replace(
    front.SIGN_IN,
    key=front.SIGN_IN.key + AGAIN,
    label="show the second factor",
    why="Only what is missing is asked: a code or a passkey. Who has none may get one here, and proves first, with the "
    "password, that a session nobody watches is not enough for that.",
)
ANSWER = replace(front.ANSWER, key=front.ANSWER.key + AGAIN)
BACK = replace(front.BACK, key=front.BACK.key + AGAIN)
TOKEN = replace(exchange.TOKEN, key=exchange.TOKEN.key + AGAIN)
TOKENS = replace(
    exchange.TOKENS,
    key=exchange.TOKENS.key + AGAIN,
    label="tokens, with another acr",
    why="A token never changes. This is a new one, whose acr and auth_time tell of the sign-in that was just made.",
)
ASKED_AGAIN = replace(ASKED, key=ASKED.key + AGAIN, label="GET /card with the new token", why="The same request again.")
GIVEN = FlowStep("given", "api", "client", "the card", "acr is what the API wants, and the token says it.")
STEPS = (ASKED, CHALLENGED, SEND, ASK, SIGN_IN, ANSWER, BACK, TOKEN, TOKENS, ASKED_AGAIN, GIVEN)


async def _ask(turn: Turn) -> Move:
    """Ask for the card. To be sent for a stronger sign-in, once, is what this is about, and no failure."""
    if turn.run.tokens is None:
        return Move(turn.run)
    got = await turn.hands.line.get(turn.hands.sample.card, turn.run.tokens.access)
    named = _ACR_VALUES.search(got.headers.get("www-authenticate", ""))
    challenged = named is not None and not turn.run.weak
    refusal = None if challenged else of_api(got, rules.TOKEN_SIGN_IN)
    answer = Message(CHALLENGED if challenged else GIVEN, got.got, is_reply=True, refusal=refusal)
    told = turn.run.told(Message(turn.step(ASKED), got.sent), answer)
    return Move(replace(told, wanted=named[1]) if named and challenged else told)


async def _step_up(turn: Turn) -> Move:
    """Send the browser again. The ID token there is says who must come back (OIDC Core 12.2)."""
    tokens = turn.run.tokens
    if tokens is None or not turn.run.wanted:
        return Move(turn.run)
    state, nonce, verifier = unguessable(turn.hands.entropy)
    fresh = replace(turn.run, state=state, nonce=nonce, verifier=verifier, early=tokens.id)
    again = replace(fresh, tokens=None, weak=tokens.access, code="", used="")
    return front.send_again(replace(turn, run=again), _demanding(turn.run.wanted))


def _demanding(acr_values: str) -> Mapping[str, str]:
    """Ask for these levels as an API named them, and say that less will not do (OpenID Connect Core 5.5.1.1)."""
    demanded = {"id_token": {"acr": {"essential": True, "values": acr_values.split()}}}
    return {"acr_values": acr_values, "claims": json.dumps(demanded)}


async def _show_weak(turn: Turn) -> Move:
    got = await turn.hands.line.get(turn.hands.sample.card, turn.run.weak)
    refusal, said = of_api(got, turn.expected), reply_label(got)
    return Move(
        turn.run.told(
            Message(ASKED_AGAIN, got.sent, label="GET /card with the old token"),
            Message(GIVEN, got.got, is_reply=True, refusal=refusal, label=said),
        )
    )


def _is_first_round(run: FlowRun) -> bool:
    return not run.weak


def _was_challenged(run: FlowRun) -> bool:
    return bool(run.wanted) and not run.weak


def _stepped_up(run: FlowRun) -> bool:
    return bool(run.weak)


CARD = Act(
    "card",
    "Ask for the card",
    "There are tokens. The application asks the orders API for the card that pays.",
    _ask,
    fits=_is_first_round,
)
STEP_UP = Act(
    "send_again",
    "Sign in more strongly",
    "The API said what is missing. The application sends your browser to the server again, with what it said.",
    _step_up,
    fits=_was_challenged,
    hint="Who has no second factor yet, as alice, gets one on the way; the account page takes it away again.",
)
CARD_AGAIN = Act(
    "card_again",
    "Ask for the card again",
    "There is a new token, and it tells of two factors. The application asks for the card again.",
    _ask,
    fits=_stepped_up,
)
OLD_TOKEN = Break(
    "old_token",
    "The token of the first sign-in again",
    "Somebody has a copy of the first token. It is good until it ends, and what was proven after it does not make it "
    "stronger.",
    rules.TOKEN_SIGN_IN,
    "tokens",
    _show_weak,
    fits=_stepped_up,
)
