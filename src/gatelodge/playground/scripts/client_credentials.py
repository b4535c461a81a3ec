"""Client credentials: nobody is there to sign in, so the application speaks for itself (RFC 6749 4.4)."""

from dataclasses import replace

from gatelodge.playground.asking import ask, for_api, given, told
from gatelodge.playground.messages import FlowStep
from gatelodge.playground.sample import WIDER
from gatelodge.playground.scenes import calling, front
from gatelodge.playground.script import Act, Advice, Break, Facts, Move, Script, Turn
from gatelodge.playground.snippets import Code
from gatelodge.protocol import rules

_NOBODY = "Nobody is there to ask, so the application speaks for itself and gets what it is registered for."
_SECRET = "It can keep a secret, so it proves itself with that."
_NO_PROOF = (
    "But it cannot prove who it is without a secret: move the job to where it can keep one, or let a person sign in."
)
_NO_MATTER = "A browser is of no use to it."

TOKEN = FlowStep(
    "token",
    "client",
    "server",
    "POST /token: its own secret",
    "No person, no browser: the application proves itself and asks for what it is registered for.",
)
TOKENS = FlowStep(
    "tokens",
    "server",
    "client",
    "an access token",
    "Short-lived and no refresh token: whoever has the secret can simply ask again.",
)


async def _ask(turn: Turn) -> Move:
    return await _ask_for(turn, turn.script.scope)


async def _ask_for_more(turn: Turn) -> Move:
    return await _ask_for(turn, WIDER)


async def _guess_the_secret(turn: Turn) -> Move:
    return await _ask_for(turn, turn.script.scope, "a-guess")


async def _ask_for(turn: Turn, scope: str, guess: str = "") -> Move:
    exchange = await ask(turn, for_api(turn, "client_credentials", scope), guess)
    run = await told(turn, exchange, TOKEN, TOKENS)
    return Move(replace(run, over=True) if exchange.refused else await given(turn, run, exchange))


CLIENT_CREDENTIALS = Script(
    key="machine",
    grant="client_credentials",
    name="Client credentials",
    lead="For a nightly job, a daemon, one service that calls another. Nobody is there to sign in, so the application "
    "speaks for itself.",
    facts=Facts(
        person="no",
        secret="yes",
        refresh="no need",
        when="Daemons, jobs, services",
        section="RFC 6749 4.4",
        standing="recommended",
    ),
    steps=(
        TOKEN,
        TOKENS,
        replace(calling.ASKED, why="The subject of this token is the application itself."),
        calling.GIVEN,
    ),
    begin=Act(
        "machine",
        "Ask for a token",
        "The application shows its secret and asks for a token. No person is involved.",
        _ask,
    ),
    with_tokens=(calling.CALL,),
    after=(calling.CALL,),
    breaks=(
        replace(front.SCOPE_WIDER, play=_ask_for_more),
        Break(
            "secret_wrong_machine",
            "A wrong client secret",
            "Somebody who knows the name of the application, and not its secret.",
            rules.CLIENT_PROVEN,
            "before",
            _guess_the_secret,
        ),
        *calling.BREAKS,
    ),
    code=Code("machine", ("python", "fastapi", "django", "flask", "curl")),
    advice=(
        Advice({"person": "no", "secret": "yes"}, (_NOBODY, _SECRET, _NO_MATTER)),
        Advice({"person": "no", "secret": "no"}, (_NOBODY, _NO_PROOF, _NO_MATTER)),
    ),
    scope="orders:read",
)
