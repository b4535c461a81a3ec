"""A session ends at the server, and the application hears of it (OpenID Connect Back-Channel Logout 1.0 2.5)."""

from dataclasses import replace
from urllib.parse import quote, urlencode

from gatelodge.playground.checks import LOGOUT_TOKEN
from gatelodge.playground.identity import refusal_of
from gatelodge.playground.messages import FlowStep, Message
from gatelodge.playground.runs import FlowRun
from gatelodge.playground.script import Act, Break, Move, Turn
from gatelodge.playground.wording import answer_text, request_text

LEAVE = FlowStep(
    "leave",
    "browser",
    "server",
    "GET /logout",
    "The application sends your browser to sign out at the server, with your ID token as a hint: it proves which "
    "session is meant, so you are not asked. The session ends, and whatever came of it.",
)
TOLD = FlowStep(
    "told",
    "server",
    "client",
    "POST: a logout token",
    "Server to server: a short signed token that names the session. Your browser has no part in it, so no closed tab "
    "and no blocked cookie is in its way. If nobody answers it is sent again, for a day.",
)
HEARD = FlowStep(
    "heard",
    "client",
    "server",
    "200: it has heard",
    "The application checked signature, issuer, audience, age and that it is a logout token. Then it forgot your "
    "tokens and your session there.",
)
STEPS = (LEAVE, TOLD, HEARD)


async def _leave(turn: Turn) -> Move:
    """Send the browser to sign out at the server, and back here."""
    if turn.run.tokens is None:
        return Move(turn.run)
    sample = turn.hands.sample
    asked = {
        "client_id": sample.client_id(public=turn.script.public),
        "id_token_hint": turn.run.tokens.id,
        "post_logout_redirect_uri": sample.after_logout,
    }
    url = f"{sample.issuer}/logout?{urlencode(asked, quote_via=quote)}"
    return Move(turn.run.told(Message(turn.step(LEAVE), request_text("GET", url, {}, None))), url)


async def _look(turn: Turn) -> Move:
    """Look at the run again: what the server tells is written into it when it comes."""
    return Move(turn.run)


async def _pass_off(turn: Turn) -> Move:
    """Send the application a token that is genuine and none of these."""
    if turn.run.tokens is None:
        return Move(turn.run)
    exchange = await turn.hands.line.post(turn.hands.sample.hears_at, {"logout_token": turn.run.tokens.id}, {})
    refusal = refusal_of(LOGOUT_TOKEN) if exchange.refused else None
    return Move(
        turn.run.told(
            Message(turn.step(TOLD), exchange.sent, label="POST: an ID token"),
            Message(turn.step(HEARD), exchange.got, is_reply=True, refusal=refusal, label="400"),
        )
    )


def heard(run: FlowRun, url: str, token: str) -> FlowRun:
    """Return a run whose session is over, as the application was just told at `url`."""
    told = run.told(
        Message(TOLD, request_text("POST", url, {}, {"logout_token": token})),
        Message(HEARD, answer_text(200, "OK", {"cache-control": "no-store"}, b""), is_reply=True),
    )
    return replace(told, tokens=None, over=True)


def _has_id_token(run: FlowRun) -> bool:
    return run.tokens is not None and bool(run.tokens.id)


def _has_left(run: FlowRun) -> bool:
    return any(message.step.key == LEAVE.key for message in run.messages)


SIGN_OUT = Act(
    "leave",
    "Sign out at the server",
    "You are signed in here and at the server. Sign out there: this application is told by the server itself.",
    _leave,
    fits=_has_id_token,
)
LOOK = Act(
    "told",
    "Look whether it was told",
    "The server tells the application in the background, within two seconds. No page waits for it.",
    _look,
    fits=_has_left,
)
PASSED_OFF = Break(
    "passed_off",
    "An ID token in place of a logout token",
    "Somebody has an ID token of yours, out of a log, and wants to sign you out with it. It is genuine, and it is "
    "no logout token.",
    LOGOUT_TOKEN,
    "tokens",
    _pass_off,
    fits=_has_id_token,
)
