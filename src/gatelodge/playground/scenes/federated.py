"""The server sends the browser on to another provider, and believes what that one says (OpenID Connect Core 3.1)."""

from dataclasses import replace
from urllib.parse import quote, urlencode

from gatelodge.demo.pages.backend import claims_of
from gatelodge.playground.messages import FlowStep, Message, Refusal
from gatelodge.playground.scenes import exchange, front
from gatelodge.playground.script import Act, Break, Move, Turn
from gatelodge.playground.stranger import Departure, StrangeBrowser
from gatelodge.protocol import rules
from gatelodge.protocol.rules import Rule

PRESS = FlowStep(
    "press",
    "browser",
    "server",
    "the provider's button",
    "The application cannot watch your browser from here on. So it has a look first, with a browser of its own that "
    "nobody uses: this is what the button really leads to.",
)
AWAY = FlowStep(
    "away",
    "server",
    "browser",
    "go to the provider",
    "Towards the provider this server is an application like any other: it has a client_id there, and sends a state, a "
    "nonce and a PKCE challenge of its own. Its state is bound to the browser.",
)
SIGN_IN = replace(
    front.SIGN_IN,
    target="provider",
    label="sign in there",
    why="You prove who you are to the provider. Neither this server nor the application sees how.",
)
RETURN = FlowStep(
    "return",
    "provider",
    "browser",
    "back, with a code",
    "The answer carries a code, the state, and in iss the name of who answers.",
)
CALLBACK = FlowStep(
    "callback",
    "browser",
    "server",
    "GET /callback/…",
    "The server checks that this very browser was given this state, that it comes once, and that iss is the provider "
    "it asked. Otherwise the code is not even looked at.",
)
REDEEM = FlowStep(
    "redeem",
    "server",
    "provider",
    "POST /token: code, verifier",
    "Server to server, with the secret that the provider gave this server, and the verifier whose digest it sent.",
)
VOUCH = FlowStep(
    "vouch",
    "provider",
    "server",
    "an ID token: iss, sub",
    "Signature, issuer, audience, end and nonce are checked. Then iss and sub together say who it is: they find the "
    "account that was connected to them. An e-mail address alone never does, since it may be given to somebody else.",
)
ANSWER = replace(
    front.ANSWER,
    why="From here on it is the flow that the application knows. It hears from this server alone, and need not know of "
    "any other: amr says that somebody else vouched.",
)
NOBODY = FlowStep("nobody", "server", "browser", "nobody is signed in")
UNSEEN = (RETURN, CALLBACK, REDEEM, VOUCH)
STEPS = (front.START, front.SEND, front.ASK, PRESS, AWAY, SIGN_IN, *UNSEEN, ANSWER, front.BACK)

_ANEW = {"prompt": "login"}  # who is signed in here already would not be sent anywhere
_FAILED = "/login/failed?"
_NONE = Refusal(
    "server",
    "no button on its sign-in page leads to another provider",
    explanation="This server has no other provider, or none that answers now. The demo starts with one, Example Corp; "
    "elsewhere gatelodge providers add makes one known.",
)


async def _go(turn: Turn) -> Move:
    """Look where the button leads, then send the person's browser to press it."""
    url = _request(turn)
    departure = await _stranger(turn).depart(url)
    move = front.send_with(replace(turn, run=turn.run.told(Message(turn.step(front.START)))), url)
    if departure is None:
        answer = Message(AWAY, is_reply=True, refusal=_NONE, label="nowhere")
        return Move(replace(move.run.told(Message(PRESS), answer), sent_to="", over=True))
    seen = departure.exchange
    return replace(move, run=move.run.told(Message(PRESS, seen.sent), Message(AWAY, seen.got, is_reply=True)))


async def _exchange(turn: Turn) -> Move:
    """Exchange the code; once the ID token says that somebody else vouched, what passed meanwhile is known, too."""
    move = await exchange.EXCHANGE.play(turn)
    tokens, messages = move.run.tokens, move.run.messages
    if tokens is None:
        return move
    if "fed" not in claims_of(tokens.id).get("amr", ()):
        here = tuple(replace(m, step=front.SIGN_IN) if m.step.key == SIGN_IN.key else m for m in messages)
        return replace(move, run=replace(move.run, messages=here))
    at = next(n for n, message in enumerate(messages) if message.step.key == ANSWER.key)
    unseen = tuple(map(Message, UNSEEN))
    return replace(move, run=replace(move.run, messages=(*messages[:at], *unseen, *messages[at:])))


async def _bring_to_another(turn: Turn) -> Move:
    departure = await _stranger(turn).depart(_request(turn))
    if departure is None:
        return await _go(turn)
    return await _bring(turn, _stranger(turn), departure, departure.provider, "GET /callback/…, elsewhere")


async def _bring_from_elsewhere(turn: Turn) -> Move:
    browser = _stranger(turn)
    departure = await browser.depart(_request(turn))
    if departure is None:
        return await _go(turn)
    return await _bring(turn, browser, departure, "https://elsewhere.example", "GET /callback/…, another iss")


async def _bring(turn: Turn, browser: StrangeBrowser, departure: Departure, iss: str, label: str) -> Move:
    """Bring the server an answer to this departure, in this browser and of this issuer, and look what it says."""
    answer = {"code": "a-code", "state": departure.state, "iss": iss}
    got = await browser.open(f"{departure.asked('redirect_uri')}?{urlencode(answer, quote_via=quote)}")
    seen, refusal = departure.exchange, _refusal(got.headers.get("location", ""), turn.expected)
    told = turn.run.told(
        Message(PRESS, seen.sent),
        Message(AWAY, seen.got, is_reply=True),
        Message(CALLBACK, got.sent, label=label),
        Message(NOBODY, got.got, is_reply=True, refusal=refusal),
    )
    return Move(replace(told, over=True))


def _refusal(to: str, expected: Rule | None) -> Refusal | None:
    """Return why the server took nothing: it sends the browser to a page that says so, in words for people."""
    return Refusal("server", "sign-in with the provider did not work", expected) if _FAILED in to else None


def _stranger(turn: Turn) -> StrangeBrowser:
    return StrangeBrowser(turn.hands.sample.issuer, turn.hands.line)


def _request(turn: Turn) -> str:
    return front.authorization_url(turn, turn.script.scope, turn.hands.sample.callback, _ANEW)


AUTHORIZE = Act(
    "authorize",
    "Send the browser to sign in",
    "The application sends your browser to the server. There, choose to continue with the other provider.",
    _go,
    hint="At Example Corp you are carol with the password corporate.",
)
EXCHANGE = replace(exchange.EXCHANGE, play=_exchange)
OTHER_BROWSER = Break(
    "other_browser",
    "A state of another browser",
    "Somebody begins a sign-in, stops at the provider, and sends you the address with their own code: you would work "
    "in their account unawares.",
    rules.UPSTREAM_STATE,
    "before",
    _bring_to_another,
)
OTHER_ISS = Break(
    "other_iss",
    "An answer with another iss",
    "A provider that lies passes an answer off as another one's, so that a code is shown to whom it was not made for. "
    "This is the mix-up attack.",
    rules.UPSTREAM_ISS,
    "before",
    _bring_from_elsewhere,
)
BREAKS = (OTHER_BROWSER, OTHER_ISS)
