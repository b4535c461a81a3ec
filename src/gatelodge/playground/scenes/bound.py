"""A token that is bound to a key: asked for with a proof of it, shown with a proof of it, and else worth nothing."""

from collections.abc import Mapping
from dataclasses import replace

from gatelodge.client.messages.dpop import DpopKey
from gatelodge.playground.asking import ask, for_api, given, reply_label, told
from gatelodge.playground.line import bearer
from gatelodge.playground.messages import FlowStep, Message
from gatelodge.playground.refusals import of_api
from gatelodge.playground.script import Act, Break, Move, Turn
from gatelodge.protocol import rules
from gatelodge.protocol.dpop import HEADER

TOKEN = FlowStep(
    "token",
    "client",
    "server",
    "POST /token with a proof",
    "The application made a key, and signed this one request with it: method, address, the second, a number that never "
    "comes again. Its public half travels along.",
)
TOKENS = FlowStep(
    "tokens",
    "server",
    "client",
    "a token that is bound to the key",
    "The server checked the proof and wrote the thumbprint of the key into the token: cnf. token_type is DPoP.",
)
CALL = FlowStep(
    "call",
    "client",
    "api",
    "GET /orders with the token and a proof",
    "A new proof for this request, with the digest of the token in it. The scheme is DPoP, not Bearer.",
)
ORDERS = FlowStep(
    "orders",
    "api",
    "client",
    "the orders",
    "The API compared the key of the proof with the one in the token, and remembers the proof: it is good once.",
)
STEPS = (TOKEN, TOKENS, CALL, ORDERS)


async def _ask(turn: Turn) -> Move:
    """Make a key for this run, and ask with a proof of it."""
    key = DpopKey.generate(clock=turn.hands.clock)
    url = turn.hands.sample.issuer + "/token"
    form = for_api(turn, "client_credentials", turn.script.scope)
    exchange = await ask(turn, form, headers={HEADER: key.proof("POST", url)})
    run = replace(await told(turn, exchange, TOKEN, TOKENS), key=key)
    return Move(replace(run, over=True) if exchange.refused else await given(turn, run, exchange))


async def _call(turn: Turn) -> Move:
    return Move(turn.run) if _missing(turn) else await _shown(turn, _proven(turn))


async def _call_as_bearer(turn: Turn) -> Move:
    if turn.run.tokens is None:
        return Move(turn.run)
    return await _shown(turn, bearer(turn.run.tokens.access), "GET /orders with the token alone")


async def _call_with_another_key(turn: Turn) -> Move:
    another = _proven(turn, DpopKey.generate(clock=turn.hands.clock))
    return await _shown(turn, another, "GET /orders with the token and another key")


async def _call_with_a_proof_for_another_address(turn: Turn) -> Move:
    elsewhere = _proven(turn, url=turn.hands.sample.card)
    return await _shown(turn, elsewhere, "GET /orders with a proof for /card")


async def _call_twice(turn: Turn) -> Move:
    headers = _proven(turn)
    first = await _shown(turn, headers)
    return await _shown(replace(turn, run=first.run), headers, "GET /orders with the same proof")


async def _shown(turn: Turn, headers: Mapping[str, str], label: str = "") -> Move:
    exchange = await turn.hands.line.call(turn.hands.sample.orders, headers)
    refusal, said = of_api(exchange, turn.expected), reply_label(exchange)
    return Move(
        turn.run.told(
            Message(turn.step(CALL), exchange.sent, label=label),
            Message(turn.step(ORDERS), exchange.got, is_reply=True, refusal=refusal, label=said),
        )
    )


def _missing(turn: Turn) -> bool:
    return turn.run.tokens is None or turn.run.key is None


def _proven(turn: Turn, key: DpopKey | None = None, url: str = "") -> Mapping[str, str]:
    """Return the token and a proof beside it: of the key of this run, for the orders, unless it is said otherwise."""
    by, tokens = key or turn.run.key, turn.run.tokens
    if by is None or tokens is None:
        return {}
    return by.headers("GET", url or turn.hands.sample.orders, tokens.access)


ASK = Act(
    "bound",
    "Ask for a token with a proof",
    "The application makes a key, proves that it has it, and asks for a token. No person is involved.",
    _ask,
)
CALL_API = Act(
    "call",
    "Call the API with a proof",
    "There is a token, and it says whose key it wants. The application shows both: the token and a new proof.",
    _call,
)
BREAKS = (
    Break(
        "bound_as_bearer",
        "The token alone",
        "Somebody found the token, in a log or on its way, and shows it as any other token is shown.",
        rules.TOKEN_UNBOUND,
        "tokens",
        _call_as_bearer,
    ),
    Break(
        "bound_other_key",
        "The token and another key",
        "Somebody found the token and proves a key: their own.",
        rules.DPOP_BOUND,
        "tokens",
        _call_with_another_key,
    ),
    Break(
        "bound_again",
        "The same proof again",
        "Somebody copied a whole request, proof and all, and sends it once more.",
        rules.DPOP_ONCE,
        "tokens",
        _call_twice,
    ),
    Break(
        "bound_elsewhere",
        "A proof for another address",
        "An API that the application called passes on what it got, to have something done in its name elsewhere.",
        rules.DPOP_URL,
        "tokens",
        _call_with_a_proof_for_another_address,
    ),
)
