"""An access token is shown: to the API, and to UserInfo."""

from gatelodge.playground.asking import reply_label, told
from gatelodge.playground.line import Exchange, bearer
from gatelodge.playground.messages import FlowStep, Message
from gatelodge.playground.refusals import of_api
from gatelodge.playground.script import Act, Break, Move, Turn
from gatelodge.protocol import rules

ASKED = FlowStep(
    "call",
    "client",
    "api",
    "GET /orders with the token",
    "The application shows the access token. It says what may be done, for whom, until when.",
)
GIVEN = FlowStep(
    "orders",
    "api",
    "client",
    "the orders",
    "The API checked the signature with the server's public key, who issued the token, that it is meant for this API, "
    "when it ends, and the scope. An API may leave it at that. This one also asks the server whether the token was "
    "taken back since, as when you remove the application from your account.",
)
STEPS = (ASKED, GIVEN)
WHO = FlowStep("userinfo", "client", "server", "GET /userinfo", "The application asks who the person is.")
CLAIMS = FlowStep("claims", "server", "client", "who the person is", "As much as you allowed, and no more.")


async def _call(turn: Turn) -> Move:
    if turn.run.tokens is None:
        return Move(turn.run)
    return _told(turn, await turn.hands.line.get(turn.hands.sample.orders, turn.run.tokens.access))


async def _change_the_token(turn: Turn) -> Move:
    if turn.run.tokens is None:
        return Move(turn.run)
    token = turn.run.tokens.access
    token = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]
    return _told(turn, await turn.hands.line.get(turn.hands.sample.orders, token))


async def _order(turn: Turn) -> Move:
    if turn.run.tokens is None:
        return Move(turn.run)
    form, header = {"item": "a teapot"}, bearer(turn.run.tokens.access)
    exchange = await turn.hands.line.post(turn.hands.sample.orders, form, header)
    return _told(turn, exchange, "POST /orders with the token")


def _told(turn: Turn, exchange: Exchange, label: str = "") -> Move:
    refusal, said = of_api(exchange, turn.expected), reply_label(exchange)
    return Move(
        turn.run.told(
            Message(turn.step(ASKED), exchange.sent, label=label),
            Message(turn.step(GIVEN), exchange.got, is_reply=True, refusal=refusal, label=said),
        )
    )


async def _ask_who(turn: Turn) -> Move:
    if turn.run.tokens is None:
        return Move(turn.run)
    exchange = await turn.hands.line.get(turn.hands.sample.issuer + "/userinfo", turn.run.tokens.access)
    return Move(await told(turn, exchange, WHO, CLAIMS))


CALL = Act(
    "call",
    "Call the API",
    "There are tokens. The application shows the access token to the orders API.",
    _call,
)
USERINFO = Act("userinfo", "Ask who the person is", "The application asks the server who the person is.", _ask_who)
ORDER = Break(
    "order",
    "Place an order with a token that only reads",
    "The token is good, and it is not for this. The API says which scope is missing.",
    rules.TOKEN_SCOPE,
    "tokens",
    _order,
)
TOKEN_CHANGED = Break(
    "token_changed",
    "A changed access token",
    "Somebody changes one character of the token. The signature does not fit any more.",
    rules.JWT_SIGNATURE,
    "tokens",
    _change_the_token,
)
BREAKS = (ORDER, TOKEN_CHANGED)
