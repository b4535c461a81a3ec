"""The browser is sent to the server, with a request of the application, and comes back with an answer."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode

from gatelodge.playground.checks import STATE
from gatelodge.playground.messages import FlowStep, Message
from gatelodge.playground.sample import WIDER
from gatelodge.playground.script import Act, Break, Move, Turn
from gatelodge.playground.wording import redirect_text, request_text
from gatelodge.protocol import rules

SOMEBODY = "A person is there, so the server asks that person, and never hands the password to the application."
BROWSER = "A browser can carry the request and the answer, and the person sees the address of the server in it."

START = FlowStep("start", "person", "client", "I want to sign in", "You press a button in the application.")
SEND = FlowStep(
    "send",
    "client",
    "browser",
    "go to the server and ask",
    "The application makes a fresh state, nonce and PKCE verifier, keeps them, and sends your browser away. Only the "
    "challenge, a digest of the verifier, travels.",
)
ASK = FlowStep(
    "ask",
    "browser",
    "server",
    "GET /authorize",
    "Your browser brings the request. The server looks at the client and its redirect URI first: until both are known, "
    "nothing is redirected anywhere.",
)
SIGN_IN = FlowStep(
    "sign_in",
    "person",
    "server",
    "sign in and allow",
    "You prove who you are to the server and decide what to allow. The application sees none of it: that is the point "
    "of the whole flow. If you are signed in already and allowed it before, nothing is asked.",
)
ANSWER = FlowStep(
    "answer",
    "server",
    "browser",
    "back, with a code",
    "The answer goes through your browser, so it carries a code and no token. The code works once, for a minute, for "
    "this client, with the verifier. iss says which server answered.",
)
BACK = FlowStep(
    "back",
    "browser",
    "client",
    "GET /callback",
    "Your browser brings the answer. Before anything else the application checks that the state is the one it gave "
    "this browser, and that iss is the server it asked.",
)
STEPS = (START, SEND, ASK, SIGN_IN, ANSWER, BACK)


async def _authorize(turn: Turn) -> Move:
    return _send_browser(turn, turn.script.scope)


async def _ask_for_more(turn: Turn) -> Move:
    return _send_browser(turn, f"{turn.script.scope} {WIDER}")


def _send_browser(turn: Turn, scope: str) -> Move:
    begun = replace(turn, run=turn.run.told(Message(turn.step(START))))
    return send_with(begun, authorization_url(turn, scope, turn.hands.sample.callback))


def send_again(turn: Turn, more: Mapping[str, str]) -> Move:
    """Send the browser a second time, asking for `more` than the first time."""
    url = authorization_url(turn, turn.script.scope, turn.hands.sample.callback, more)
    return send_with(turn, url)


def send_with(turn: Turn, url: str) -> Move:
    """Send the browser to the server with this request."""
    sent = (
        Message(turn.step(SEND), redirect_text(url), is_reply=not turn.run.weak),
        Message(turn.step(ASK), request_text("GET", url, {}, None)),
    )
    return Move(replace(turn.run.told(*sent), sent_to=url), url)


async def _ask_from_elsewhere(turn: Turn) -> Move:
    """Ask as a browser would that was given another redirect URI, and look at what it would be shown."""
    url = authorization_url(turn, turn.script.scope, turn.hands.sample.callback + "/")
    exchange = await turn.hands.line.get(url)
    refusal = await turn.hands.reasons.of_server(exchange, turn.expected)
    page = FlowStep("answer", "server", "browser", "an error page, and no redirect")
    told = turn.run.told(
        Message(turn.step(START)),
        Message(turn.step(ASK), exchange.sent, label="GET /authorize, changed"),
        Message(page, exchange.got, is_reply=True, refusal=refusal),
    )
    return Move(replace(told, over=True))


async def _bring_answer_without_state(turn: Turn) -> Move:
    return _bring_foreign_answer(turn, {})


async def _bring_answer_with_other_state(turn: Turn) -> Move:
    return _bring_foreign_answer(turn, {"state": "a-state-of-another-browser"})


def _bring_foreign_answer(turn: Turn, state: dict[str, str]) -> Move:
    """Send the browser to the callback as a link in a mail would: with an answer nobody here asked for."""
    answer = {"code": "a-code-of-somebody-else", "iss": turn.hands.sample.issuer, **state}
    story = turn.attempt.story if turn.attempt else ""
    link = FlowStep("start", "person", "browser", "a link in a mail, clicked", story)
    mark = "#" if turn.script.in_fragment else "?"
    url = f"{turn.hands.sample.callback}{mark}{urlencode(answer)}"
    return Move(replace(turn.run.told(Message(link)), sent_to=url), url)


def authorization_url(turn: Turn, scope: str, callback: str, more: Mapping[str, str] | None = None) -> str:
    """Return the request of the application, asking for `more` than usual."""
    query = {**asked(turn, scope, callback), **(more or {})}
    return f"{turn.hands.sample.issuer}/authorize?{urlencode(query, quote_via=quote)}"


def asked(turn: Turn, scope: str, callback: str) -> Mapping[str, str]:
    """Return the parameters of the application's request."""
    sample, script, run = turn.hands.sample, turn.script, turn.run
    whole = {
        "client_id": sample.client_id(public=script.public),
        "response_type": script.response_type,
        "redirect_uri": callback,
        "scope": scope,
        "resource": sample.api,
        "state": run.state,
        "nonce": run.nonce,
    }
    if script.has_code:
        whole |= {"code_challenge": run.challenge, "code_challenge_method": "S256"}
    return whole


AUTHORIZE = Act(
    "authorize",
    "Send the browser to sign in",
    "The application sends your browser to the server. You sign in, decide, and come back here.",
    _authorize,
)
STATE_MISSING = Break(
    "state_missing",
    "An answer without state",
    "Somebody sends you a link with a code of their own, so that you work in their account unawares. The "
    "application did not ask, so it takes nothing.",
    STATE,
    "before",
    _bring_answer_without_state,
)
STATE_CHANGED = Break(
    "state_changed",
    "An answer with another state",
    "The same link with a state that was made for another browser. It is compared with the one this browser was given.",
    STATE,
    "before",
    _bring_answer_with_other_state,
)
REDIRECT_CHANGED = Break(
    "redirect_changed",
    "A changed redirect URI",
    "Somebody changes where the answer goes, by a few characters. It is compared byte for byte, and nothing is "
    "redirected: not even the mistake.",
    rules.REDIRECT_EXACT,
    "before",
    _ask_from_elsewhere,
)
SCOPE_WIDER = Break(
    "scope_wider",
    "A wider scope",
    "The application asks for more than it is registered for: to place orders, when it may only read them.",
    rules.SCOPE_ALLOWED,
    "before",
    _ask_for_more,
)
FOREIGN_ANSWERS = (STATE_MISSING, STATE_CHANGED)
CHANGED_REQUESTS = (REDIRECT_CHANGED, SCOPE_WIDER)
