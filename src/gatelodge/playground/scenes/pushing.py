"""The application pushes its request first, and the browser brings no more than a name for it (RFC 9126)."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode

from gatelodge.playground.asking import ask, told
from gatelodge.playground.line import Exchange
from gatelodge.playground.messages import FlowStep, Message
from gatelodge.playground.runs import FlowRun
from gatelodge.playground.scenes import front
from gatelodge.playground.script import Act, Break, Move, Turn
from gatelodge.playground.snippets import Code
from gatelodge.protocol import rules

WEB_APPLICATION = Code("pushed", ("fastapi",))
ENDPOINT = "/par"

PUSH = FlowStep(
    "push",
    "client",
    "server",
    "POST /par: the whole request",
    "Server to server, before any browser is involved: the application proves itself and says everything it asks for. "
    "What is wrong is refused here, and nobody was sent anywhere.",
)
NAMED = FlowStep(
    "named",
    "server",
    "client",
    "201: a name for it",
    "request_uri is a name for what was pushed. It is good for this application, for a minute, and for one answer.",
)
SEND = replace(
    front.SEND,
    label="go to the server with this name",
    why="The address holds two parameters. Whoever reads it learns nothing of what is asked for, and whoever adds to "
    "it changes nothing: what stands beside the name is not read.",
)
ASK = replace(
    front.ASK,
    label="GET /authorize: the name",
    why="Your browser brings the name, and the server takes up the request that it keeps under it. Reload the page as "
    "often as you like: the name is spent by the answer, not by a look.",
)
STEPS = (front.START, PUSH, NAMED, SEND, ASK, front.SIGN_IN, front.ANSWER, front.BACK)


async def _push(turn: Turn) -> Move:
    run, name = await _pushed(turn)
    if not name:
        return Move(run)
    return front.send_with(replace(turn, run=replace(run, pushed=name)), _address(turn, name))


async def _push_with_a_guess(turn: Turn) -> Move:
    """Push as somebody would who has no secret."""
    run, _ = await _pushed(turn, guess="a-guess")
    return Move(replace(run, over=True))


async def _bring_name_as_another(turn: Turn) -> Move:
    """Push, and bring the name for another client: what the server would show a browser is looked at."""
    run, name = await _pushed(turn)
    if not name:
        return Move(run)
    url = _address(turn, name, turn.hands.sample.client_id(public=True))
    return Move(replace(await _looked(replace(turn, run=run), url), over=True))


async def _bring_name_again(turn: Turn) -> Move:
    return Move(await _looked(turn, _address(turn, turn.run.pushed)))


async def _pushed(turn: Turn, guess: str = "") -> tuple[FlowRun, str]:
    """Return the run with a push told, and the name that was given; if none was, it is over."""
    begun = replace(turn, run=turn.run.told(Message(turn.step(front.START))))
    exchange = await ask(turn, _request(turn), guess, ENDPOINT)
    run, name = await told(begun, exchange, PUSH, NAMED), exchange.member("request_uri")
    return (run if name else replace(run, over=True)), name


async def _looked(turn: Turn, url: str) -> FlowRun:
    """Return the run with an answer told that no browser was sent to get."""
    exchange: Exchange = await turn.hands.line.get(url)
    refusal = await turn.hands.reasons.of_server(exchange, turn.expected)
    page = FlowStep("answer", "server", "browser", "an error page, and no sign-in")
    return turn.run.told(
        Message(turn.step(ASK), exchange.sent, label="GET /authorize, once more"),
        Message(page, exchange.got, is_reply=True, refusal=refusal),
    )


def _request(turn: Turn) -> Mapping[str, str]:
    return dict(front.asked(turn, turn.script.scope, turn.hands.sample.callback))


def _address(turn: Turn, name: str, client_id: str = "") -> str:
    sample = turn.hands.sample
    query = {"client_id": client_id or sample.client_id(public=turn.script.public), "request_uri": name}
    return f"{sample.issuer}/authorize?{urlencode(query, quote_via=quote)}"


def _was_answered(run: FlowRun) -> bool:
    return bool(run.pushed)


PUSH_FIRST = Act(
    "push",
    "Push the request, and send the browser",
    "The application leaves its request with the server, and sends your browser there with a name for it. You sign in, "
    "decide, and come back here.",
    _push,
)
GUESSED = Break(
    "push_guessed",
    "A push with a guessed secret",
    "Somebody wants people to be asked for something else in the application's name. Who cannot prove to be the "
    "application leaves no request.",
    rules.CLIENT_PROVEN,
    "before",
    _push_with_a_guess,
)
OF_ANOTHER = Break(
    "name_of_another",
    "The name, brought for another client",
    "Somebody takes a name from an address and brings it as their own application. It was given to one client.",
    rules.PUSHED_KNOWN,
    "before",
    _bring_name_as_another,
)
AGAIN = Break(
    "name_again",
    "The same name once more",
    "Somebody finds the address in a history and opens it. Its one answer was given.",
    rules.PUSHED_KNOWN,
    "tokens",
    _bring_name_again,
    fits=_was_answered,
)
BREAKS = (GUESSED, OF_ANOTHER, AGAIN)
