"""The device code: somebody signs in elsewhere for a device without a browser (RFC 8628)."""

from collections.abc import Mapping
from dataclasses import replace

from gatelodge.playground.asking import REPLAY_NOTE, ask, given, reply_label, told
from gatelodge.playground.line import Exchange
from gatelodge.playground.messages import FlowStep, Message
from gatelodge.playground.runs import FlowRun
from gatelodge.playground.sample import WIDER
from gatelodge.playground.scenes import calling, front, refreshing
from gatelodge.playground.script import Act, Advice, Break, Facts, Move, Script, Turn
from gatelodge.playground.snippets import Code
from gatelodge.playground.wording import SECRET
from gatelodge.protocol import rules
from gatelodge.protocol.device import GRANT_TYPE

_ELSEWHERE = "No browser can open there, so the person uses one elsewhere."
_TRIES = 3  # questions in a row, of which one certainly comes too soon

ASKED = FlowStep(
    "device",
    "client",
    "server",
    "POST /device_authorization",
    "The device asks for a code to show. It sends the digest of a verifier, so only this device can use what comes.",
)
SHOWN = FlowStep(
    "shown",
    "server",
    "client",
    "a code to show",
    "Two codes: a short one that the device shows you, and a long one that it keeps and asks with.",
)
TYPE = FlowStep(
    "type",
    "person",
    "browser",
    "open the page, type the code",
    "In a browser of your own, on whatever you have at hand. The device has no part in it.",
)
DECIDE = FlowStep(
    "decide",
    "browser",
    "server",
    "compare, sign in, allow",
    "You are shown who asks, from where, and the code once more: does your device show it? Whoever sends a code of "
    "theirs to somebody else wants to be signed in as them, so this question is the heart of the flow.",
)
ASK = FlowStep(
    "ask",
    "client",
    "server",
    "POST /token: device code, verifier",
    "Meanwhile the device asks every five seconds, and more slowly when it is told to.",
)
TOKENS = FlowStep("tokens", "server", "client", "tokens", "You have decided, so the next question brings tokens. Once.")
EARLY = replace(ASK, key="early")
PENDING = replace(TOKENS, key="pending", label="not yet", why="You have not decided yet, so it asks again later.")


async def _begin(turn: Turn) -> Move:
    return await _begin_for(turn, turn.script.scope)


async def _begin_for_more(turn: Turn) -> Move:
    return await _begin_for(turn, f"{turn.script.scope} {WIDER}")


async def _begin_for(turn: Turn, scope: str) -> Move:
    proof = {"code_challenge": turn.run.challenge, "code_challenge_method": "S256"}
    form = {"scope": scope, "resource": turn.hands.sample.api, **proof}
    exchange = await ask(turn, form, path="/device_authorization")
    run = await told(turn, exchange, ASKED, SHOWN)
    if exchange.refused:
        return Move(replace(run, over=True))
    to_type, where = exchange.member("user_code"), exchange.member("verification_uri_complete")
    return Move(replace(run, code=exchange.member("device_code"), to_type=to_type, where=where))


async def _poll(turn: Turn) -> Move:
    """Ask whether the person has decided. That they have not is no refusal."""
    if not turn.run.code:
        return Move(turn.run)
    exchange = await ask(turn, _form(turn.run))
    if exchange.member("error") in ("authorization_pending", "slow_down"):
        return Move(_not_yet(turn, exchange))
    decided = turn.run.told(Message(TYPE), Message(DECIDE))
    run = await told(replace(turn, run=decided), exchange, ASK, TOKENS)
    spent = replace(run, code="", to_type="", used=turn.run.code)
    return Move(replace(spent, over=True) if exchange.refused else await given(turn, spent, exchange))


def _not_yet(turn: Turn, exchange: Exchange) -> FlowRun:
    reply = Message(PENDING, exchange.got, is_reply=True, label=reply_label(exchange))
    return turn.run.told(Message(EARLY, exchange.sent), reply)


async def _hurry(turn: Turn) -> Move:
    """Ask again and again until that is refused."""
    run = turn.run
    for _ in range(_TRIES):
        exchange = await ask(turn, _form(run))
        if exchange.member("error") != "authorization_pending":
            return Move(await told(replace(turn, run=run), exchange, EARLY, PENDING))
        run = _not_yet(replace(turn, run=run), exchange)
    return Move(run)


async def _show_wrong_verifier(turn: Turn) -> Move:
    exchange = await ask(turn, {**_form(turn.run), "code_verifier": turn.run.verifier[::-1]})
    return Move(await told(turn, exchange, EARLY, TOKENS))


async def _again(turn: Turn) -> Move:
    exchange = await ask(turn, {**_form(turn.run), "device_code": turn.run.used})
    return Move(await told(turn, exchange, ASK, TOKENS, REPLAY_NOTE))


def _form(run: FlowRun) -> Mapping[str, str]:
    return {"grant_type": GRANT_TYPE, "device_code": run.code, "code_verifier": run.verifier}


def _was_used(run: FlowRun) -> bool:
    return bool(run.used)


DEVICE_CODE = Script(
    key="device",
    grant=GRANT_TYPE,
    name="Device",
    lead="For a television, a printer, a terminal on another machine: it shows a short code, and you enter that code "
    "in a browser somewhere else.",
    facts=Facts(
        person="yes, elsewhere",
        secret="no",
        refresh="yes",
        when="Devices without a browser or a keyboard",
        section="RFC 8628",
        standing="special",
    ),
    steps=(ASKED, SHOWN, TYPE, DECIDE, ASK, TOKENS, *calling.STEPS),
    begin=Act(
        "device",
        "Show me a code",
        "The sample application is a device now: it has a screen and no browser. It asks the server for a code.",
        _begin,
    ),
    with_code=Act(
        "poll",
        "Ask whether you have decided",
        "The device shows this code. Open the page, best in another browser, and compare. Then let the device ask.",
        _poll,
    ),
    with_tokens=(calling.CALL, calling.USERINFO, refreshing.REFRESH),
    after=(calling.CALL,),
    when_ended=refreshing.ALL_THE_SAME,
    breaks=(
        replace(front.SCOPE_WIDER, play=_begin_for_more),
        Break(
            "too_often",
            "Asking too often",
            "The device asks again at once. It is told to be five seconds slower from now on, and its code stays good.",
            rules.DEVICE_PACE,
            "code",
            _hurry,
        ),
        Break(
            "verifier_wrong_device",
            "A wrong verifier",
            "Somebody read the long code on its way, and never had the verifier. The code stays good for the device.",
            rules.PKCE_VERIFIER,
            "code",
            _show_wrong_verifier,
        ),
        Break(
            "device_code_again",
            "The same device code again",
            "Tokens come once. From the same network the answer may have been lost; from another one, everything that "
            "came of it would end.",
            rules.DEVICE_ONCE,
            "tokens",
            _again,
            fits=_was_used,
        ),
        *refreshing.BREAKS,
        *calling.BREAKS,
    ),
    code=Code("device", ("python", "curl")),
    advice=(Advice({"person": "yes", "browser": "no"}, (front.SOMEBODY, _ELSEWHERE)),),
    secrets=SECRET | {"device_code"},
)
